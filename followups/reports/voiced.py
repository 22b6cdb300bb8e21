"""What customers wrote: the themes, and some of the newest words of the unhappy and the happy."""

from collections.abc import Iterable, Iterator

from accounts.models import Viewer
from accounts.rights import may_read
from followups.reports.book import Book
from followups.reports.report import Quote, Row, Section, Table
from followups.reports.words import several
from metrics.measures.comments import newest_comments
from metrics.measures.themes import Themes, themes
from metrics.measures.voices import NEWEST, Mood, Voice
from metrics.templatetags.figures import money

QUOTES = 3
THEMES = 5
LONGEST = 400


def voiced(book: Book) -> Iterator[Section]:
    """Yield themes and quotes of the month; nothing for who may not read responses."""
    if not may_read(book.viewer, "responses"):
        return
    scope = book.scope.between(*book.month)
    pays = book.viewer.sees_revenue
    arr = book.paid.arr_now if pays else None
    found = themes(scope, arr=arr, promised=book.confidential)
    if found.comments:
        sentence = f"{several(found.comments, 'comment')} came in; what each is about was read by machine."
        yield Section("What they write about", [sentence, *found.notes], table=_ranked(found, scope.viewer))
    heard = newest_comments(scope, NEWEST, promised=book.confidential, known=book.answers.settings)
    for heading, mood in (("Unhappy voices", Mood.UNHAPPY), ("Happy voices", Mood.HAPPY)):
        chosen = [voice for voice in heard if voice.mood is mood][:QUOTES]
        yield Section(heading, quotes=quotes_of(chosen, scope.viewer))


def quotes_of(voices: Iterable[Voice], viewer: Viewer) -> list[Quote]:
    """Return responses as quotes, without whom the viewer may not know of."""
    return [_quote(voice, viewer) for voice in voices]


def _quote(voice: Voice, viewer: Viewer) -> Quote:
    who = [voice.contact.name if voice.contact and viewer.sees_people else "", str(voice.account or "")]
    words = " … ".join(voice.words)
    return Quote(
        words=words if len(words) <= LONGEST else f"{words[:LONGEST].rstrip()} …",
        scores=", ".join(f"{each.label} {each.value}/{each.highest}" for each in voice.given),
        who=", ".join(filter(None, who)) or "Anonymous",
        mood=voice.mood.value,
        path=voice.account.get_absolute_url() if voice.account else "",
    )


def _ranked(found: Themes, viewer: Viewer) -> Table:
    pays = viewer.sees_revenue
    rows = [
        Row(
            (
                each.name,
                f"{each.comments:,}",
                f"{each.negative:,}",
                f"{each.accounts:,}",
                *((money(each.arr),) if pays else ()),
            )
        )
        for each in found.themes[:THEMES]
    ]
    columns = ("Theme", "Comments", "Negative", "Accounts", *(("ARR of these",) if pays else ()))
    return Table(columns, rows, more=max(0, len(found.themes) - THEMES))
