"""Staff that tests log in: by role, or with every right but one, so that a refusal has one reason only."""

from typing import Any

from django.contrib.auth.models import Group, Permission
from django.contrib.messages import get_messages
from django.test import Client

from accounts.models import User
from accounts.posted import NOT_DONE
from tests import factories

PASSWORD = "correct horse battery"


def superuser() -> User:
    """Someone with every right."""
    return User.objects.create_superuser(f"root{next(factories.numbers)}@example.com", PASSWORD)


def role(name: str) -> Group:
    """A role with its rights."""
    return Group.objects.get(name=name)


def member(role_name: str, **fields: Any) -> User:
    """Someone in a role."""
    made = factories.user(is_staff=True, password=PASSWORD, **fields)
    made.groups.add(role(role_name))
    return made


def almighty_but(*codenames: str, **fields: Any) -> User:
    """Someone with every single right but these."""
    made = factories.user(is_staff=True, password=PASSWORD, **fields)
    made.user_permissions.set(Permission.objects.exclude(codename__in=codenames))
    return made


def holder_of(*rights: str, **fields: Any) -> User:
    """Someone with these rights, each as app.codename, and no other."""
    made = factories.user(is_staff=True, password=PASSWORD, **fields)
    for right in rights:
        app, codename = right.split(".")
        made.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    return made


def logged_in(user: User) -> Client:
    """A browser in which the user is logged in."""
    client = Client()
    client.force_login(user)
    return client


def assert_leads_to(client: Client, address: str, page: str) -> None:
    """Opening an address that takes a form leads to its page and says so; other methods are refused."""
    opened = client.get(address)
    assert (opened.status_code, opened["Location"]) == (302, page)
    assert [str(message) for message in get_messages(opened.wsgi_request)] == [NOT_DONE]
    assert client.put(address).status_code in (403, 405)
