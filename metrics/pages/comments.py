"""What customers wrote, across surveys: searched in every language, by theme, mood, account and revenue."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, NamedTuple

from django.contrib import admin
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from accounts.admin.visibility import user_of
from accounts.interchange.datasets import Column, Dataset, Type, Value
from accounts.interchange.writers import FORMATS
from accounts.models import User
from metrics.actions.handed_out import record_comments
from metrics.formulas.money import to_cents
from metrics.measures.comments import (
    MOST_FOUND,
    Cursor,
    Said,
    Wanted,
    comments_of,
    largest_first,
    newest_first,
    told,
)
from metrics.measures.confidentiality import confidential_surveys
from metrics.measures.memory import CONTRACTS, remembered
from metrics.measures.revenue import Arr, arr_at_end
from metrics.measures.scope import Scope
from metrics.measures.themes import MOST_COMMENTS, Themes, themes
from metrics.models import Comment
from metrics.models.search import Sought
from metrics.pages.filters import UNSAID, Filters, account_named, read_filters

# With whatever a page is narrowed by that counts comments.
NARROWED_BY = (
    *("programme", "survey", "segment", "tier", "region", "country", "industry"),
    *("owner", "team", "language"),
)
PAGE, CHUNK = 20, 500
LONGEST_SEARCH = 200
LARGEST_FIRST = "arr"
MOODS = tuple(Comment.Mood)


class Asked(NamedTuple):
    """What the address asks for: filters, what is looked for, whether the largest accounts come first."""

    filters: Filters
    wanted: Wanted
    scope: Scope
    faults: tuple[str, ...]
    is_by_arr: bool
    after: Cursor | None


class Counted(NamedTuple):
    """How many of the comments that are wanted are counted, of a theme also the accounts and their ARR."""

    comments: int
    accounts: int = 0
    arr: Decimal | None = None


def comments(request: HttpRequest) -> TemplateResponse:
    """Show the comments that the address asks for, a page at a time, and what they are about."""
    asked = _read(request)
    scope, wanted = asked.scope, asked.wanted
    arr = remembered(arr_at_end, scope, CONTRACTS) if scope.viewer.sees_revenue else None
    promised = confidential_surveys(scope)
    ranks = bool(asked.is_by_arr and arr)
    # Beside the comments of its account, what was said in confidence would tell whose it is.
    rows = comments_of(
        scope, wanted, with_promised=not ranks, promised=promised, most=PAGE, names_accounts=not ranks
    )
    if asked.is_by_arr and arr:
        found, after = largest_first(rows, _ranked(arr), asked.after, PAGE)
    else:
        found, after = newest_first(rows, asked.after, PAGE)
    most = MOST_FOUND if wanted.words else MOST_COMMENTS
    about = themes(scope, wanted.of_any, most=most, arr=arr, promised=promised)
    is_narrowed = bool(replace(wanted, sought=None) != Wanted() or scope.account or asked.filters.is_narrowed)
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": "Comments",
        "filters": asked.filters,
        "faults": asked.faults,
        "wanted": wanted,
        "account": scope.account,
        "is_by_arr": asked.is_by_arr,
        "sees_revenue": arr is not None,
        "sees_responses": request.user.has_perm("surveys.view_response"),
        "said": told(scope, found, wanted.words, arr.by_account if arr else None, promised),
        "about": about,
        "is_narrowed": is_narrowed,
        "is_of_some": wanted != wanted.of_any,
        "is_bare": not (found or about.comments or is_narrowed or asked.after or asked.faults),
        "counted": _counted(about, wanted),
        "lists_promised": promised and not scope.is_narrowed and not ranks,
        "moods": [(mood, about.moods.get(mood, 0)) for mood in MOODS],
        # As text: the address would list the parts of a tuple one by one.
        "after": str(after) if after else None,
        "is_later_page": asked.after is not None,
        "most": most,
        "export": reverse("comments_export"),
        "searched": [(name, value) for name, value in request.GET.items() if name not in ("q", "after")],
    }
    return TemplateResponse(request, "metrics/comments.html", context)


def _counted(about: Themes, wanted: Wanted) -> Counted | None:
    """Return how many of the comments that are counted are wanted, None where nothing is counted."""
    if not about.comments:
        return None
    if wanted.without_theme:
        return Counted(_of_mood(about.bare_moods, wanted, about.without_theme))
    if not wanted.theme:
        return Counted(_of_mood({**about.moods, "": about.without_mood}, wanted, about.comments))
    of = next((theme for theme in about.themes if theme.name == wanted.theme), None)
    if of is None:
        return Counted(0)
    if wanted.mood or wanted.without_mood:
        return Counted(getattr(of, wanted.mood or "without_mood"))
    return Counted(of.comments, of.accounts, of.arr)


def _of_mood(moods: Mapping[str, int], wanted: Wanted, together: int) -> int:
    return moods.get(wanted.mood, 0) if wanted.mood or wanted.without_mood else together


def comments_export(request: HttpRequest) -> HttpResponseBase:
    """Return the comments that the address asks for as a file, the newest first, and put that on record."""
    asked = _read(request)
    kind = "xlsx" if request.GET.get("format") == "xlsx" else "csv"
    format_ = FORMATS[kind]
    response = StreamingHttpResponse(format_.write(_dataset(request, asked)), content_type=format_.media_type)
    response["Content-Disposition"] = f'attachment; filename="comments.{kind}"'
    response["Cache-Control"] = "no-store"
    record_comments(by=user_of(request), kind=kind)
    return response


def _read(request: HttpRequest) -> Asked:
    filters = read_filters(request, *NARROWED_BY)
    scope, faults = filters.scope, []
    mood, theme = request.GET.get("mood", ""), request.GET.get("theme", "")
    words, company = (request.GET.get(name, "").strip() for name in ("q", "company"))
    without_theme, without_mood = theme == UNSAID, mood == UNSAID
    if mood and mood not in (*MOODS, UNSAID):
        faults.append(f"There is no mood “{mood[:60]}”: left out.")
        mood = ""
    if max(len(words), len(company)) > LONGEST_SEARCH:
        faults.append(f"A search has at most {LONGEST_SEARCH} characters: the rest is left out.")
    words, company = words[:LONGEST_SEARCH], company[:LONGEST_SEARCH]
    account = account_named(scope.viewer, request.GET.get("account", ""))
    if request.GET.get("account") and account is None:
        faults.append("There is no such account in what you see: left out.")
    return Asked(
        filters,
        Wanted(
            words=words,
            sought=Sought.of(words) if words else None,
            theme="" if without_theme else theme[:60],
            mood="" if without_mood else mood,
            without_theme=without_theme,
            without_mood=without_mood,
            company=company,
        ),
        replace(scope, account=account),
        tuple(faults),
        is_by_arr=request.GET.get("order") == LARGEST_FIRST and scope.viewer.sees_revenue,
        after=Cursor.read(request.GET.get("after", "")),
    )


def _ranked(arr: Arr) -> list[int]:
    """Return the accounts that pay, the largest first."""
    paid = [(value, account) for account, value in arr.by_account.items() if value]
    return [account for _, account in sorted(paid, key=lambda pair: (-pair[0], pair[1]))]


def _dataset(request: HttpRequest, asked: Asked) -> Dataset:
    viewer = asked.scope.viewer
    if not isinstance(viewer, User):
        raise TypeError("pages are behind the login")
    columns = [
        Column("day", Type.DATE, "Day"),
        Column("survey", label="Survey"),
        Column("question", label="Question"),
        Column("comment", label="Comment"),
        Column("language", label="Language"),
        Column("mood", label="Mood"),
        Column("themes", label="Themes"),
        Column("scores", label="Scores"),
        Column("response", label="Response"),
        Column("account", label="Account (external id)"),
        Column("account_name", label="Account"),
        *([Column("contact_name", label="Contact")] if viewer.sees_people else []),
        *([Column("arr", Type.NUMBER, "Annual recurring revenue")] if viewer.sees_revenue else []),
    ]
    return Dataset(name="Comments", columns=columns, rows=_rows(asked, viewer))


def _rows(asked: Asked, viewer: User) -> Iterator[list[Value]]:
    scope, after = asked.scope, None
    arr = arr_at_end(scope) if viewer.sees_revenue else None
    promised = confidential_surveys(scope)
    rows = comments_of(scope, asked.wanted, promised=promised, most=CHUNK)
    while True:
        found, after = newest_first(rows, after, CHUNK)
        for each in told(scope, found, "", arr.by_account if arr else None, promised):
            yield [*_cells(each), *_of_whom(each, viewer)]
        if after is None:
            return


def _cells(each: Said) -> list[Value]:
    comment = each.comment
    return [
        comment.day.replace(day=1) if each.is_confidential else comment.day,
        each.response.survey.slug,
        comment.question_key,
        comment.text,
        comment.language,
        comment.mood,
        "; ".join(comment.themes),
        "; ".join(f"{given.label} {given.value}/{given.highest}" for given in each.given),
    ]


def _of_whom(each: Said, viewer: User) -> list[Value]:
    account, contact = each.account, each.contact
    return [
        None if each.is_confidential else str(each.response.public_id),
        account.external_id if account else None,
        account.name if account else None,
        *([contact.name if contact else None] if viewer.sees_people else []),
        *([to_cents(each.arr)] if viewer.sees_revenue else []),
    ]
