"""Who may not, posts to every page of the admin (SECURITY T14 to T21): nothing is written."""

import re
from itertools import count
from typing import Any

import pytest
from django.apps import apps
from django.core import serializers
from django.urls import get_resolver
from django.urls.resolvers import URLPattern

from accounts.roles import ACCOUNT_MANAGER, BUILDER
from tests import factories
from tests.accounts.staff import logged_in, member
from tests.api.test_routes import theirs  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db
OURS = ("accounts", "surveys", "metrics", "followups")
# One's own: who is logged in, and files that one asked for.
OF_ONESELF = {"User", "Export", "TableImport", "SavedView"}


def walk(patterns: Any, prefix: str = "") -> Any:
    for entry in patterns:
        pattern = prefix + str(entry.pattern)
        if not isinstance(entry, URLPattern):
            yield from walk(entry.url_patterns, pattern)
        elif pattern.startswith("admin/") and entry.name not in ("logout", "login"):
            yield pattern


PATTERNS = sorted(set(walk(get_resolver().url_patterns)))


def paths(pattern, rows):
    """The address of the pattern for a row of its own model, or for one of each where it names none."""
    models = {f"{row._meta.app_label}/{row._meta.model_name}": row for row in rows.values()}
    short = {name.partition("/")[2]: row for name, row in models.items()}
    found = re.match(r"admin/(\w+/\w+)/|admin/(\w+)/", pattern)
    row = found and (models.get(found[1]) or short.get(found[2] or found[1].partition("/")[0]))
    key = str(row.pk) if row else "1"
    slug = getattr(row, "slug", "x")
    by_name = {"slug": slug, "act": "add", "code": "de", "token": getattr(row, "token", "x")}
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda name: by_name.get(name[1], key), pattern), key


def stored(*labels):
    models = [model for label in labels for model in apps.get_app_config(label).get_models()]
    return {
        model.__name__: serializers.serialize("json", model._default_manager.order_by("pk"))
        for model in models
        if model.__name__ not in OF_ONESELF
    }


@pytest.mark.parametrize(
    ("role", "untouched"),
    [
        (ACCOUNT_MANAGER, OURS),
        (BUILDER, ("accounts", "metrics", "followups")),
    ],
)
def test_no_post_writes_what_the_role_may_not(theirs, role, untouched):  # noqa: F811
    attacker = logged_in(member(role))
    numbers = count(1)
    assert len(PATTERNS) > 100
    before = stored(*untouched)
    for pattern in PATTERNS:
        path, key = paths(pattern, theirs)
        # The theme's lists and its questions before a deletion read this; all else reads a form.
        if re.fullmatch(r"admin/\w+/\w+/|admin/.*/delete/", pattern):
            body = {"action": "delete_selected", "_selected_action": key, "post": "yes"}
        else:
            name = f"Mine {next(numbers)}"
            body = {"name": name, "title": "Mine", "key": "mine", "reason": "Mine", "_save": "1"}
        answer = attacker.post(path, body)
        assert answer.status_code in (200, 302, 400, 403, 404, 405, 409, 422), (path, answer.status_code)
        if role == ACCOUNT_MANAGER:
            assert b"CANARY" not in answer.getvalue().upper(), path
    after = stored(*untouched)
    assert [name for name in before if before[name] != after[name]] == []


def test_the_same_posts_write_for_who_may(theirs):  # noqa: F811
    before = stored("accounts")
    path, key = paths("admin/accounts/signal/", theirs)
    body = {"action": "delete_selected", "_selected_action": key, "post": "yes"}
    client = logged_in(factories.user(is_staff=True, is_superuser=True))
    assert client.post(path, body).status_code == 302
    assert stored("accounts") != before
