"""What the browser tests of the admin share."""

import pytest

from tests.accounts.staff import logged_in, superuser

# A browser writes down what a server refuses and a network lacks; what the page makes of it is for the test.
EXPECTED = ("status of 409", "status of 422", "ERR_INTERNET_DISCONNECTED")


def is_complaint(message):
    return message.type == "error" and not any(reason in message.text for reason in EXPECTED)


@pytest.fixture
def open_page(live_server, page):
    """Open a page of the admin as the superuser; it may neither complain nor ask anything of elsewhere."""
    cookie = logged_in(superuser()).cookies["session"].value
    page.context.add_cookies([{"name": "session", "value": cookie, "url": live_server.url}])
    asked, complaints = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if is_complaint(message) else None)

    def visit(path):
        page.goto(f"{live_server.url}{path}")
        return page

    yield visit
    assert not complaints
    assert [url for url in asked if not url.startswith((live_server.url, "data:"))] == []
