"""The pages as a browser draws them: charts, both widths, light and dark, nothing from elsewhere."""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from django.utils import timezone

from metrics.actions.absorb import absorb_responses
from metrics.models import Target
from metrics.pages.registry import PAGES
from tests import browsers
from tests import factories as f
from tests.browsers import wait_for_charts, wait_for_rest
from tests.metrics.pages.conftest import pays_the_canary
from tests.metrics.pages.test_account import XSS

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def paths(today):
    """The addresses of the three pages of a company with a story to tell."""
    account, now = f.account(name=f"Acme & Sons {XSS}"), timezone.now()
    survey = f.published_survey([f.NPS, f.CSAT, f.WHY], title="Twice a year")
    pays_the_canary(account, today)
    for days in range(0, 300, 20):
        contact = f.contact(account)
        answers = {"nps": days % 11, "csat": 1 + days % 5, "why": XSS}
        f.respond(survey, answers, contact=contact, at=now - timedelta(days=days))
    absorb_responses(now=now)
    return ["/admin/", account.get_absolute_url(), f"/admin/survey/{survey.slug}/results/"]


@pytest.fixture
def visit(live_server, page, seen_by):
    """Open a page as someone who sees everything; it may neither complain nor ask anything of elsewhere."""
    client = seen_by(f.user(is_staff=True, is_superuser=True))
    complaints, asked = [], []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    session = {"name": "session", "value": client.cookies["session"].value, "url": live_server.url}
    page.context.add_cookies([session])

    def go(path):
        browsers.visit(page, live_server.url + path)
        wait_for_rest(page)

    yield go
    assert complaints == []
    assert [url for url in asked if not url.startswith((live_server.url, "data:"))] == []


@pytest.mark.parametrize(("width", "theme"), [(390, "light"), (1280, "dark")])
def test_pages_fit_and_draw_their_charts(page, visit, paths, width, theme):
    page.emulate_media(color_scheme=theme)
    page.set_viewport_size({"width": width, "height": 900})
    for path in paths:
        visit(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert page.locator("canvas").count() >= 1
        wait_for_charts(page)
        found = Axe().run(page).response["violations"]
        assert [each["id"] for each in found if each["impact"] in {"serious", "critical"}] == []
        assert page.evaluate("window.__x") is None


@pytest.mark.parametrize(("width", "theme"), [(390, "dark"), (1280, "light")])
def test_every_page_of_the_menu_fits_and_can_be_used_by_everyone(page, visit, paths, width, theme):
    page.emulate_media(color_scheme=theme)
    page.set_viewport_size({"width": width, "height": 900})
    of_metrics = [f"/admin/metric/{name}/{part}" for name in ("nps", "grr") for part in ("", "rows/")]
    by_year = reverse("revenue", query={"by": "owner", "cohorts": "year"})
    for path in [reverse(each.name) for each in PAGES if each.title] + [*of_metrics, by_year]:
        visit(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        found = Axe().run(page).response["violations"]
        assert [each["id"] for each in found if each["impact"] in {"serious", "critical"}] == [], path


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_response_in_the_lists_can_be_read_by_everyone(page, visit, paths, theme):
    page.emulate_media(color_scheme=theme)
    partial = f.respond(f.published_survey([f.NPS, f.WHY]), {"nps": 7}, submitted_at=None)
    visit(reverse("admin:surveys_response_change", args=[partial.pk]))
    assert page.get_by_text("not answered").is_visible()
    found = Axe().run(page).response["violations"]
    assert [each["id"] for each in found if each["impact"] in {"serious", "critical"}] == []


def test_a_number_leads_to_its_meaning_and_its_rows_and_these_to_the_account(page, visit, paths):
    visit("/admin/?last=6m")
    tile = page.locator("[data-metric=nps]")
    shown = tile.locator(".figure a").inner_text()
    tile.locator("h2 a").click()
    page.wait_for_url("**/admin/metric/nps/?last=6m")
    assert page.locator(".tile .figure strong").first.inner_text() == shown
    page.get_by_role("link", name="The rows it is made of").click()
    page.wait_for_url("**/admin/metric/nps/rows/?last=6m")
    page.locator("main td a[href*='/account/']").first.click()
    page.wait_for_url("**/admin/account/*/")


def test_a_filter_is_in_the_address_that_can_be_shared(page, visit, paths):
    visit("/admin/")
    page.get_by_label("From").fill("2026-01-01")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**from=2026-01-01**")
    assert page.get_by_label("From").input_value() == "2026-01-01"
    visit("/admin/?segment=Nowhere")
    assert "no segment “Nowhere”" in page.get_by_role("alert").inner_text()


def test_a_goal_is_set_and_stands_on_the_page(page, visit, paths, today):
    visit("/admin/goals/")
    page.get_by_role("link", name="Add a goal").click()
    page.wait_for_url("**/add/**")
    page.locator("[name=metric]").select_option("nps")
    page.locator("[name=value]").fill("45")
    page.locator("[name=by]").fill(str(today + timedelta(days=60)))
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**/admin/goals/")
    assert "Net Promoter Score" in page.locator("table.goals").inner_text()
    assert "+45" in page.locator("table.goals").inner_text()


def test_printed_tables_stay_on_the_paper_and_leave_out_what_is_clicked(page, visit, paths, today):
    person = f.user(first_name="Maximiliane", last_name="Oberhuber-Niedermayer")
    for number in range(3):
        f.account(name=f"Gesellschaft für Wirtschaftsprüfung {number} GmbH & Co. KG", owner=person)
    Target.objects.create(metric="nps", value=45, by=today + timedelta(days=60), responsible=person)
    page.set_viewport_size({"width": 700, "height": 900})
    page.emulate_media(media="print", color_scheme="dark")
    for path in ("/admin/portfolio/", "/admin/goals/", "/admin/teams/"):
        visit(path)
        for table in page.locator(".metrics .panel table").all():
            panel = table.locator("xpath=ancestor::*[contains(@class, 'panel')][1]").bounding_box()
            box = table.bounding_box()
            assert box["x"] + box["width"] <= panel["x"] + panel["width"], path
    visit("/admin/goals/")
    assert not page.get_by_text("Add a goal").is_visible()
    assert not page.get_by_text("Change").first.is_visible()
    visit("/admin/comments/")
    assert not page.get_by_text("Finds every form").is_visible()


def test_the_words_of_a_chart_can_be_read_in_either_scheme_and_on_paper(page, visit, paths):
    page.emulate_media(color_scheme="dark")
    visit(paths[2])
    wait_for_charts(page)
    written = page.evaluate("Object.values(Chart.instances)[0].scales.y.ticks.map((each) => each.label)")
    assert (written[0], written[-1]) == ("−100", "+100")
    colour = "Object.values(Chart.instances)[0].options.scales.y.ticks.color"
    assert page.evaluate(colour) == "#a5afbf"
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate(colour) == "#566071"
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate(colour) == "#a5afbf"
    page.evaluate("document.documentElement.classList.remove('dark')")
    page.wait_for_function(f"() => {colour} === '#566071'")
