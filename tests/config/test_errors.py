"""What people see where a page cannot be shown: what happened, and the way on."""

import pytest
from django.template.loader import render_to_string
from django.test import Client

from config.templatetags import headings
from tests.accounts.staff import logged_in, member, superuser

pytestmark = pytest.mark.django_db


def test_who_may_not_open_a_page_reads_why():
    analyst = member("analyst")
    page = logged_in(analyst).get("/admin/accounts/user/")
    assert page.status_code == 403
    assert "You may not open this" in page.text
    assert analyst.email in page.text
    assert 'href="/admin/"' in page.text


def test_an_address_that_names_nothing_says_so():
    page = logged_in(superuser()).get("/admin/nowhere/")
    assert page.status_code == 404
    assert "There is nothing here" in page.text


def test_an_address_outside_the_admin_may_load_the_style_of_its_page():
    page = Client().get("/nowhere/")
    assert page.status_code == 404
    assert "brand/error.css" in page.text
    assert "style-src 'self'" in page["Content-Security-Policy"]


def test_a_form_without_its_token_says_that_nothing_was_saved():
    page = Client(enforce_csrf_checks=True).post("/admin/login/", {"username": "a", "password": "b"})
    assert page.status_code == 403
    assert "Nothing was changed" in page.text


def test_our_own_fault_is_told_without_a_request_or_a_word_about_how():
    assert "This is our fault" in render_to_string("500.html")


def test_a_heading_leaves_a_key_as_it_is():
    titles = ("seats_sold 30 Sep 2025", "ticket.closed", "first mail", "e. g. this")
    said = [headings.in_menu({"title": title}) for title in titles]
    assert said == ["seats_sold 30 Sep 2025", "ticket.closed", "First mail", "E. g. this"]


def test_a_heading_calls_a_list_as_the_menu_does():
    page = logged_in(superuser()).get("/admin/metrics/taxonomy/add/")
    heading = page.text.partition("<h1")[2].partition("</h1>")[0]
    assert "Themes of comments" in heading
    assert "New" in heading
