"""Bodies, paths, queries and headers that no browser sends: a clear page, nothing stored, never a 500."""

from urllib.parse import quote

import pytest
from django.test import Client
from django.utils import timezone

from surveys.actions.outreach import create_invitation
from surveys.models import Response
from tests.factories import CSAT, NPS, WHY, account, contact, published_survey
from tests.surveys.respondent import Respondent, open_link

pytestmark = pytest.mark.django_db
URLENCODED = "application/x-www-form-urlencoded"
CHOICES = [
    {"key": "price", "text": "Price"},
    {"key": "speed", "text": "Speed"},
    {"key": "none", "text": "None of these", "is_exclusive": True},
    {"key": "else", "text": "Something else", "is_other": True},
]
QUESTIONS = [
    {**NPS, "required": True},
    CSAT,
    {"key": "one", "kind": "single_choice", "text": "?", "choices": CHOICES[:2]},
    {"key": "many", "kind": "multiple_choice", "text": "?", "choices": CHOICES, "settings": {"max_picks": 2}},
    {"key": "line", "kind": "short_text", "text": "?", "settings": {"max_length": 20}},
    {**WHY, "settings": {"max_length": 50}},
]


def multipart(*parts: bytes) -> tuple[bytes, str]:
    sent = b"".join(b"--x\r\nContent-Disposition: form-data; " + part + b"\r\n" for part in parts)
    return sent + b"--x--\r\n", "multipart/form-data; boundary=x"


@pytest.fixture
def door():
    return open_link(published_survey(QUESTIONS))


def post(path, body, content_type=URLENCODED, **environ):
    client = Client(raise_request_exception=False)
    # The client leaves both out of a request without a body.
    own = {"CONTENT_TYPE": content_type, "CONTENT_LENGTH": str(len(body))}
    return client.generic("POST", path, body, **{**own, **environ})


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nps=",
        b"nps=+",
        b"nps=11",
        b"nps=-1",
        b"nps=9.5",
        b"nps=9e0",
        b"nps=1e400",
        b"nps=NaN",
        b"nps=Infinity",
        b"nps=true",
        b"nps=null",
        b"nps=[9]",
        b"nps=0x9",
        b"nps=+9+",
        b"nps=009999999999999999999",
        b"nps=2147483648",
        b"nps=9223372036854775808",
        b"nps=" + b"9" * 5000,
        b"nps=" + "９".encode(),
        b"nps=" + quote("٩").encode(),
        b"nps=9&nps=3",
        b"nps=9&csat=0",
        b"nps=9&csat=6",
        b"nps=9&one=banana",
        b"nps=9&one=else",
        b"nps=9&one=price&one=speed",
        b"nps=9&one=PRICE",
        b"nps=9&many=banana",
        b"nps=9&many=price&many=price",
        b"nps=9&many=price&many=none",
        b"nps=9&many=price&many=speed&many=else",
        b"nps=9&" + b"&".join([b"many=price"] * 1500),
        b"nps=9&many=else&many.other=" + b"x" * 301,
        b"nps=9&line=" + b"x" * 21,
        b"nps=9&why=" + b"x" * 51,
        b"nps=9&line=a%01b",
        b"nps=9&why=%1b%5b31m",
        b"nps=9&why=%7f",
        b"{}",
        b'{"nps": 9}',
        b"nps",
        b"=9",
        b"&&&",
        b"%",
        b"NPS=9",
        b"nps[]=9",
        b"nps%5b%5d=9",
        b"nps.0=9",
    ],
)
def test_answers_that_the_questions_do_not_allow_come_back_with_their_faults(door, body):
    page = post(door, body)
    assert page.status_code == 400
    assert 'class="box problems"' in page.content.decode()
    assert Response.objects.count() == 0


@pytest.mark.parametrize(
    "body",
    [
        b"nps=9&why=%00",
        b"nps=9&why=a\x00b",
        b"nps=9&%00=1",
        b"nps=9&why=%ff",
        b"nps=9&why=\xff",
        b"nps=9&why=%ed%a0%80",
        b"nps=9&why=%c0%80",
        b"nps=9&why=%f8%88%80%80%80",
        b"nps=9&%ff=1",
        b"nps=9" + b"&a=1" * 2000,
        b"nps=9&_key=short",
        b"nps=9&_key=" + b"k" * 65,
        b"nps=9&_key=" + quote("é" * 20).encode(),
        b"nps=9&_key=../../../../etc/passwd",
        b"nps=9&_version=1%20or%201=1",
        b"nps=9&_version=" + b"9" * 400,
        b"nps=9&_page=2",
        b"nps=9&_page=" + b"9" * 19,
    ],
)
def test_what_cannot_be_read_is_refused_whole(door, body):
    page = post(door, body)
    assert page.status_code == 400
    assert "We could not read that" in page.content.decode()
    assert Response.objects.count() == 0


@pytest.mark.parametrize(
    ("environ", "content_type", "status"),
    [
        ({}, "application/json", 415),
        ({}, "text/plain", 415),
        ({}, "", 415),
        ({}, "application/x-www-form-urlencoded; charset=utf-16", 415),
        ({}, "application/x-www-form-urlencoded; charset=latin-1", 415),
        ({}, "multipart/form-data", 400),
        ({}, "multipart/mixed; boundary=x", 415),
        ({"HTTP_CONTENT_ENCODING": "gzip"}, URLENCODED, 415),
        ({"HTTP_CONTENT_ENCODING": "br"}, URLENCODED, 415),
        ({"CONTENT_LENGTH": ""}, URLENCODED, 411),
        ({"CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked"}, URLENCODED, 411),
        ({"CONTENT_LENGTH": "x"}, URLENCODED, 400),
        ({"CONTENT_LENGTH": "-1"}, URLENCODED, 400),
        ({"CONTENT_LENGTH": str(256 * 1024 + 1)}, URLENCODED, 413),
        ({"CONTENT_LENGTH": "9" * 400}, URLENCODED, 400),
        ({"HTTP_SEC_FETCH_SITE": "cross-site"}, URLENCODED, 403),
        ({"HTTP_ORIGIN": "https://evil.example"}, URLENCODED, 403),
        ({"HTTP_ORIGIN": "http://localhost.evil.example"}, URLENCODED, 403),
        ({"HTTP_ORIGIN": "http://[::1"}, URLENCODED, 403),
        ({"HTTP_HOST": "evil.example"}, URLENCODED, 400),
    ],
)
def test_requests_that_are_no_form_of_ours_are_refused(door, environ, content_type, status):
    page = post(door, b"nps=9", content_type, **environ)
    assert page.status_code == status
    assert Response.objects.count() == 0
    assert post(door, b"nps=9").status_code == 302


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"HTTP_ORIGIN": "null", "HTTP_SEC_FETCH_SITE": "same-origin"},
        {"HTTP_ORIGIN": "http://localhost", "HTTP_SEC_FETCH_SITE": "same-origin"},
        {"HTTP_ORIGIN": "http://testserver", "HTTP_HOST": "testserver"},
        {"HTTP_SEC_FETCH_SITE": "none"},
        {"HTTP_CONTENT_ENCODING": "identity"},
    ],
)
def test_our_own_page_is_let_in(door, environ):
    assert post(door, b"nps=9", f"{URLENCODED}; charset=UTF-8", **environ).status_code == 302


def test_a_body_of_exactly_the_cap_is_read_and_one_byte_more_is_not(door):
    body = b"nps=9&ignored="
    cap = 256 * 1024
    assert post(door, body + b"x" * (cap - len(body))).status_code == 302
    page = post(door, body + b"x" * (cap - len(body) + 1))
    assert page.status_code == 413
    assert "That was too much at once" in page.content.decode()


@pytest.mark.parametrize(
    ("parts", "status"),
    [
        ([b'name="nps"\r\n\r\n9'], 302),
        (
            [b'name="nps"\r\n\r\n9', b'name="why"; filename="a"\r\nContent-Type: text/plain\r\n\r\nhi'],
            302,
        ),
        ([b'name="nps"\r\n\r\n11'], 400),
        ([b'name="nps"\r\n\r\n9', b'name="why"\r\n\r\n\x00'], 400),
        ([b'name="nps"\r\n\r\n9', b'name="why"\r\n\r\n\xff'], 400),
        ([b'name="nps"\r\n\r\n9', b'name="why"\r\nContent-Transfer-Encoding: base64\r\n\r\nAA=='], 400),
        ([b'name="nps"\r\n\r\n9', b"name*=utf-8''a%00b\r\n\r\n1"], 400),
        ([b'name="nps"\r\n\r\n9', b"name*=nonsense''a\r\n\r\n1"], 302),
        ([b'name="nps"\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!'], 400),
        ([b'name="nps"\r\n\r\n9', *([b'name="a"\r\n\r\n1'] * 5001)], 400),
    ],
)
def test_a_multipart_form_is_read_with_the_same_limits(door, parts, status):
    body, content_type = multipart(*parts)
    assert post(door, body, content_type).status_code == status
    assert Response.objects.count() == (status == 302)


@pytest.mark.parametrize("body", [b"", b"--x", b"--x\r\n", b"--x\r\n\r\n9\r\n--x--", b"no boundary at all"])
def test_a_broken_multipart_body_is_no_answer(door, body):
    assert post(door, body, "multipart/form-data; boundary=x").status_code == 400


def test_an_uploaded_file_is_not_an_answer(door):
    body, content_type = multipart(
        b'name="nps"\r\n\r\n9', b'name="why"; filename="../../x"\r\nContent-Type: text/html\r\n\r\n<script>'
    )
    assert post(door, body, content_type).status_code == 302
    assert Response.objects.get().answers == {"nps": 9}


@pytest.mark.parametrize(
    "path",
    [
        "/s/a%00b/",
        "/r/a%00b/",
        "/s/a%00b/thanks/",
        "/s/%ff/",
        "/r/%ed%a0%80/",
        "/s/" + "x" * 5000 + "/",
        "/r/" + "x" * 5000 + "/",
        "/s/..%2f..%2fadmin/",
        "/s/%F0%9F%90%88/",
        "/s/'%20or%201=1/",
        "/r//",
        "/s/",
        "/r/",
    ],
)
def test_a_path_that_is_no_link_is_not_found(path):
    client = Client(raise_request_exception=False)
    assert client.get(path).status_code in (400, 404)
    assert post(path, b"nps=9").status_code in (400, 404)


@pytest.mark.parametrize(
    "query", ["?q=%00", "?%00", "?nps=%00", "?nps=%ff", "?nps=%ed%a0%80", "?" + "a=1&" * 2500]
)
def test_a_query_that_cannot_be_read_is_refused(door, query):
    client = Client(raise_request_exception=False)
    for path in (door, f"{door}thanks/"):
        assert client.get(path + query).status_code == 400


@pytest.mark.parametrize(
    "query", ["?nps=" + "9" * 5000, "?nps=1e999999", "?nps=9&nps=3", "?lang=%F0%9F%90%88", "?next=//evil"]
)
def test_a_query_that_means_nothing_is_passed_over(door, query):
    page = Client().get(door + query)
    assert page.status_code == 200
    assert " checked" not in page.content.decode()


@pytest.mark.parametrize(
    "query",
    ["?redirect_url=//evil", "?next=https:evil", "?next=%0d%0aLocation:%20//evil", "?lang=%0d%0aX-Evil:1"],
)
def test_nothing_in_a_request_says_where_it_leads(query):
    survey = published_survey(QUESTIONS, languages=["en", "de"])
    page = post(open_link(survey) + query, b"nps=9&_language=de%0d%0aX:1&next=//evil&redirect_url=//evil")
    assert page.status_code == 302
    assert page["Location"] == f"{open_link(survey)}thanks/?lang=en"
    assert "X-Evil" not in page.headers


def test_a_personal_link_is_guarded_by_the_same_rules():
    survey = published_survey(QUESTIONS)
    _, link = create_invitation(survey, contact(account()), now=timezone.now())
    path = "/r/" + link.rpartition("/r/")[2]
    for body, status in ((b"nps=11", 400), (b"nps=9&why=%00", 400), (b"nps=9&_version=1e9", 400)):
        assert post(path, body).status_code == status
    assert post(path, b"nps=9", "application/json").status_code == 415
    assert post(path, b"nps=9", HTTP_SEC_FETCH_SITE="cross-site").status_code == 403
    assert Response.objects.count() == 0
    assert Respondent(path).open().send(nps="9").status_code == 302


def test_words_in_every_script_and_direction_are_kept_as_they_are(door):
    words = "\u202eevil\u202c \U0001f469\u200d\U0001f467 \ufdfd \u200f\u05e9\u200e"
    respondent = Respondent(door).open()
    assert respondent.send(nps="9", why=words).status_code == 302
    assert Response.objects.get().answers["why"] == words
