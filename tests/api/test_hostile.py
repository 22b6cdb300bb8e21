"""What no honest program sends (SECURITY T11, T53-T56): every route refuses it, and nothing is stored."""

import gzip
import json
from functools import cache

import pytest
from django.apps import apps
from django.test import Client

from accounts.api.filters import KnownFilters
from accounts.models import ApiKey, CallCount, Export
from tests import factories
from tests.api.conftest import assert_problem
from tests.api.test_routes import ROUTES, theirs  # noqa: F401 - a fixture
from tests.api.test_rows import RESOURCES, new_row

pytestmark = pytest.mark.django_db
WRITABLE = [
    (method, route)
    for route in ROUTES
    for method in sorted(route.methods & {"POST", "PUT", "PATCH"})
    # These take no body.
    if route.name not in ("api-survey-publish", "api-survey-close")
    and not route.name.startswith(
        ("api-campaign-approve", "api-campaign-pause", "api-campaign-resume", "api-campaign-stop")
    )
]
each_writable = pytest.mark.parametrize(
    ("method", "route"), [pytest.param(*pair, id=f"{pair[0]} {pair[1]}") for pair in WRITABLE]
)
BODIES = {
    "no body": b"",
    "not JSON": b"name=x",
    "half JSON": b'{"name": "x"',
    "a list": b"[]",
    "a text": b'"name"',
    "a number": b"5",
    "null": b"null",
    "depth 33": b'{"name":' + b"[" * 33 + b"]" * 33 + b"}",
    "depth 5,000": b'{"name":' + b"[" * 5000 + b"]" * 5000 + b"}",
    "depth 100,000": b"[" * 100_000 + b"]" * 100_000,
    "depth 100,000 of objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "NaN": b'{"value": NaN}',
    "Infinity": b'{"value": -Infinity}',
    "1e400": b'{"value": 1e400}',
    "5,000 digits": b'{"value": ' + b"9" * 5000 + b"}",
    "a repeated name": b'{"name": "a", "name": "b"}',
    "NUL": b'{"name": "a\\u0000b"}',
    "NUL in a name": b'{"na\\u0000me": "a"}',
    "raw NUL": b'{"name": "a\x00b"}',
    "lone surrogate": b'{"name": "\\ud800"}',
    "lone surrogate in a name": b'{"\\udfff": 1}',
    "deep NUL": b'{"attributes": {"a": {"b": ["\\u0000"]}}}',
    "not UTF-8": b'{"name": "\xff\xfe"}',
    "overlong UTF-8": b'{"name": "\xc0\x80"}',
    "UTF-16": '{"name": "x"}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"name": "x"}',
    "a name of 100,000 letters": b'{"' + b"x" * 100_000 + b'": 1}',
    "10,000 names": json.dumps({f"n{number}": 1 for number in range(10_000)}).encode(),
}


def stored():
    """How many rows there are of every model that programs write."""
    models = [*apps.get_app_config("accounts").get_models(), *apps.get_app_config("surveys").get_models()]
    return {model: model.objects.count() for model in models if model is not CallCount}


def send(root, method, path, body, content_type="application/json", **environ):
    headers = {"Authorization": f"Bearer {root.secret}"}
    return Client().generic(method, path, body, content_type=content_type, headers=headers, **environ)


@each_writable
def test_a_body_that_is_not_strict_json_is_refused(root, theirs, method, route):  # noqa: F811
    path, before = route.path(theirs), stored()
    for name, body in BODIES.items():
        if method == "PATCH" and name == "no body":
            continue
        refusal = send(root, method, path, body)
        document = assert_problem(refusal, 400)
        assert len(refusal.content) < 5000, name
        assert "Traceback" not in document["detail"]
    assert stored() == before


@cache
def bomb():
    return gzip.compress(b"[" + b"0," * 5_000_000 + b"0]")


@each_writable
def test_a_body_that_is_too_large_packed_or_of_unknown_length_is_refused(root, theirs, method, route):  # noqa: F811
    path, before = route.path(theirs), stored()
    plain = b'{"name": "x"}'
    large = b'{"name": "' + b"x" * (1024 * 1024) + b'"}'
    assert_problem(send(root, method, path, large), 413)
    assert_problem(send(root, method, path, bomb(), HTTP_CONTENT_ENCODING="gzip"), 415)
    for other in (
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/xml",
        "text/plain",
        "",
    ):
        assert_problem(send(root, method, path, plain, other), 415)
    chunked = {"HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": ""}
    assert_problem(send(root, method, path, plain, **chunked), 411)
    assert stored() == before


@pytest.mark.parametrize(
    "path",
    [
        *("accounts/0", "accounts/-1", "accounts/1.5", "accounts/1e9", "accounts/x", "accounts/1/2"),
        *("accounts/2147483648", "accounts/9223372036854775808", f"accounts/{'9' * 5000}", "accounts/0x1"),
        *(
            "accounts/%00",
            "accounts/%ED%A0%80",
            "accounts/%E2%80%AE",
            "accounts/..%2F..%2Fadmin",
            "accounts/'--",
        ),
        *("accounts/1 OR 1=1", "accounts/\u0661", "accounts/", "accounts//", "nothing", ""),
        *("responses/00000000-0000-0000-0000-000000000000", "responses/------------------------------------"),
        *("responses/x", "metrics/__class__", "metrics/nps/x", f"accounts/{'9' * 400}/health"),
    ],
)
def test_a_path_that_leads_nowhere_is_a_problem_document(root, path):
    factories.account()
    for method in ("GET", "PATCH", "DELETE"):
        answer = root.call(method, path, {})
        assert answer.status_code in (400, 403, 404, 405), answer.content
        assert_problem(answer, answer.status_code)


QUERIES = (
    *("%00", "a%00b", "%ED%A0%80", "%FF", "%E2%80%AE", "'", "x%22);--", "1%20OR%201=1", "%5C"),
    *("NaN", "1e999999", "-1", "2147483648", "9223372036854775808", "9" * 5000, "x" * 5000),
    *("", "[]", "0001-01-01", "9999-12-31", "2026-02-30", "9999-12-31T23:59:59-14:00"),
)


READABLE = [route for route in ROUTES if "GET" in route.methods]


@cache
def parameters():
    """What each route reads from the query."""
    common = {"limit", "cursor", "ordering", "fields", "expand"}
    return {
        route.name: common
        | set(route.view.parameters)
        | (KnownFilters.names(route.view) if hasattr(route.view, "filter_backends") else set())
        for route in READABLE
    }


def queries(name, route):
    """Every value; of a name that many routes read, with the same code, a third: others send the rest."""
    takers = [taker for taker, names in parameters().items() if name in names]
    return QUERIES if len(takers) < 3 else QUERIES[takers.index(route.name) % 3 :: 3]


@pytest.mark.parametrize("route", READABLE, ids=str)
def test_a_strange_value_in_the_query_is_refused_or_finds_nothing(root, theirs, route):  # noqa: F811
    path = route.path(theirs)
    # An export is its maker's alone: the key would find none, whatever it sends.
    Export.objects.update(user=None, api_key=ApiKey.objects.get())
    for name in sorted(parameters()[route.name]):
        for value in queries(name, route):
            answer = root.get(f"{path}?{name}={value}")
            assert answer.status_code in (200, 400), (name, value, answer.content)
            if answer.status_code == 400:
                assert_problem(answer, 400)
    for value in QUERIES:
        assert value == "" or root.get(f"{path}?{value}=1").status_code == 400


@pytest.mark.parametrize("path", ["contacts", "contacts/{contact}", "responses", "surveys"])
def test_what_to_expand_is_named_once(root, own, path):
    contact = factories.contact(own)
    factories.respond(factories.published_survey(), {"nps": 9}, contact=contact)
    field = "programme" if path == "surveys" else "account"
    url = path.format(contact=contact.pk)
    assert root.get(f"{url}?expand={field}").status_code == 200
    assert_problem(root.get(f"{url}?expand={field},{field}"), 400, "expand")


HOSTILE = [
    *(
        None,
        True,
        [],
        {},
        "",
        " ",
        "x" * 100_000,
        -1,
        0,
        2**31,
        2**63 - 1,
        1.5,
        1e308,
        -1e-308,
        [[]],
        {"a": {}},
    ),
    *("\u202e", "a\nb", "Infinity", "NaN", "1e999999", "9" * 400, "=1+1", "<script>", "'; DROP TABLE x;--"),
    *("0000-00-00", "0001-01-01", "9999-12-31", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"),
    *("2026-01-01T00:00:00", "\u0661", "{{7*7}}", "../../etc/passwd", ["a"] * 1000, "a'b\"c)--"),
]


def accepts_or_refuses(answer, *context):
    assert answer.status_code in (200, 201, 400, 409), (*context, answer.content)
    if answer.status_code >= 400:
        assert_problem(answer, answer.status_code)


@pytest.mark.parametrize("route", [route for route in ROUTES if "PATCH" in route.methods], ids=str)
def test_a_strange_value_in_a_field_is_refused_or_stored_as_it_is(root, theirs, route):  # noqa: F811
    path = route.path(theirs)
    fields = route.view.serializer_class().fields
    for name in (name for name in fields if not fields[name].read_only):
        for value in HOSTILE:
            answer = root.patch(path, {name: value})
            accepts_or_refuses(answer, name, value)
            if answer.status_code == 200:
                assert root.get(path).status_code == 200, "no row is broken by what was stored"
    assert root.get(path).status_code == 200


@pytest.mark.parametrize("resource", RESOURCES)
def test_strange_values_in_a_bulk_are_refused_row_by_row(root, own, resource):
    base = {name: value for name, value in new_row(resource, own).items() if name != "external_id"}
    base |= {"account": own.external_id} if "account" in base else {}
    view = next(route.view for route in ROUTES if route.pattern == f"api/v1/{resource}/bulk")
    for name in (*view.spec.fields, "attributes"):
        rows = [base | {"external_id": f"{name}{place}", name: value} for place, value in enumerate(HOSTILE)]
        if resource in ("services", "signals"):
            rows = [{key: row[key] for key in row if key != "external_id"} for row in rows]
        answer = root.post(f"{resource}/bulk", {"rows": rows})
        assert answer.status_code == 200, (name, answer.content)
        assert answer.json()["rejected"] > 10
        assert root.get(f"{resource}?limit=100").status_code == 200, "no list is broken by what was stored"


def test_strange_values_in_what_is_no_row_are_refused_or_stored_as_they_are(root, own):
    survey, contact = factories.published_survey(), factories.contact(own)
    least = {"title": "T", "questions": [factories.NPS]}
    bases = {
        ("POST", "surveys"): least | {"intro": "", "languages": ["en"], "programme": "general"},
        ("PUT", f"surveys/{survey.pk}/definition"): least | {"thank_you": "", "language": "en"},
        ("POST", "invitations"): {"survey": survey.pk, "contact": contact.pk, "expires_at": None},
        ("POST", "responses"): {
            "survey": survey.pk,
            "submission_key": "k",
            "answers": {"nps": 9},
            "contact": contact.pk,
            "language": "en",
        },
    }
    for (method, path), base in bases.items():
        for name in base:
            for value in HOSTILE:
                accepts_or_refuses(root.call(method, path, base | {name: value}), path, name, value)
    for path in ("surveys", "invitations", "responses", f"surveys/{survey.pk}/definition"):
        assert root.get(path).status_code == 200, "no list is broken by what was stored"
