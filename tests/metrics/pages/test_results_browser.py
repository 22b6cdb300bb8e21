"""The way through results, cross-tab, comments and one response as a browser draws them."""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone

from metrics.actions.absorb import absorb_responses
from metrics.actions.reading import read_comments
from tests import browsers
from tests import factories as f
from tests.browsers import wait_for_rest

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
CHOICES = [{"key": "free", "text": "Free"}, {"key": "paid", "text": "Paid"}]
QUESTIONS = [
    f.NPS,
    {"key": "plan", "kind": "single_choice", "text": "Which plan?", "choices": CHOICES},
    {"key": "rank", "kind": "ranking", "text": "Rank them", "choices": CHOICES},
    {
        "key": "grid",
        "kind": "matrix",
        "text": "How good are they?",
        "choices": CHOICES,
        "settings": {"rows": [{"key": "speed", "text": "Speed"}, {"key": "price", "text": "Price"}]},
    },
    {"key": "count", "kind": "number", "text": "How many?"},
    f.WHY,
]


@pytest.fixture
def survey():
    made, now = f.published_survey(QUESTIONS, title="Twice a year"), timezone.now()
    for place in range(24):
        account = f.account(name=f"Company {place}", segment=("Large", "Small")[place % 2])
        f.respond(
            made,
            {
                "nps": 10 * (place % 2),
                "plan": ("free", "paid")[place % 2],
                "rank": ["paid", "free"],
                "grid": {"speed": "free", "price": "paid"},
                "count": place,
                "why": f"The price of number {place} is rising",
            },
            contact=f.contact(account),
            at=now - timedelta(days=9 * place),
        )
    absorb_responses(now=now)
    read_comments(now=now)
    return made


@pytest.fixture
def visit(live_server, page, seen_by):
    """Open a page as someone who sees everything; it may not complain."""
    client = seen_by(f.user(is_staff=True, is_superuser=True))
    complaints = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    session = {"name": "session", "value": client.cookies["session"].value, "url": live_server.url}
    page.context.add_cookies([session])

    def go(path):
        browsers.visit(page, live_server.url + path)
        wait_for_rest(page)

    yield go
    assert complaints == []


@pytest.mark.parametrize(("width", "theme"), [(390, "dark"), (1280, "light")])
def test_pages_fit_and_can_be_read_by_everybody(page, visit, survey, width, theme):
    page.emulate_media(color_scheme=theme)
    page.set_viewport_size({"width": width, "height": 900})
    response = survey.responses.first()
    for path in (
        f"/admin/survey/{survey.slug}/results/",
        f"/admin/survey/{survey.slug}/cross-tab/",
        f"/admin/programme/{survey.programme.slug}/",
        "/admin/comments/?q=price",
        f"/admin/response/{response.public_id}/",
    ):
        visit(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        found = Axe().run(page).response["violations"]
        serious = [each["id"] for each in found if each["impact"] in {"serious", "critical"}]
        assert serious == [], path


def test_from_results_by_the_keyboard_to_one_response(page, visit, survey):
    visit(f"/admin/survey/{survey.slug}/results/")
    box = page.get_by_role("searchbox", name="Words in the comments of this survey")
    box.fill("prices -seven")
    box.press("Enter")
    page.wait_for_url("**/comments/?*")
    assert page.locator("mark").first.inner_text() == "price"
    assert page.locator(".voice").count() == 20
    page.get_by_role("link", name="More comments").click()
    page.wait_for_url("**after=*")
    assert page.locator(".voice").count() == 4
    page.get_by_role("link", name="Whole response").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/response/**")
    assert page.get_by_text("is rising").count() == 1


def test_results_are_narrowed_down_and_the_address_keeps_it(page, visit, survey):
    visit(f"/admin/survey/{survey.slug}/results/")
    page.get_by_label("Who answered").select_option("plan:paid")
    page.get_by_label("Who answered").locator("xpath=ancestor::form").get_by_role("button").click()
    page.wait_for_url("**answered=plan*")
    assert page.locator("#q-nps").get_by_text("12 answers").count() == 1
    page.locator("#q-nps").get_by_role("link", name="Cross-tab").click()
    page.wait_for_url("**/cross-tab/?*rows=nps*")
    page.get_by_label("Columns").select_option("segment")
    page.locator("[name=segment]").select_option("Small")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**columns=segment*&segment=Small*answered=plan*")
    assert page.locator("table.cross thead").get_by_text("Small").count() == 1
