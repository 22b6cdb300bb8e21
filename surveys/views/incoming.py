"""What a respondent's request brings in, read with limits; what breaks one raises RequestRefused."""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO
from urllib.parse import parse_qsl, urlsplit

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParser, MultiPartParserError
from django.http.request import UnreadablePostError

from surveys.views.traces import FASTEST, read_stamp

MAX_BODY = 256 * 1024
MAX_FIELDS = 2000
LONGEST_VISIT = timedelta(days=1)
SUBMISSION_KEY = re.compile(r"[A-Za-z0-9_-]{16,64}")
UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")
NUMBER = re.compile(r"[0-9]{1,18}")
# What the form's buttons send as `_go`, and what the script does: to keep what was answered so far without
# turning the page, and to go on with what was begun on this device.
BACK = "back"
SWITCH = "language-"
SAVE = "save"
RESUME = "resume"
# A field that people never see; programs that fill in whatever there is fill it in too.
HONEYPOT = "_homepage"

Fields = Mapping[str, Sequence[str]]


class RequestRefused(Exception):
    """A request that is not read; `phrase` begins the names of the words that say so."""

    def __init__(self, status: int, phrase: str = "broken") -> None:
        super().__init__(f"{status} {phrase}")
        self.status = status
        self.phrase = phrase


@dataclass(frozen=True, slots=True)
class Form:
    """A sent page: its question fields, and the system fields that begin with `_`.

    `page` is None for a form that holds the whole survey, `shown` for one that does not say what it showed.
    `language` is the one to go on in; `go` says what the person or the script wants done with the page.
    """

    fields: Fields
    key: str
    version_id: int | None
    language: str
    page: int | None
    shown: frozenset[str] | None
    go: str
    is_scripted: bool
    started_at: datetime
    is_stamped: bool = False
    is_change: bool = False
    is_limited: bool = False
    is_placed: bool = False

    def flags(self, now: datetime) -> tuple[str, ...]:
        """Return what speaks against a person having sent this: never a reason to refuse it."""
        signs = {
            "honeypot": any(value.strip() for value in self.fields.get(HONEYPOT, ())),
            "no_page": not self.is_stamped,
            "fast": self.is_stamped and now - self.started_at < FASTEST,
        }
        return tuple(sign for sign, is_there in signs.items() if is_there)

    @property
    def is_switch(self) -> bool:
        """Whether a person just chose another language."""
        return self.go.startswith(SWITCH)


def new_submission_key() -> str:
    """Return 128 random bits that name one submission (SECURITY §5.1)."""
    return secrets.token_urlsafe(16)


def refuse_cross_site(request: HttpRequest) -> None:
    """Refuse a form that another site's page sends. Our own may say `Origin: null`: it sends no referrer."""
    if request.META.get("HTTP_SEC_FETCH_SITE") == "cross-site":
        raise RequestRefused(403, "elsewhere")
    origin = request.META.get("HTTP_ORIGIN", "null")
    if origin != "null" and origin.partition("://")[2] not in (
        request.get_host(),
        urlsplit(settings.PUBLIC_BASE_URL).netloc,
    ):
        raise RequestRefused(403, "elsewhere")


def read_page(request: HttpRequest, *, now: datetime) -> Form:
    """Return the form that the request's body holds. Raises RequestRefused."""
    return form_of(read_body(request), now=now)


def form_of(fields: Fields, *, now: datetime) -> Form:
    """Return the form that the fields make; one without a key is a new submission. Raises RequestRefused."""

    def system(name: str) -> str | None:
        values = fields.get(name)
        return values[0] if values else None

    key = system("_key") or new_submission_key()
    if not SUBMISSION_KEY.fullmatch(key):
        raise RequestRefused(400)
    go = system("_go") or ""
    started = read_stamp(system("_started") or "")
    switched = go.removeprefix(SWITCH) if go.startswith(SWITCH) else ""
    page = _number(system("_page"))
    shown = system("_shown")
    return Form(
        fields=fields,
        key=key,
        version_id=_number(system("_version")),
        language=switched or system("_language") or "",
        page=None if page is None else page - 1,
        shown=None if shown is None else frozenset(shown.split()),
        go=go,
        is_scripted=system("_script") is not None,
        started_at=now if started is None else min(max(started, now - LONGEST_VISIT), now),
        is_stamped=started is not None,
        is_change=system("_change") is not None and go != SAVE,
        is_limited=system("_limited") is not None,
        is_placed=system("_in") is not None,
    )


def read_query(request: HttpRequest) -> Fields:
    """Return the fields of the query string. Raises RequestRefused."""
    # WSGI hands over bytes as Latin-1.
    return _parse(_text(request.META.get("QUERY_STRING", "").encode("latin-1")))


def read_body(request: HttpRequest) -> Fields:
    """Return the fields of a form's body, of at most 256 KB. Raises RequestRefused."""
    if request.META.get("HTTP_CONTENT_ENCODING", "identity") not in ("", "identity"):
        raise RequestRefused(415)
    if (request.content_params or {}).get("charset", "utf-8").lower() not in ("utf-8", "utf8"):
        raise RequestRefused(415)
    if request.content_type == "application/x-www-form-urlencoded":
        return _parse(_text(_body(request)))
    if request.content_type == "multipart/form-data":
        return _multipart(request, _body(request))
    raise RequestRefused(415)


def _body(request: HttpRequest) -> bytes:
    declared = request.META.get("CONTENT_LENGTH", "")
    # A chunked body has no length, and reading it without one would be reading nothing.
    if declared == "":
        raise RequestRefused(411)
    if not NUMBER.fullmatch(declared):
        raise RequestRefused(400)
    length = int(declared)
    if length > MAX_BODY:
        raise RequestRefused(413, "large")
    try:
        body = request.read(length)
    except UnreadablePostError:
        raise RequestRefused(400) from None
    if len(body) != length:
        raise RequestRefused(400)
    return body


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise RequestRefused(400) from None


def _parse(encoded: str) -> dict[str, list[str]]:
    # "%00" can stand for nothing but NUL: a literal percent sign is "%25".
    if "%00" in encoded or "\x00" in encoded:
        raise RequestRefused(400)
    try:
        pairs = parse_qsl(encoded, keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except ValueError:
        raise RequestRefused(400) from None
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    return fields


def _multipart(request: HttpRequest, body: bytes) -> dict[str, list[str]]:
    # The parser would put replacements for what is not UTF-8.
    _text(body)
    try:
        posted, _files = MultiPartParser(request.META, BytesIO(body), []).parse()
    except (MultiPartParserError, SuspiciousOperation, LookupError, ValueError):
        raise RequestRefused(400) from None
    fields = {name: [str(value) for value in values] for name, values in posted.lists()}
    texts = [*fields, *(value for values in fields.values() for value in values)]
    if len(texts) > 2 * MAX_FIELDS or any(map(UNSTORABLE.search, texts)):
        raise RequestRefused(400)
    return fields


def _number(raw: str | None) -> int | None:
    """Return the whole number of a system field, None when it is not there. Raises RequestRefused."""
    if raw is None:
        return None
    if not NUMBER.fullmatch(raw):
        raise RequestRefused(400)
    return int(raw)
