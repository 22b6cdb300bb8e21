"""What customers wrote: the themes, and some of the newest words of the unhappy and the happy."""

from collections.abc import Iterable, Iterator

from django.urls import reverse

from accounts.models import User, Viewer
from accounts.rights import may_read
from followups.reports.book import Book
from followups.reports.leading import for_reader, page_for
from followups.reports.report import Quote, Row, Section, Table
from followups.reports.words import several
from metrics.measures.comments import newest_comments
from metrics.measures.themes import Theme, Themes, themes
from metrics.measures.voices import NEWEST, Mood, Voice
from metrics.templatetags.figures import money, scores_in_words
from metrics.templatetags.names import theme_name

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
        count = several(found.comments, "comment")
        sentence = f"{count} came in; what each is about was read by machine."
        yield Section(
            "What they write about",
            [sentence, *found.notes],
            table=_ranked(book, found),
            leads={count: _comments(book)},
        )
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
        scores=scores_in_words(voice.given),
        who=", ".join(filter(None, who)) or "Anonymous",
        mood=voice.mood.value,
        path=voice.account.get_absolute_url() if voice.account else "",
        whole=_whole(voice, viewer),
    )


def _whole(voice: Voice, viewer: Viewer) -> str:
    """Return where a response is read whole, "" of what was said in confidence, which nobody does."""
    if voice.is_confidential or not isinstance(viewer, User):
        return ""
    return for_reader(viewer, "response", reverse("response", args=[voice.response.public_id]))


def _comments(book: Book, **asked: str) -> str:
    """Return where the comments of the month are read, of a theme and a mood if wanted."""
    return page_for(book.viewer, "comments", book.month, "comments", **asked)


def _ranked(book: Book, found: Themes) -> Table:
    pays = book.viewer.sees_revenue
    rows = [
        Row(
            (
                theme_name(each.name),
                f"{each.comments:,}",
                f"{each.negative:,}",
                f"{each.accounts:,}",
                *((money(each.arr),) if pays else ()),
            ),
            path=_comments(book, theme=each.name),
            leads=_of_theme(book, each),
        )
        for each in found.themes[:THEMES]
    ]
    columns = ("Theme", "Comments", "Negative", "Accounts", *(("ARR of these",) if pays else ()))
    return Table(columns, rows, more=max(0, len(found.themes) - THEMES), whole=_comments(book))


def _of_theme(book: Book, theme: Theme) -> dict[str, str]:
    """Return where the counts of a theme lead, by their columns; a count of nothing leads nowhere."""
    of = {"theme": theme.name}
    counted = {
        "Comments": (theme.comments, of),
        "Negative": (theme.negative, {**of, "mood": "negative"}),
        "Accounts": (theme.accounts, of),
        "ARR of these": (theme.arr, {**of, "order": "arr"}),
    }
    return {column: _comments(book, **asked) for column, (count, asked) in counted.items() if count}
