"""Every URL of the product, asked by a stranger: refused unless it is for everyone (SECURITY T15, T27)."""

import re
from collections.abc import Iterator

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from tests.accounts.staff import assert_leads_to, superuser

pytestmark = pytest.mark.django_db

# What strangers may ask, by route. Whoever adds a line here opens a door.
PUBLIC = {
    "": "leads to the login page",
    "s/<str:name>/": "open link",
    "s/<str:name>/thanks/": "its thank-you page",
    "embed.js": "the script that other websites load",
    "r/<str:name>/": "personal link",
    "r/<str:name>/thanks/": "its thank-you page",
    "r/<str:name>/unsubscribe/": "its link is in mails",
    "webhooks/mail/": "of the mail provider: absent without its secret, see test_provider_events",
    "logos/<str:name>": "stands on pages that are open",
    "admin/login/": "the login page itself",
    "admin/logout/": "ends the session that a stranger has not",
    "api/docs/": "names nothing but the code",
    "api/schema/": "names nothing but the code",
    "healthz": "for the machine that watches",
    "readyz": "for the machine that watches",
    "metrics": "for this machine only, unless a token is sent: see test_telemetry",
}


def routes(patterns, prefix="") -> Iterator[tuple[str, URLPattern]]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        else:
            yield route, pattern


ROUTES = dict(routes(get_resolver().url_patterns))


def path_of(route: str) -> str:
    """A path that the route takes; 1 stands for whatever it asks for."""
    return "/" + re.sub(r"<\w+:\w+>", "1", route)


# The admin's catch-alls are patterns without one path; what they catch is asked below.
CLOSED = sorted(route for route in set(ROUTES) - set(PUBLIC) if "(?P<" not in route)


@pytest.mark.parametrize("route", CLOSED)
def test_a_stranger_is_refused(client, route):
    for method in (client.get, client.post):
        answer = method(path_of(route))
        if answer.status_code == 302:
            assert answer["Location"].startswith("/admin/login/"), route
        else:
            assert answer.status_code in {401, 403, 404, 405}, route


def test_no_address_of_the_admin_answers_a_link_with_a_bare_refusal(client):
    """What takes a form leads to the form's page, and opening the log-out does not log out."""
    client.force_login(superuser())
    for route in CLOSED:
        if route.startswith("admin/"):
            assert client.get(path_of(route)).status_code != 405, route
    assert_leads_to(client, "/admin/logout/", "/admin/")
    assert client.get("/admin/").status_code == 200


@pytest.mark.parametrize("path", ["/admin/no/such/page/", "/admin/surveys/", "/admin/accounts/account/1/x/"])
def test_what_the_admin_catches_sends_a_stranger_to_the_login_page(client, path):
    answer = client.get(path)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/admin/login/")


@pytest.mark.parametrize("route", sorted(PUBLIC))
def test_every_route_on_the_public_list_exists(route):
    assert route in ROUTES
