"""What an account manager should know on Monday morning of the accounts that are theirs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from django.db.models import Q

from accounts.models import Account, User
from accounts.rights import may_read
from followups.models import Alert, FollowUp
from followups.reports.leading import UNFINISHED, cases_of, renewals_on
from followups.reports.report import Report, Row, Section, Table
from followups.reports.telling import band_table
from followups.reports.voiced import quotes_of
from followups.reports.words import due_words, health_words, several
from metrics.measures.comments import newest_comments
from metrics.measures.health import Standing, standings
from metrics.measures.renewals import Due, coming_renewals
from metrics.measures.scope import Scope
from metrics.measures.voices import NEWEST, Mood
from metrics.templatetags.figures import UNKNOWN, day, money

WEEK = timedelta(days=7)
COMING_DAYS = 90
ROWS = 12
QUOTES = 5


class Own:
    """A user whose sight is narrowed to the accounts that they own or their teams share."""

    sees_all_accounts = False

    def __init__(self, user: User) -> None:
        self.user = user
        self.is_active = user.is_active
        self.sees_revenue, self.sees_people = user.sees_revenue, user.sees_people
        self.users_filter = user.users_filter

    def accounts_filter(self, prefix: str) -> Q:
        """Return the condition of the user's own accounts."""
        return self.user.accounts_filter(prefix)


def monday_of(today: date) -> date:
    """Return the Monday of a day's week."""
    return today - timedelta(days=today.weekday())


def weekly_digest(user: User, today: date) -> Report:
    """Return the digest of the seven days before the day, of the user's own accounts; quiet without news."""
    own = Own(user)
    scope = Scope(viewer=own, today=today, start=today - WEEK, end=today)
    found = standings(scope)
    sections = [
        _cases(user, today),
        _bands(own, scope),
        *_voices(user, scope),
        _renewals(user, scope, found),
    ]
    return Report(
        title=f"Your accounts, week to {day(today - timedelta(days=1))}",
        subtitle=f"What moved, who waits for you, and what comes up{_whose(user)}.",
        as_of=today,
        sections=[section for section in sections if not section.is_empty],
    )


def _whose(user: User) -> str:
    """Return that accounts of the user's teams are told of too, "" where all of them are the user's own."""
    others = Account.objects.filter(user.accounts_filter("")).exclude(owner=user)
    return ", at your accounts and those of your teams" if others.exists() else ""


def _cases(user: User, today: date) -> Section:
    """Return the user's unfinished follow-ups, the late ones first."""
    if not user.has_perm("followups.view_followup"):
        return Section("Waiting for you")
    rows = FollowUp.objects.visible_to(user).unfinished().filter(owner=user)
    rows = rows.select_related("account").order_by("due_on", "pk")
    cases = list(rows[: ROWS + 1])
    late = rows.overdue_on(today).count()
    sentence = f"{several(late, 'follow-up')} of yours {'is' if late == 1 else 'are'} overdue."
    table = Table(
        ("Follow-up", "Account", "Due"),
        [
            Row(
                (
                    case.about,
                    str(case.account or UNKNOWN),
                    day(case.due_on) + (", overdue" if case.due_on < today else ""),
                ),
                path=f"/admin/followups/followup/{case.pk}/change/",
            )
            for case in cases[:ROWS]
        ],
        more=max(0, rows.count() - ROWS),
        whole=cases_of(owner__id__exact=user.pk, state__exact=UNFINISHED),
    )
    yesterday = today - timedelta(days=1)
    overdue = cases_of(owner__id__exact=user.pk, state__exact=UNFINISHED, due_on_to=yesterday)
    leads = {several(late, "follow-up"): overdue}
    return Section("Waiting for you", [sentence] if late else [], table=table, leads=leads)


def _bands(own: Own, scope: Scope) -> Section:
    since = scope.today - WEEK
    alerts = list(
        Alert.objects.of(own).filter(about=Alert.About.BAND, day__gte=since).select_related("account__owner")
    )
    table = band_table(alerts, own, scope.today) if alerts else None
    return Section("Health that moved", table=table)


def _voices(user: User, scope: Scope) -> Iterator[Section]:
    if not may_read(user, "responses"):
        return
    heard = newest_comments(scope, NEWEST)
    for heading, mood in (("Unhappy this week", Mood.UNHAPPY), ("Happy this week", Mood.HAPPY)):
        yield Section(heading, quotes=quotes_of([each for each in heard if each.mood is mood][:QUOTES], user))


def _renewals(user: User, scope: Scope, found: Mapping[int, Standing]) -> Section:
    """Return what ends in the coming weeks; it is told of by who may see revenue."""
    if not scope.viewer.sees_revenue:
        return Section("Renewals ahead")
    due = coming_renewals(replace(scope, start=None), COMING_DAYS)
    named = Account.objects.visible_to(scope.viewer).in_bulk([each.account for each in due[:ROWS]])
    rows = []
    for each in due[:ROWS]:
        if each.account in named:
            standing = found.get(each.account)
            rows.append(
                Row(
                    (
                        named[each.account].name,
                        due_words(each),
                        money(each.value),
                        health_words(standing) if standing else UNKNOWN,
                    ),
                    path=named[each.account].get_absolute_url(),
                    band=standing.band.value if standing else "",
                )
            )
    accounts = several(len({each.account for each in due}), "account")
    sentence = f"{accounts} to renew in {COMING_DAYS} days."
    whole, columns = _whole(user, scope, due), ("Account", "Ends", "A year", "Health")
    table = Table(columns, rows, more=max(0, len(due) - ROWS), whole=whole)
    leads = {accounts: whole}
    return Section("Renewals ahead", [sentence] if due else [], table=table, leads=leads)


def _whole(user: User, scope: Scope, due: Sequence[Due]) -> str:
    """Return where all of the user's renewals are listed, "" where that list would hold others too."""
    others = scope.accounts.filter(pk__in={each.account for each in due}).exclude(owner=user)
    if not others.exists():
        return renewals_on(user, scope.today, COMING_DAYS, owner=user.pk)
    return "" if user.sees_all_accounts else renewals_on(user, scope.today, COMING_DAYS)
