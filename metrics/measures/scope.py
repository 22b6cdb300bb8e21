from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, Self

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, Min, Q
from django.db.models.lookups import Exact

from accounts.models import Account, Subscription, Team, User, Viewer
from metrics.formulas.days import day_bounds, trailing
from metrics.formulas.disclosure import LEAST_SHOWN
from metrics.measures.dimensions import ANSWERED, ATTRIBUTES, BY_ACCOUNT, COMPANY
from metrics.measures.measure import Days, Measure, Unit
from surveys.models import Programme, Survey

# Segment, team and owner of accounts; of a question, None of each that it does not ask for.
Part = tuple[str | None, int | None, int | None]
PART = ("segment", "team", "owner")
FEW = f"Fewer than {LEAST_SHOWN}: not enough to say."


class _AnyOf(Exact):
    """A value is one of an array that PostgreSQL knows before it begins, and so looks up by an index.

    Joined with what belongs to a programme, the rows of all surveys were read and then left out.
    """

    def get_rhs_op(self, connection: Any, rhs: str) -> str:
        return f"= ANY ({rhs})"


class NotClosed(ValueError):
    """What was known on a day is asked of a month that had not been closed by then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a question is about: which answers or revenue, of which days `[start, end)`, seen by whom.

    Without survey and programme, NPS is that of the programmes of one `mode`: the relationship and single
    events are never pooled (METRICS §1.1). `attributes` are segment, tier and region. `cohort` is the year of
    an account's first subscription. With `is_by_parent` revenue is that of groups of companies, each under
    the parent at its top. `known_on` asks what was known when a day ended (`replay`).
    `without_flagged` leaves out answers that something speaks against (SECURITY T47). `unsaid` names
    dimensions of which nothing is known: accounts without an owner, answers without an account, which
    `is_of_accounts` leaves out.
    """

    viewer: Viewer
    today: date
    start: date | None
    end: date
    survey: Survey | None = None
    programme: Programme | None = None
    mode: str = Programme.Mode.RELATIONSHIP
    account: Account | None = None
    owner: User | None = None
    team: Team | None = None
    country: str = ""
    industry: str = ""
    product: str = ""
    cohort: int | None = None
    language: str = ""
    channel: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    is_by_parent: bool = False
    known_on: date | None = None
    without_flagged: bool = False
    unsaid: frozenset[str] = frozenset()
    is_of_accounts: bool = False

    def __post_init__(self) -> None:
        if unknown := set(self.attributes) - set(ATTRIBUTES):
            raise ValueError(f"there is no breaking down by {', '.join(sorted(unknown))}")

    @classmethod
    def of_answers(cls, viewer: Viewer, today: date, **rest: Any) -> Self:
        """Return the scope of what was said in the last twelve months, today included."""
        return cls(viewer=viewer, today=today, **trailing(today + timedelta(days=1))._asdict(), **rest)

    @classmethod
    def of_revenue(cls, viewer: Viewer, today: date, **rest: Any) -> Self:
        """Return the scope that compares the revenue of today with that of twelve months ago."""
        return cls(viewer=viewer, today=today, **trailing(today)._asdict(), **rest)

    @property
    def window(self) -> Days:
        """The days in question."""
        return Days(self.start, self.end)

    @property
    def closes_on(self) -> date:
        """The day whose ARR and the like is that of the window's end: today where it ends later."""
        return min(self.end, max(self.today, self.start or self.today))

    @property
    def narrowings(self) -> frozenset[str]:
        """The dimensions in which only a part is in question."""
        named = ("survey", "programme", *BY_ACCOUNT, *ANSWERED)
        return frozenset(self.attributes) | self.unsaid | {name for name in named if getattr(self, name)}

    @property
    def is_by_account(self) -> bool:
        """Whether the accounts matter one by one, so that tallies over all of them cannot answer."""
        return not self.viewer.sees_all_accounts or bool(self.narrowings & BY_ACCOUNT)

    @property
    def is_narrowed(self) -> bool:
        """Whether only some accounts are in question."""
        return self.is_by_account or bool(self.attributes)

    @property
    def part(self) -> Part:
        """Segment, team and owner of the accounts in question, None of each that is not asked for."""
        team, owner = self.team, self.owner
        return self.attributes.get("segment"), team.pk if team else None, owner.pk if owner else None

    @property
    def accounts(self) -> Any:
        """The accounts in question, as they are today: a QuerySet of what the viewer may see."""
        return self.companies.filter(**self.attributes)

    @property
    def companies(self) -> Any:
        """The accounts in question whatever their attributes, which an answer brings along itself."""
        accounts = Account.objects.visible_to(self.viewer)
        named = {"pk": self.account and self.account.pk, "owner": self.owner, "team": self.team}
        named |= {name: getattr(self, name) for name in COMPANY}
        accounts = accounts.filter(**{name: value for name, value in named.items() if value})
        nothing = {**dict.fromkeys(COMPANY, ""), "team": None}
        accounts = accounts.filter(**{name: nothing[name] for name in self.unsaid & nothing.keys()})
        if "account" in self.unsaid:
            return accounts.none()
        if "owner" in self.unsaid:
            accounts = accounts.without_owner(self.viewer)
        paid: Any = Subscription.objects.filter(annual_value__gt=0).order_by()
        if self.product:
            held = paid.filter(product=self.product, starts_on__lt=self.end + timedelta(days=1))
            if self.start:
                held = held.exclude(ends_on__lt=self.start)
            accounts = accounts.filter(pk__in=held.values("account"))
        if self.cohort:
            first = paid.values("account").annotate(first=Min("starts_on")).filter(first__year=self.cohort)
            accounts = accounts.filter(pk__in=first.values("account"))
        return accounts

    @property
    def sliced(self) -> dict[str, str]:
        """The condition on the slice of an answer or tally."""
        answered = {name: getattr(self, name) for name in ANSWERED}
        answered = {name: value for name, value in answered.items() if value or name in self.unsaid}
        return {f"slice__{name}": value for name, value in {**self.attributes, **answered}.items()}

    @property
    def answered(self) -> Q:
        """The condition that an answer was given by the accounts in question."""
        if not self.is_by_account:
            return Q()
        given = Q(account__in=self.companies)
        return given | Q(account=None) if self.is_anybodys else given

    @property
    def is_anybodys(self) -> bool:
        """Whether answers without an account are among those in question."""
        is_open = not self.is_of_accounts and self.viewer.sees_all_accounts
        return is_open and self.narrowings & BY_ACCOUNT <= self.unsaid

    def days(self, field_name: str = "day") -> Q:
        """Return the condition that a date lies in the window."""
        since = Q(**{f"{field_name}__gte": self.start}) if self.start else Q()
        return since & Q(**{f"{field_name}__lt": self.end})

    def instants(self, field_name: str) -> Q:
        """Return the condition that an instant lies in one of the window's local days."""
        zone = settings.REPORTING_ZONE
        until = Q(**{f"{field_name}__lt": day_bounds(self.end, zone)[0]})
        return until & Q(**{f"{field_name}__gte": day_bounds(self.start, zone)[0]}) if self.start else until

    def surveys(self, path: str = "survey") -> Q:
        """Return the condition that a row belongs to the survey or the programme in question."""
        return Q() if self.survey is None and self.programme is None else self.each_survey(path)

    def each_survey(self, path: str = "survey") -> Q:
        """Return the same condition, by which rows of some days are found where all surveys are in question.

        An index that begins with the survey finds them only where surveys are named.
        """
        if self.survey:
            return Q(**{path: self.survey.pk})
        theirs = (
            Survey.objects.filter(programme=self.programme.pk) if self.programme else Survey.objects.all()
        )
        return Q(_AnyOf(F(path), ArraySubquery(theirs.order_by().values("pk"))))

    def between(self, start: date | None, end: date) -> "Scope":
        """Return the same question about other days."""
        return replace(self, start=start, end=end)

    def measure(
        self,
        metric: str,
        unit: Unit,
        value: Any,
        *,
        n: int,
        counted: str,
        definition: str,
        notes: tuple[str, ...] = (),
        **rest: Any,
    ) -> Measure:
        """Return the measure of this scope, saying so where the viewer does not see every account."""
        if not self.viewer.sees_all_accounts and not self.account:
            notes = ("Counts only the accounts that you see.", *notes)
        if rest.get("interval") and n < LEAST_SHOWN:
            notes = (*notes, FEW)
        return Measure(
            metric=metric,
            unit=unit,
            value=value,
            n=n,
            counted=counted,
            window=self.window,
            definition=definition,
            as_of=self.today,
            notes=notes,
            **rest,
        )
