"""The main job in a real browser: from an empty survey to a customer's answer on the account's page."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from metrics.tasks import absorb
from surveys.models import Programme, Survey
from tests import factories

PHONE = {"width": 390, "height": 844}

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def log_in(page: Page, url: str) -> None:
    factories.user(
        email="chief@example.com", password="a long enough password", is_staff=True, is_superuser=True
    )
    page.goto(f"{url}/admin/")
    page.fill("input[name=username]", "chief@example.com")
    page.fill("input[name=password]", "a long enough password")
    page.click("button[type=submit]")
    expect(page).to_have_url(f"{url}/admin/")


def build_survey(page: Page, url: str) -> Survey:
    page.goto(f"{url}/admin/surveys/survey/add/")
    page.fill("#id_title", "How are we doing?")
    page.select_option("#id_programme", label="Relationship")
    page.get_by_role("button", name="Start blank").click()
    questions = [
        ("How likely are you to recommend us?", "nps"),
        ("How satisfied are you with our support?", "csat"),
        ("What is the main reason?", "long_text"),
    ]
    for number, (text, kind) in enumerate(questions, start=1):
        page.click("#add-question")
        page.click(f"#add-{kind}")
        expect(page.locator("#panel-title")).to_contain_text(f"Question {number}")
        page.fill("#id_text", text)
        expect(page.locator("#build-outline").get_by_text(text)).to_be_visible()
    survey = Survey.objects.get(title="How are we doing?")
    page.goto(f"{url}/admin/surveys/survey/{survey.pk}/change/")
    page.get_by_role("link", name=re.compile("Publish")).click()
    page.get_by_role("button", name=re.compile("Publish")).click()
    expect(page.get_by_text("Live", exact=False).first).to_be_visible()
    return survey


def answer_on_a_phone(browser: Browser, link: str) -> None:
    phone = browser.new_context(viewport=PHONE, has_touch=True, java_script_enabled=False).new_page()
    phone.goto(link)
    fieldsets = phone.locator("fieldset")
    fieldsets.nth(0).locator("input[value='9']").check()
    fieldsets.nth(1).locator("input[value='5']").check()
    phone.locator("textarea").fill("Your people answer the phone.")
    phone.get_by_role("button", name="Send").click()
    expect(phone).to_have_url(re.compile(r"/thanks/$"))
    phone.context.close()


def test_an_answer_moves_the_account(page, browser, live_server, settings):
    settings.PUBLIC_BASE_URL = live_server.url
    Programme.objects.create(slug="relationship", name="Relationship")
    account = factories.account(name="Northwind Traders")
    contact = factories.contact(account, name="Ada Byron", role="decision_maker")
    log_in(page, live_server.url)
    survey = build_survey(page, live_server.url)

    page.goto(f"{live_server.url}{account.get_absolute_url()}")
    expect(page.get_by_text("has not been computed yet")).to_be_visible()

    page.goto(f"{live_server.url}/admin/surveys/survey/{survey.pk}/change/")
    page.get_by_role("link", name=re.compile("Invite")).click()
    page.locator(".select2-selection").last.click()
    page.locator(".select2-search__field").fill("Ada")
    page.locator(".select2-results__option", has_text="Ada Byron").click()
    page.get_by_role("button", name=re.compile("Save|Invite")).last.click()
    link = page.locator("input[value*='/r/']").input_value()

    answer_on_a_phone(browser, link)
    absorb()

    page.goto(f"{live_server.url}{account.get_absolute_url()}")
    expect(page.get_by_text("+100").first).to_be_visible()
    expect(page.get_by_text("Your people answer the phone.")).to_be_visible()
    expect(page.get_by_text("has not been computed yet")).to_have_count(0)
    expect(page.get_by_text("How they feel about us")).to_be_visible()
    assert contact.responses.get().answers
    assert account.healths.get().base != account.healths.get().score
