"""How many of those asked answered, and how many of those who began came to the end."""

from django.db.models import Count, Q

from metrics.formulas.intervals import wilson
from metrics.formulas.response_rates import completion_rate as completed_of
from metrics.formulas.response_rates import response_rate as answered_of
from metrics.measures.dimensions import ANSWERED
from metrics.measures.measure import Measure, Unit
from metrics.measures.scope import Scope
from metrics.measures.sentiment import in_percent
from surveys.models import Invitation, Response

RESPONSE_RATE = (
    "Of the invitations delivered in the window (bounces left out), the percentage that was answered to the"
    " end, whenever that was."
)
COMPLETION_RATE = (
    "Of the visits that answered at least one page in the window, the percentage that reached the end."
)


def response_rate(scope: Scope) -> Measure:
    """Return the invitations answered (0..100 percent) with Wilson's interval, None without deliveries."""
    rows = Invitation.objects.delivered().filter(scope.instants("sent_at"), scope.surveys())
    if scope.is_narrowed:
        rows = rows.filter(contact__account__in=scope.accounts)
    # Where no names are kept, the invitation alone knows that it was answered.
    is_answered = Q(response__submitted_at__isnull=False, response__is_test=False) | Q(
        answered_on__isnull=False
    )
    counts = rows.aggregate(delivered=Count("pk"), completed=Count("pk", filter=is_answered))
    delivered, completed = counts["delivered"], counts["completed"]
    return scope.measure(
        "response_rate",
        Unit.PERCENT,
        answered_of(completed, delivered),
        n=delivered,
        counted="invitations",
        interval=in_percent(wilson(completed, delivered)),
        definition=RESPONSE_RATE,
        beside={"completed": completed},
    )


def completion_rate(scope: Scope) -> Measure:
    """Return the visits completed (0..100 percent) with Wilson's interval, None without visits.

    A visit counts on the day it was submitted or, where it never was, on the day it began: the two lists
    are each found by an index.
    """
    answered = {name: getattr(scope, name) for name in ANSWERED if getattr(scope, name)}
    rows = Response.objects.counted().filter(scope.surveys(), **answered)
    if scope.without_flagged:
        rows = rows.unflagged()
    if scope.is_narrowed:
        rows = rows.filter(account__in=scope.accounts)
    completed = rows.filter(scope.instants("submitted_at")).count()
    begun = rows.filter(scope.instants("started_at"), submitted_at=None).count()
    return scope.measure(
        "completion_rate",
        Unit.PERCENT,
        completed_of(completed, completed + begun),
        n=completed + begun,
        counted="visits",
        interval=in_percent(wilson(completed, completed + begun)),
        definition=COMPLETION_RATE,
        beside={"completed": completed},
    )
