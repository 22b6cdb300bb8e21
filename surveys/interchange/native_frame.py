"""Reads what a native JSON document says around its questions: pages, endings, look, hidden fields. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from surveys.definition import ASKS, Ending, Page, Question
from surveys.interchange.native_questions import MAX_QUESTIONS
from surveys.interchange.native_reader import KEY, NativeReader
from surveys.themes import ThemeRefused, check_theme

MAX_TITLE, MAX_ENDINGS, MAX_HIDDEN, MAX_URL = 200, 50, 50, 2000
PAGE_NAMES = {"number", "title", "show_if"}
ENDING_NAMES = {"key", "text", "show_if", "redirect_url", "ask"}
# Nothing of an address may depend on who answers, nor be read differently by a browser than by us.
PLAIN_URL = re.compile(r"https://[A-Za-z0-9.-]+(:[0-9]{1,5})?([/?#][!#$%&'()*+,\-./0-9:;=?@A-Za-z_~\[\]]*)?")


def read_pages(reader: NativeReader, value: object, questions: Sequence[Question]) -> Iterator[Page]:
    """Yield the pages that have a title or a condition; a condition refers to earlier pages only."""
    if not isinstance(value, list):
        reader.fault("pages", "must be a list of pages")
        return
    numbers = {question.page for question in questions}
    before = 0
    for item in value:
        if not isinstance(item, Mapping):
            reader.fault("pages", "must be a list of JSON objects")
            continue
        reader.names("pages", item, PAGE_NAMES)
        number = reader.whole_number("pages", "number", item.get("number"), 1, MAX_QUESTIONS)
        place = f"page {number}"
        if number <= before:
            reader.fault(place, "must come once, in the order of the numbers")
        if number not in numbers:
            reader.fault(place, "has no question")
        before = max(before, number)
        earlier = {question.key: question for question in questions if question.page < number}
        page = Page(
            number,
            reader.text(f"{place} title", item.get("title"), MAX_TITLE),
            reader.show_if(place, item.get("show_if"), earlier),
        )
        if page.title or page.show_if is not None:
            yield page


def read_endings(reader: NativeReader, value: object, questions: Sequence[Question]) -> Iterator[Ending]:
    """Yield the endings in the order in which their conditions are tried."""
    if not isinstance(value, list) or len(value) > MAX_ENDINGS:
        reader.fault("endings", f"must be a list of at most {MAX_ENDINGS}")
        return
    by_key = {question.key: question for question in questions}
    seen: set[str] = set()
    for number, item in enumerate(value, start=1):
        key = reader.key(f"ending {number}", item)
        if key is None:
            continue
        place = f"ending {key}"
        reader.names(place, item, ENDING_NAMES)
        if key in seen:
            reader.fault(place, "has the same key as an earlier ending")
        seen.add(key)
        text = reader.text(f"{place} text", item.get("text"))
        url = _redirect_url(reader, place, item.get("redirect_url", ""))
        if not text and not url:
            reader.fault(place, "has neither a text nor an address to go on to")
        yield Ending(
            key,
            text,
            reader.show_if(place, item.get("show_if"), by_key),
            url,
            reader.word(f"{place} ask", item.get("ask", ""), ASKS),
        )


def _redirect_url(reader: NativeReader, place: str, value: object) -> str:
    if value == "":
        return ""
    if isinstance(value, str) and is_redirect_url(value):
        return value
    reader.fault(place, "redirect_url must be an address that begins with https://, without placeholders")
    return ""


def is_redirect_url(value: str) -> bool:
    """Whether the address is a plain https one on a named host, which no browser reads in a second way."""
    if len(value) > MAX_URL or not PLAIN_URL.fullmatch(value):
        return False
    try:
        parts = urlsplit(value)
        return bool(parts.hostname and parts.hostname.strip(".-")) and (parts.port or 443) > 0
    except ValueError:
        return False


def read_hidden(reader: NativeReader, value: object) -> tuple[str, ...]:
    """Return the names of the fields that a link may carry."""
    if (
        not isinstance(value, list)
        or len(value) > MAX_HIDDEN
        or not all(isinstance(name, str) and KEY.fullmatch(name) for name in value)
    ):
        reader.fault(
            "hidden", f"must be a list of at most {MAX_HIDDEN} names of lower-case letters, digits and _"
        )
        return ()
    return tuple(dict.fromkeys(value))


def read_theme(reader: NativeReader, value: object) -> dict[str, str]:
    """Return how the survey looks."""
    try:
        return check_theme(value)
    except ThemeRefused as refused:
        reader.fault("theme", str(refused))
        return {}
