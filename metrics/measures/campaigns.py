"""What became of a campaign: its funnel, its response rate, and who is silent."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import TruncDate

from accounts.models import Viewer
from metrics.formulas.intervals import Interval, wilson
from metrics.measures.sentiment import in_percent
from surveys.models import Campaign, Invitation, Mail, Skip
from surveys.models.outreach import Invitations

IS_ANSWERED = Q(response__submitted_at__isnull=False, response__is_test=False) | Q(answered_on__isnull=False)

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


def funnel(campaign: Campaign, viewer: Viewer) -> Funnel:
    """Return the funnel over the contacts that the viewer sees."""
    counts = {name: Count("pk", filter=held) for name, held in OF_MAILS.items()}
    mails = _firsts(campaign, viewer).aggregate(planned=Count("pk"), **counts)
    counts = {name: Count("pk", filter=held) for name, held in OF_ASKED.items()}
    asked = asked_by(campaign, viewer).aggregate(**counts)
    return Funnel(**mails, **asked, skipped=skips_of(campaign, viewer).count())


def listed(campaign: Campaign, viewer: Viewer, name: str) -> Invitations:
    """Return the invitations behind a count: a step of the funnel, or of those that the rates count.

    `asked` are all that the rates are of, `answered` and `silent` those among them.
    """
    rows = asked_by(campaign, viewer)
    if name in OF_ASKED:
        rows = rows.filter(OF_ASKED[name])
    elif name in OF_MAILS or name == "planned":
        mails = _firsts(campaign, viewer).filter(OF_MAILS.get(name, Q()))
        rows = rows.filter(pk__in=mails.values("invitation"))
    else:
        rows = rows.delivered()
        rows = rows.exclude(IS_ANSWERED) if name == "silent" else rows
        rows = rows.filter(IS_ANSWERED) if name == "answered" else rows
    return rows.select_related("contact__account").order_by("sent_at", "pk")


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


def response_rate(campaign: Campaign, viewer: Viewer) -> Rate:
    """Return the response rate of the whole campaign."""
    rates = _rates(asked_by(campaign, viewer).annotate(name=F("campaign__name")))
    return next(iter(rates), Rate(campaign.name, 0, 0))


def rates_by_segment(campaign: Campaign, viewer: Viewer) -> list[Rate]:
    """Return the response rate of each segment."""
    return _rates(asked_by(campaign, viewer).annotate(name=F("contact__account__segment")))


def rates_by_subject(campaign: Campaign, viewer: Viewer) -> list[Rate]:
    """Return the response rate of each of the two subject lines."""
    firsts = asked_by(campaign, viewer).filter(mails__number=0)
    return _rates(firsts.annotate(name=F("mails__variant")))


def rates_by_day(campaign: Campaign, viewer: Viewer, zone: Any) -> list[tuple[date, Rate]]:
    """Return of each day how many got the invitation then, and how many of those answered."""
    rows = asked_by(campaign, viewer).annotate(name=TruncDate("sent_at", tzinfo=zone))
    return [(rate.name, rate) for rate in _rates(rows)]


def _rates(rows: Invitations) -> list[Rate]:
    counts = (
        rows.delivered()
        .order_by()
        .values("name")
        .annotate(delivered=Count("pk"), completed=Count("pk", filter=IS_ANSWERED))
    )
    return [Rate(row["name"], row["delivered"], row["completed"]) for row in counts.order_by("name")]
