"""The pages of customers as a browser shows them: both widths, light and dark, by mouse and by keyboard."""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone

from accounts.models import Account, Contact, Note
from metrics.actions.health import score_accounts
from metrics.actions.refresh import refresh_metrics
from metrics.models import SavedView
from tests import factories as f
from tests.browsers import wait_for_charts
from tests.metrics.pages.conftest import pays_the_canary
from tests.metrics.pages.test_account import XSS
from tests.metrics.pages.test_browser import visit  # noqa: F401 - a fixture

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def company(today):
    """Three customers with answers, health, revenue and renewals; the first has a name that would attack."""
    survey, now = f.published_survey(), timezone.now()
    accounts = [f.account(name=name, segment="Small") for name in (f"Acme {XSS}", "Bolt", "Cone")]
    for place, account in enumerate(accounts):
        pays_the_canary(account, today)
        f.signal(account, "seats_active", today, 5)
        contact = f.contact(account)
        f.invitation(survey, contact, sent_at=now)
        for days in (0, 100):
            answers = {"nps": 10 - 4 * place, "csat": 4, "why": XSS}
            f.respond(survey, answers, contact=contact, at=now - timedelta(days=days))
    refresh_metrics(now=now)
    for days in (1, 0):
        score_accounts(day=today - timedelta(days=days), now=now)
    return accounts


@pytest.mark.parametrize(("width", "theme"), [(390, "light"), (1280, "dark")])
def test_pages_fit_are_drawn_and_accessible(page, visit, company, width, theme):  # noqa: F811
    page.emulate_media(color_scheme=theme)
    page.set_viewport_size({"width": width, "height": 900})
    paths = ("/admin/portfolio/?sort=-arr", "/admin/renewals/", "/admin/revenue/?bar=new_business")
    for path in (*paths, company[0].get_absolute_url(), "/admin/scorecard/"):
        visit(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        wait_for_charts(page)
        found = Axe().run(page).response["violations"]
        serious = [each["id"] for each in found if each["impact"] in {"serious", "critical"}]
        assert serious == [], (path, serious)
        assert page.evaluate("window.__x") is None


def test_a_name_of_one_long_word_is_broken_where_nobody_has_answered_yet(page, visit):  # noqa: F811
    page.set_viewport_size({"width": 390, "height": 900})
    account = f.account(name="N" * 200)
    visit(account.get_absolute_url())
    assert account.name in page.locator("p.empty", has_text="Nobody at").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_an_account_is_found_ordered_and_opened_by_keyboard(page, visit, company):  # noqa: F811
    visit("/admin/portfolio/")
    page.get_by_label("Find").fill("bolt")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=bolt**")
    assert page.locator("tbody th a").all_inner_texts() == ["Bolt"]
    page.locator("thead").get_by_role("link", name="Health").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**sort=health**")
    assert page.locator("th[aria-sort]").inner_text().startswith("Health")
    page.get_by_role("link", name="Bolt", exact=True).focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{company[1].get_absolute_url()}")


def test_a_view_is_kept_and_found_again(page, visit, company):  # noqa: F811
    visit("/admin/portfolio/?sort=-arr&segment=Small")
    page.get_by_text("Keep this view").click()
    page.get_by_label("Name", exact=True).fill("Small ones")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Saved as").wait_for()
    assert SavedView.objects.get().query == "sort=-arr&segment=Small"
    visit("/admin/portfolio/")
    page.get_by_role("link", name="Small ones").click()
    page.wait_for_url("**segment=Small**")
    assert page.get_by_role("link", name="Small ones").get_attribute("aria-current") == "true"


def test_ticked_accounts_change_hands(page, visit, company):  # noqa: F811
    owner = f.user(is_staff=True, first_name="Kim", last_name="Lee")
    visit("/admin/portfolio/")
    page.get_by_role("checkbox", name="Bolt").check()
    page.get_by_role("button", name="Change the owner of those ticked").click()
    page.get_by_label("New owner of 1 account").select_option("Kim Lee")
    page.get_by_role("button", name="Change the owner").click()
    page.get_by_text("1 account belongs to Kim Lee now.").wait_for()
    assert list(Account.objects.filter(owner=owner)) == [company[1]]


def test_a_note_is_written_and_erased(page, visit, company):  # noqa: F811
    visit(company[1].get_absolute_url())
    page.get_by_label("Note", exact=True).fill("They want a second site.")
    page.get_by_role("button", name="Write").click()
    page.locator(".noted", has_text="They want a second site.").wait_for()
    page.get_by_text("Change or erase").click()
    page.get_by_role("button", name="Erase it").click()
    page.get_by_text("Erased.").first.wait_for()
    assert Note.objects.get().text == ""


def test_the_account_menu_opens_by_keyboard_and_closes_with_escape(page, visit, company):  # noqa: F811
    visit("/admin/goals/")
    leave, switch = page.get_by_role("button", name="Log out"), page.locator("[x-data*=openUserLinks] > div")
    assert not leave.is_visible()
    switch.press("Enter")
    leave.wait_for(state="visible")
    page.keyboard.press("Escape")
    leave.wait_for(state="hidden")


def test_an_empty_drawn_field_is_named_by_its_label(page, visit, company):  # noqa: F811
    visit("/admin/followups/followup/add/")
    page.get_by_role("combobox", name="Account", exact=True).wait_for()


def test_a_list_of_contacts_breaks_no_word(page, visit, company):  # noqa: F811
    contact = f.contact(company[1], name="Ada Byron", role="decision_maker", title="Head of Procurement")
    Contact.objects.filter(pk=contact.pk).update(email="ada.byron@difference-engine-components.example")
    page.set_viewport_size({"width": 1280, "height": 900})
    visit("/admin/accounts/contact/?q=byron")
    lines = """all => all.map(cell => {
        const range = document.createRange();
        range.selectNodeContents(cell);
        return new Set([...range.getClientRects()].map(box => box.top)).size;
    })"""
    assert page.locator(".person small span, td.field-role").evaluate_all(lines) == [1, 1, 1]
    table = page.locator("#result_list")
    assert table.evaluate("table => table.scrollWidth <= table.parentElement.clientWidth")


def test_charts_of_a_dark_page_are_printed_in_light_colours(page, visit, company):  # noqa: F811
    page.emulate_media(color_scheme="dark")
    visit("/admin/renewals/")
    wait_for_charts(page)
    lines = "() => Object.values(Chart.instances).map(each => each.options.scales.y.grid.color)"
    of_page = "name => getComputedStyle(document.documentElement).getPropertyValue(name).trim()"
    light, dark = (page.evaluate(of_page, f"--color-base-{shade}") for shade in (300, 700))
    assert set(page.evaluate(lines)) == {dark}
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert set(page.evaluate(lines)) == {light}
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert set(page.evaluate(lines)) == {dark}


def test_a_printed_page_of_a_list_says_which_part_it_is(page, visit, company, monkeypatch):  # noqa: F811
    monkeypatch.setattr("metrics.pages.portfolio.A_PAGE", 1)
    visit("/admin/portfolio/")
    page.emulate_media(media="print")
    pages = page.get_by_role("navigation", name="Pages of accounts")
    assert pages.inner_text().strip() == f"1 to 1 of {len(company)}"
