"""Where a number on a page leads to: the rows that it is made of."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django import template
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString

from accounts.models import Account
from metrics.formulas.days import trailing
from metrics.measures.backtest import Tested
from metrics.measures.campaigns import Rate
from metrics.measures.measure import Days, Measure, Point
from metrics.measures.query import METRICS
from metrics.measures.renewals import RENEWED
from metrics.measures.sentiment import PERIODS
from metrics.measures.voices import Mood
from metrics.models import Target
from metrics.pages.filters import AGAIN, KNOWN, UNSAID, WINDOW, Field
from metrics.pages.windows import AS_OF
from metrics.templatetags.figures import UNKNOWN, number

# What a list of renewals is asked for by.
LISTED = ("month", "band", "within", "notice", "list", "page", "sort")

register = template.Library()


class Part(NamedTuple):
    """The promoters, passives or detractors of an NPS: how many, how drawn, and where they are listed."""

    name: str
    mood: Mood
    n: int
    behind: str

    @property
    def text(self) -> str:
        """How many of whom: "1 promoter", "40 passives"."""
        return f"{number(self.n)} {self.name if self.n != 1 else self.name.removesuffix('s')}"


@register.filter
def linked(text: str, address: str) -> SafeString:
    """Return a number with a link to its rows, as it is where they have no address or it is unknown."""
    if not address or text == UNKNOWN:
        return conditional_escape(text)
    return format_html('<a href="{}">{}</a>', address, text)


@register.filter
def linked_count(count: int | None, address: str) -> SafeString:
    """Return a count with a link to what it counts, unless that is nothing."""
    return linked(number(count), address if count else "")


@register.simple_tag
def rows_of(measure: Measure, fields: Iterable[Field] = (), **part: object) -> str:
    """Return the address of the rows behind a measure: of its days, and narrowed as its page and part are.

    "" where no page has them: of what is no metric of its own, is unknown, or has no first day.
    """
    return _rows(measure, measure.window, fields, part)


@register.simple_tag
def rows_of_arr(day: date, fields: Iterable[Field] = (), **part: object) -> str:
    """Return the address of the contracts behind what is paid a year on a day, by the `rates` of another."""
    return _address("arr", Days(*trailing(day)), fields, part)


@register.simple_tag
def rows_of_point(point: Point, by: str, fields: Iterable[Field] = (), **part: object) -> str:
    """Return the address of the rows behind one point of a trend: those of its period within the window."""
    measure, days = point.measure, point.measure.window
    if by in PERIODS:
        period = PERIODS[by](point.period)
        days = Days(max(period.start, days.start or period.start), min(period.end, days.end))
    return _rows(measure, days, fields, part)


@register.simple_tag
def rows_of_part(
    measure: Measure, dimension: str, value: str, fields: Iterable[Field] = (), **part: object
) -> str:
    """Return the address of the rows behind a measure of one value of a dimension, "" for those without."""
    return _rows(measure, measure.window, fields, {**part, dimension: value or UNSAID})


@register.simple_tag(takes_context=True)
def accounts_like(context: Mapping[str, Any], **wanted: object) -> str:
    """Return the address of the portfolio narrowed as the page is, and by what is wanted beside that.

    What is wanted of nothing, such as no owner, asks for the accounts without one.
    """
    query = context["request"].GET.copy()
    for name in (*WINDOW, KNOWN):
        query.pop(name, None)
    query.update({name: str(value or UNSAID) for name, value in wanted.items()})
    return f"{_page('portfolio')}?{query.urlencode()}"


@register.simple_tag
def contracts_until(account: Account, day: date) -> str:
    """Return the address of an account's contracts that end on a day."""
    wanted = {"account__id__exact": account.pk, "ends_on_from": day, "ends_on_to": day}
    return f"{reverse('admin:accounts_subscription_changelist')}?{urlencode(wanted)}"


@register.simple_tag
def values_of_signal(account: Account, key: str) -> str:
    """Return the address of what was ever measured of an account under one name."""
    wanted = {"account__id__exact": account.pk, "key": key}
    return f"{reverse('admin:accounts_signal_changelist')}?{urlencode(wanted)}"


@register.simple_tag(takes_context=True)
def renewals_like(context: Mapping[str, Any], **wanted: object) -> str:
    """Return the address of the coming renewals narrowed as the page is, those listed that are wanted.

    A page that is narrowed by nothing, as that of the back-test, says what it has `learnt_from`.
    """
    query = context["request"].GET.copy()
    if "learnt_from" in context:
        query = QueryDict(mutable=True)
        query.update(context["learnt_from"].named)
    for name in (*WINDOW, KNOWN, *LISTED):
        query.pop(name, None)
    query.update({name: str(value or UNSAID) for name, value in wanted.items()})
    return f"{_page('renewals')}?{query.urlencode()}#rows"


@register.simple_tag(takes_context=True)
def tested_like(context: Mapping[str, Any], tested: Tested, **wanted: object) -> str:
    """Return the address of the renewals that a back-test of the page counts, "" where they are not shown."""
    of = context.get("tested_of")
    if of is None:
        return ""
    query = {**of, "score": tested.score, "lead": tested.lead_days, **wanted}
    return (
        f"{_page('backtest_rows')}?{urlencode({name: str(value) for name, value in query.items() if value})}"
    )


@register.simple_tag(takes_context=True)
def responses_like(context: Mapping[str, Any], question: str, pick: str = "", **more: object) -> str:
    """Return the address of the responses to the page's survey that gave an answer, or any to a question.

    `more` says at which `place` of a ranking, or in which `words`.
    """
    asked = {"question": question, "pick": pick, **more}
    return _responses(context, {name: str(value) for name, value in asked.items() if value})


@register.simple_tag(takes_context=True)
def nps_parts(context: Mapping[str, Any], measure: Measure) -> list[Part]:
    """Return the three parts of an NPS, each with the address of its responses or else of its rows."""
    moods = {"promoters": Mood.HAPPY, "passives": Mood.NEUTRAL, "detractors": Mood.UNHAPPY}
    counts = {name: int(measure.beside[name] or 0) for name in moods}
    question = context["results"].headline.question.key if context.get("leads_to_responses") else ""
    rows = context.get("behind", "")

    def behind(name: str) -> str:
        if question:
            return responses_like(context, question, name)
        return rows and f"{rows}&part={name}"

    return [
        Part(name, mood, counts[name], behind(name) if counts[name] else "") for name, mood in moods.items()
    ]


@register.simple_tag(takes_context=True)
def visits_like(context: Mapping[str, Any]) -> str:
    """Return the address of all responses to the page's survey, narrowed as the page is."""
    return _responses(context, {"visits": "all"})


@register.simple_tag(takes_context=True)
def crossed_like(context: Mapping[str, Any], row: str | None = None, column: str | None = None) -> str:
    """Return the address of the responses in a cell, a row or a column of the page's cross-tab, or in all."""
    cell = {"row": row, "column": column}
    asked = {name: value or UNSAID for name, value in cell.items() if value is not None}
    return _responses(context, {"rows": context["rows"].key, "columns": context["columns"].key, **asked})


@register.simple_tag(takes_context=True)
def rated_like(context: Mapping[str, Any], outcome: str, driver: str = "") -> str:
    """Return the address of the responses to the page's survey or programme that rated the outcome.

    Where a driver is named, of those that rated it as well.
    """
    if "survey" not in context:
        query = context["request"].GET.copy()
        query.pop("after", None)
        query["outcome"] = outcome
        if driver:
            query["driver"] = driver
        return f"{reverse('programme_responses', args=[context['programme'].slug])}?{query.urlencode()}"
    return _responses(context, {"rows": outcome, "columns": driver} if driver else {"question": outcome})


@register.simple_tag(takes_context=True)
def comments_like(context: Mapping[str, Any], **wanted: str) -> str:
    """Return the address of the comments narrowed as the page is, and by a theme and a mood if wanted.

    What is wanted of nothing, such as no theme, asks for the comments without one.
    """
    query = context["request"].GET.copy()
    for name in ("theme", "mood", "order", "after", "kind"):
        query.pop(name, None)
    if programme := context.get("programme"):
        query["programme"] = programme.slug
    for name, value in wanted.items():
        query[name] = value or UNSAID
    return f"{reverse('comments')}?{query.urlencode()}#comments"


@register.simple_tag
def listed_like(name: str, **part: object) -> str:
    """Return the address of those behind a count of the page's campaign or audience: one of its lists."""
    return f"?{urlencode({'list': name, **part})}#{'skipped' if name == 'skipped' else 'listed'}"


@register.simple_tag
def listed_part(by: str, rate: Rate) -> str:
    """Return the address of the invitations that a rate is of: those of one segment or subject."""
    return f"?{urlencode({'list': 'asked', by: rate.key or rate.name or UNSAID})}#listed"


@register.simple_tag(takes_context=True)
def silent_accounts(context: Mapping[str, Any]) -> str:
    """Return the address of the portfolio with those that kept silent in the days of the page."""
    chosen = context["filters"].chosen
    return accounts_like(context, **{"hearing": "silent", "from": chosen.days.start, "to": chosen.last_day})


@register.simple_tag(takes_context=True)
def paged(context: Mapping[str, Any], number: int, at: str = "", listed: str = "") -> str:
    """Return the address of a page of a list, of one of several where it is named, and its place there."""
    query = context["request"].GET.copy()
    query.pop(AGAIN, None)
    query["page"] = str(number)
    if listed:
        query["list"] = listed
    return f"?{query.urlencode()}{at}"


@register.simple_tag
def rows_of_goal(measure: Measure, target: Target) -> str:
    """Return the address of the rows behind what a goal has reached."""
    programme = target.programme and target.programme.slug
    of = {"owner": target.account_owner_id, "team": target.team_id, "programme": programme}
    return rows_of(measure, (), segment=target.segment, **of)


def _responses(context: Mapping[str, Any], asked: Mapping[str, str]) -> str:
    query = context["request"].GET.copy()
    query.pop("after", None)
    for name, value in asked.items():
        query[name] = value
    return f"{reverse('survey_responses', args=[context['survey'].slug])}?{query.urlencode()}"


def _rows(measure: Measure, days: Days, fields: Iterable[Field], part: Mapping[str, object]) -> str:
    if measure.metric not in METRICS or days.start is None or not measure.is_known:
        return ""
    as_of = measure.as_of if measure.metric in RENEWED and measure.as_of < timezone.localdate() else None
    return _address(measure.metric, days, fields, {**part, AS_OF: as_of})


def _address(metric: str, days: Days, fields: Iterable[Field], part: Mapping[str, object]) -> str:
    narrowed = {field.name: field.chosen for field in fields}
    query = {"from": days.start, "to": days.end - timedelta(days=1), **narrowed, **part}
    asked = urlencode({name: value for name, value in query.items() if value})
    return f"{_page('metric_rows', args=(metric,))}?{asked}"


# Looked up once for each metric: Home names them a hundred times.
_page = cache(reverse)
