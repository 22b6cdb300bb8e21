"""Rows of SECURITY.md on the respondents' pages that no other test holds; each is named by its number."""

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models.people import OPERATOR
from followups.actions import open_follow_ups
from followups.models import Rule
from metrics.actions.absorb import absorb_responses
from metrics.models import Score
from surveys.actions.outreach import create_invitation
from surveys.exports import responses_dataset
from surveys.models import Response
from tests import factories as f
from tests.accounts.staff import logged_in, superuser
from tests.surveys.respondent import Respondent, open_link

XSS = "\"><svg/onload=fetch('//127.0.0.1:9/x')><script>window.__x=1</script>{{7*7}}${7*7}"
BREAK_OUT = "</script><script>window.__x=1</script>\u2028<!--<script>"
CHOICES = [{"key": "a", "text": XSS}, {"key": "else", "text": BREAK_OUT, "is_other": True}]
HOSTILE = [
    {**f.NPS, "text": XSS, "help": BREAK_OUT},
    {"key": "one", "kind": "single_choice", "text": BREAK_OUT, "choices": CHOICES},
    {**f.WHY, "text": "{{one}} {{hidden.plan}}", "show_if": {"answered": "nps"}},
]
ENDINGS = [{"key": "sad", "text": XSS, "show_if": {"less": ["nps", 7]}, "ask": "call_back"}]


def hostile_survey():
    return f.published_survey(
        HOSTILE, title=BREAK_OUT, intro=XSS, thank_you=XSS, endings=ENDINGS, hidden=["plan"]
    )


def personal_path(survey):
    _, link = create_invitation(survey, f.contact(f.account()), now=timezone.now())
    return "/r/" + link.rpartition("/r/")[2]


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_t1_t3_t5_nothing_that_staff_or_respondents_write_runs(browser, live_server):
    survey = hostile_survey()
    cookie = logged_in(superuser()).cookies["session"].value
    window = browser.new_context()
    window.add_cookies([{"name": "session", "value": cookie, "url": live_server.url}])
    page, asked = window.new_page(), []
    page.on("request", lambda request: asked.append(request.url))

    def see(path):
        page.goto(live_server.url + path)
        page.wait_for_load_state("networkidle")
        assert page.evaluate("window.__x") is None

    page.goto(f"{live_server.url}{open_link(survey)}?plan={XSS.replace('&', '%26').replace('$', '%24')}")
    page.locator("#nps-3").check(force=True)
    page.locator("input[value=else]").check(force=True)
    page.locator("[name='one.other']").fill(XSS)
    page.locator("[name=why]").fill(BREAK_OUT)
    assert page.evaluate("window.__x") is None
    page.locator(".go").click()
    page.wait_for_url("**/thanks/**")
    assert page.evaluate("window.__x") is None
    page.locator("[name=_text]").fill(XSS)
    page.locator("[name=_consent]").check(force=True)
    page.locator(".afterword .go").click()
    page.wait_for_url("**noted=1**")
    assert page.evaluate("window.__x") is None
    response = Response.objects.get()
    assert response.answers["one"] == {"other": XSS}
    for path in ("", f"{response.pk}/change/", f"{response.pk}/history/"):
        see(f"/admin/surveys/response/{path}")
    window.close()
    assert [url for url in asked if not url.startswith((live_server.url, "data:"))] == []


@pytest.mark.django_db
def test_t2_no_header_is_kept_or_shown():
    path = open_link(f.published_survey())
    names = ("User-Agent", "Referer", "X-Forwarded-For", "X-Forwarded-Host", "Accept-Language")
    page = Respondent(path, **dict.fromkeys(names, XSS)).open()
    assert "__x" not in page.page.content.decode()
    assert page.send(nps="9").status_code == 302
    assert "__x" not in str(Response.objects.values().get())


@pytest.mark.django_db
@pytest.mark.parametrize("privacy", ["identified", "anonymous"])
@pytest.mark.parametrize(
    "sent", [{}, {"_key": "k" * 22}, {"_in": "embed"}, {"_change": "1"}, {"_go": "save"}]
)
def test_t42_a_used_link_takes_nothing_by_any_door(privacy, sent):
    path = personal_path(f.published_survey(privacy=privacy))
    visit = Respondent(path).open()
    assert visit.send(nps="9").status_code == 302
    before = Response.objects.values().get()
    again = Client().post(path, {**visit.hidden, "nps": "1", **sent})
    assert again.status_code in (204, 409)
    # Whoever follows this asks for the page with a GET.
    assert Client().post(path.rstrip("/"), {"nps": "1"}).status_code == 301
    assert Response.objects.values().get() == before


@pytest.mark.django_db
@pytest.mark.parametrize(
    "respelt",
    [
        *("/r/{token}/./", "/r/{token}/%2e/", "/r/./{token}/", "/r//{token}/", "/R/{token}/", "/s/{token}/"),
        *("/r/{swapped}/", "/r/{token}%20/", "/r/{token}%00/", "/r/{token};x/", "/r/{token}/?change=1"),
    ],
)
def test_t42_no_other_spelling_of_a_used_link_takes_anything(respelt):
    path = personal_path(f.published_survey())
    assert Respondent(path).open().send(nps="9").status_code == 302
    before = Response.objects.values().get()
    token = path.split("/")[2]
    other = respelt.format(token=token, swapped=token.swapcase())
    again = Client(raise_request_exception=False).post(other, {"nps": "1", "_key": "k" * 22})
    assert again.status_code in (400, 404, 409)
    assert Response.objects.values().get() == before


@pytest.mark.django_db
@pytest.mark.parametrize("is_test", [True, False])
def test_t51_a_test_answer_reaches_neither_exports_nor_numbers_nor_cases(is_test):
    survey = f.published_survey()
    Rule.objects.create(programme=survey.programme, since=f.NOON.date())
    person = f.contact(f.account())
    f.respond(survey, {"nps": 0, "why": "The wait."}, contact=person, account=person.account, is_test=is_test)
    absorb_responses(now=f.NOON)
    opened = open_follow_ups(now=f.NOON)
    rows = str(list(responses_dataset(survey, OPERATOR).rows))
    reached = ("The wait." in rows, Score.objects.exists(), opened == 1)
    assert reached == ((False, False, False) if is_test else (True, True, True))


@pytest.mark.django_db
def test_t45_a_finished_or_foreign_response_is_not_gone_on_with():
    survey = f.published_survey([f.NPS, {**f.WHY, "page": 2}])
    path = open_link(survey)
    begun = Respondent(path).open()
    key = begun.hidden["_key"]
    begun.send(nps="3")
    resume = {"_key": key, "_go": "resume"}
    assert Client().post(path, resume).status_code == 200
    elsewhere = open_link(f.published_survey([f.NPS, {**f.WHY, "page": 2}]))
    assert Client().post(elsewhere, resume).status_code == 204
    assert Client().post(personal_path(survey), resume).status_code == 204
    assert begun.send(why="The wait.").status_code == 302
    assert Client().post(path, resume).status_code == 204
    assert Client().post(path, {**resume, "_go": "next", "nps": "9", "_page": "1"}).status_code >= 400
    assert Response.objects.get().answers == {"nps": 3, "why": "The wait."}


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["_version", "_page", "_started"])
@pytest.mark.parametrize(
    "number", ["0", "-1", "2147483648", "9223372036854775808", "9" * 5000, "1e400", "NaN", "９", "0x1", " 1"]
)
def test_t55_a_number_of_the_form_is_a_number_or_refused(name, number):
    path = open_link(f.published_survey())
    reply = Client(raise_request_exception=False).post(path, {"nps": "9", name: number})
    # A stamp that is not ours only leaves its mark.
    assert reply.status_code == (302 if name == "_started" else 400)
    assert Response.objects.filter(flags__contains=["no_page"]).count() == (name == "_started")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "value", ["\x00", "\udcff", "\u202e", "\x1b[31m", "é", "[", ",;=q" * 900, "de;q=NaN"]
)
@pytest.mark.parametrize(
    "header", ["User-Agent", "Accept-Language", "Cookie", "Referer", "X-Forwarded-For", "Accept-Encoding"]
)
def test_t56_no_header_breaks_a_page(settings, header, value):
    settings.TRUSTED_PROXY_COUNT = 1
    path = open_link(f.published_survey(languages=["en", "de"]))
    client = Client(raise_request_exception=False, headers={header: value})
    assert client.get(path).status_code == 200
    assert client.post(path, {"nps": "9"}).status_code == 302
    assert Response.objects.completed().count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    "answers", [{"nps": {"a": [1]}}, {"nps": "nine"}, {"why": 7}, {"gone": "x"}, {"nps": None}, {}]
)
def test_t57_what_a_row_holds_and_should_not_stops_nobody_from_going_on(answers):
    survey = f.published_survey([f.NPS, {**f.WHY, "page": 2}])
    path = personal_path(survey)
    Respondent(path).open().send(nps="3")
    assert Response.objects.update(answers=answers) == 1
    visit = Respondent(path).open()
    assert visit.page.status_code == 200
    if "why" not in visit.text:
        visit.send(nps="9")
    visit.send(nps="9", why="Fine.")
    assert Response.objects.completed().get().answers["why"] == "Fine."
