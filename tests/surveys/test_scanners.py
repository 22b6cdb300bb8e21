"""What only looks at a link changes nothing, and a person's click counts afterwards (SECURITY T46)."""

import re

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.utils import timezone
from playwright.sync_api import expect

from surveys.actions.outreach import create_invitation
from surveys.models import Response
from tests import factories as f
from tests.surveys.respondent import Respondent, open_link

PREFETCHES = [
    {"Purpose": "prefetch"},
    {"Sec-Purpose": "prefetch"},
    {"Sec-Purpose": "prefetch;prerender"},
    {"X-Moz": "prefetch"},
    {"X-Purpose": "preview"},
]
# As the gateways that rewrite and visit the links of a mail call themselves.
GATEWAYS = [
    "Mozilla/5.0 (compatible; MSIE 9.0; Windows NT 6.1; Trident/5.0) SafeLinks",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Mimecast URL Protect",
    "Mozilla/5.0 (compatible; Proofpoint URL Defense)",
    "Mozilla/5.0 BarracudaCentral/1.0 LinkProtect",
    "Mozilla/5.0 (Macintosh) Cisco-IronPort-Secure-Email",
    "GoogleImageProxy via ggpht.com",
]
QUERIES = ["", "?nps=9", "?nps=9&_go=next&_key=aaaaaaaaaaaaaaaaaaaa", "?change=1", "?noted=1&end=fan&r=x"]


def everything():
    """Return a checksum of every table."""
    sums = {}
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            table = model._meta.db_table
            cursor.execute(f"SELECT count(*), md5(string_agg(t::text, ',' ORDER BY t::text)) FROM {table} t")
            sums[table] = cursor.fetchone()
    return sums


def links(privacy="identified"):
    survey = f.published_survey(privacy=privacy)
    _, link = create_invitation(survey, f.contact(f.account()), now=timezone.now())
    return [open_link(survey), "/r/" + link.rpartition("/r/")[2]]


@pytest.mark.django_db
@pytest.mark.parametrize("privacy", ["identified", "anonymous"])
def test_no_look_at_a_link_changes_a_single_row(privacy):
    paths = links(privacy)
    before = everything()
    visits = [{"User-Agent": agent} for agent in GATEWAYS] + PREFETCHES + [{}]
    for path in paths:
        for headers in visits:
            client = Client(headers=headers)
            for query in QUERIES:
                for place in (path, f"{path}thanks/"):
                    for look in (client.get, client.head, client.options):
                        assert look(place + query).status_code < 500
    assert everything() == before

    for path in paths:
        assert Respondent(path).open("?nps=9").send(nps="9").status_code == 302
    assert Response.objects.completed().count() == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("scripts", [True, False])
def test_a_browser_that_loads_and_lingers_casts_no_vote_until_someone_clicks(
    browser, live_server, scripts, pytestconfig
):
    """A minute passes by the page's own clock; `--linger 60`, as in `make bench`, waits one by the wall's."""
    paths = links()
    before = everything()
    context = browser.new_context(java_script_enabled=scripts)
    page = context.new_page()
    if scripts:
        page.clock.install()
    for path in paths:
        page.goto(f"{live_server.url}{path}?nps=9")
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(1000 * pytestconfig.getoption("linger"))
        if scripts:
            # By the page's clock for certain: scripts that run before the page do so in no known order.
            page.evaluate("setTimeout(() => { document.title = 'a minute later'; }, 60_000)")
            page.clock.run_for(60_000)
            expect(page).to_have_title("a minute later")
            page.wait_for_load_state("networkidle")
        expect(page.locator("#nps-9")).to_be_checked()
        assert everything() == before
    for path in paths:
        page.goto(f"{live_server.url}{path}?nps=9")
        page.get_by_role("button", name="Send").click()
        expect(page).to_have_url(re.compile(r"/thanks/"))
    context.close()
    assert [each.answers for each in Response.objects.completed()] == [{"nps": 9}, {"nps": 9}]
