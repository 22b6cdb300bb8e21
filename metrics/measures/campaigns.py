"""What became of a campaign: its funnel, its response rate, and who is silent."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo
from typing import Any, NamedTuple

from django.db.models import Count, Exists, F, FilteredRelation, OuterRef, Q, QuerySet
from django.db.models.functions import TruncDate

from accounts.models import Viewer
from metrics.formulas.intervals import Interval, wilson
from metrics.measures.outreach import IS_ANSWERED
from metrics.measures.sentiment import in_percent
from surveys.models import Campaign, Invitation, Mail, Response, Skip
from surveys.models.outreach import IS_DELIVERED, Invitations

# What was asked over more than a quarter is told by week: rows of so many days nobody reads.
MOST_DAYS = timedelta(days=92)
STEPS = ("planned", "sent", "delivered", "opened", "started", "completed")
LEAKS = ("skipped", "bounced", "failed", "unsubscribed", "unknown")
_IS_SENT = Q(invitation__sent_at__isnull=False)
_HAS_BOUNCED = Q(bounced_at__isnull=False) | Q(invitation__bounced_at__isnull=False)
# What the mail of an invitation says of it, and what the invitation itself does.
OF_MAILS = {
    "sent": _IS_SENT,
    "delivered": _IS_SENT & ~_HAS_BOUNCED,
    "opened": Q(opened_at__isnull=False),
    "bounced": _HAS_BOUNCED,
    "failed": Q(state=Mail.State.HARD_FAILED) & ~_HAS_BOUNCED,
    "unknown": Q(state=Mail.State.UNKNOWN),
}
OF_ASKED = {
    "started": Q(response__isnull=False) | IS_ANSWERED,
    "completed": IS_ANSWERED,
    "unsubscribed": Q(contact__unsubscribed_at__gte=F("sent_at")),
}


@dataclass(frozen=True, slots=True)
class Funnel:
    """How many contacts came how far, reminders left out; `delivered` is sent without what bounced."""

    planned: int
    skipped: int
    sent: int
    delivered: int
    opened: int
    started: int
    completed: int
    bounced: int
    failed: int
    unsubscribed: int
    unknown: int

    @property
    def steps(self) -> Iterable[tuple[str, int]]:
        """The steps in the order in which they are read, by the names of their fields."""
        return [(name, getattr(self, name)) for name in STEPS]

    @property
    def leaks(self) -> Iterable[tuple[str, int]]:
        """Where people were lost on the way, by the names of their fields."""
        return [(name, getattr(self, name)) for name in LEAKS]


@dataclass(frozen=True, slots=True)
class Rate:
    """How many of those asked answered: 0..100 percent, None where nobody was, with Wilson's interval.

    The key names it in an address where the name is of words.
    """

    name: Any
    delivered: int
    completed: int
    key: str = ""

    @property
    def value(self) -> float | None:
        """The percentage."""
        return 100 * self.completed / self.delivered if self.delivered else None

    @property
    def interval(self) -> Interval | None:
        """Where the true rate lies, with 95 % confidence."""
        return in_percent(wilson(self.completed, self.delivered))


class Group(NamedTuple):
    """How many came how far of those asked at accounts of one segment, on one day, by one subject line.

    Rates are of `delivered`, and of `answered` among them; `completed` counts those whose mail bounced too.
    """

    segment: str
    day: date | None
    variant: str | None
    started: int
    completed: int
    unsubscribed: int
    delivered: int
    answered: int


@dataclass(frozen=True, slots=True)
class Reached:
    """What those did whom a campaign asked, read once for all counts of its page."""

    groups: Sequence[Group]

    @property
    def rate(self) -> Rate:
        """The response rate of the whole campaign."""
        return next(iter(self._rates(lambda _: "")), Rate("", 0, 0))

    def _rates(self, name: Callable[[Group], Any]) -> list[Rate]:
        """Return the response rate of each part, as the groups are named, where anything was delivered."""
        delivered: Counter[Any] = Counter()
        completed: Counter[Any] = Counter()
        for group in self.groups:
            if group.delivered:
                delivered[name(group)] += group.delivered
                completed[name(group)] += group.answered
        return [Rate(part, count, completed[part]) for part, count in delivered.items()]

    @property
    def by_segment(self) -> list[Rate]:
        """The response rate of each segment, in the order of their names."""
        return sorted(self._rates(lambda group: group.segment), key=lambda rate: rate.name)

    @property
    def is_by_week(self) -> bool:
        """Whether it asked over so long a time that `by_time` adds up weeks, each from its Monday on."""
        days = [group.day for group in self.groups if group.day]
        return bool(days) and max(days) - min(days) > MOST_DAYS

    @property
    def by_time(self) -> list[Rate]:
        """The response rate of those who were asked on each day or in each week, the first one first."""
        is_by_week = self.is_by_week

        def since(group: Group) -> date | None:
            return group.day - timedelta(days=group.day.weekday()) if group.day and is_by_week else group.day

        return sorted(self._rates(since), key=lambda rate: rate.name)

    @property
    def by_subject(self) -> list[Rate]:
        """The response rate of each of the two subject lines."""
        rates = self._rates(lambda group: group.variant or "")
        return sorted((rate for rate in rates if rate.name), key=lambda rate: rate.name)


def read_reached(campaign: Campaign, viewer: Viewer, zone: tzinfo) -> Reached:
    """Return what the contacts that the viewer sees did, by segment, day of the zone and subject."""
    counts = {**OF_ASKED, "delivered": IS_DELIVERED, "answered": IS_DELIVERED & IS_ANSWERED}
    groups: Any = (
        asked_by(campaign, viewer)
        .order_by()
        .annotate(first=FilteredRelation("mails", condition=Q(mails__number=0)))
        .values_list("contact__account__segment", TruncDate("sent_at", tzinfo=zone), "first__variant")
        .annotate(**{name: Count("pk", filter=held) for name, held in counts.items()})
    )
    return Reached([Group(*group) for group in groups])


def funnel(campaign: Campaign, viewer: Viewer, reached: Reached) -> Funnel:
    """Return the funnel over the contacts that the viewer sees, of which `reached` was read."""
    counts = {name: Count("pk", filter=held) for name, held in OF_MAILS.items()}
    mails = _firsts(campaign, viewer).aggregate(planned=Count("pk"), **counts)
    return Funnel(
        **mails,
        started=sum(group.started for group in reached.groups),
        completed=sum(group.completed for group in reached.groups),
        unsubscribed=sum(group.unsubscribed for group in reached.groups),
        skipped=skips_of(campaign, viewer).count(),
    )


def listed(campaign: Campaign, viewer: Viewer, name: str) -> Invitations:
    """Return the invitations behind a count: a step of the funnel, or of those that the rates count.

    `asked` are all that the rates are of, `answered` and `silent` those among them.
    """
    rows = asked_by(campaign, viewer)
    if name in OF_ASKED:
        rows = rows.filter(OF_ASKED[name])
    elif name in OF_MAILS or name == "planned":
        # Looked up for each: those of a campaign that was only just planned would be compared each with each.
        first = Mail.objects.filter(invitation=OuterRef("pk"), number=0)
        rows = rows.filter(Exists(first.filter(OF_MAILS.get(name, Q()))))
    else:
        rows = rows.delivered()
        if name == "silent":
            # Looked up for each, the first ones first, so that a page of them is found before all are.
            answers = Response.objects.counted().filter(invitation=OuterRef("pk"), submitted_at__isnull=False)
            rows = rows.filter(~Exists(answers), answered_on=None)
        rows = rows.filter(IS_ANSWERED) if name == "answered" else rows
    return rows.order_by("sent_at", "pk")


def _firsts(campaign: Campaign, viewer: Viewer) -> QuerySet[Mail]:
    return Mail.objects.visible_to(viewer).filter(invitation__campaign=campaign, number=0)


def asked_by(campaign: Campaign, viewer: Viewer) -> Invitations:
    """Return the invitations of a campaign to contacts that the viewer sees."""
    return Invitation.objects.visible_to(viewer).filter(campaign=campaign)


def skips_of(campaign: Campaign, viewer: Viewer) -> QuerySet[Skip]:
    """Return who was left alone and not asked later in the same round."""
    later = Invitation.objects.filter(campaign=campaign, contact=OuterRef("contact"), round=OuterRef("round"))
    return Skip.objects.visible_to(viewer).filter(~Exists(later.filter(revoked_at=None)), campaign=campaign)


def skip_reasons(campaign: Campaign, viewer: Viewer) -> list[Mapping[str, Any]]:
    """Return how many were left alone for each reason, the most frequent first."""
    counts = skips_of(campaign, viewer).order_by().values("reason").annotate(count=Count("pk"))
    return list(counts.order_by("-count", "reason"))
