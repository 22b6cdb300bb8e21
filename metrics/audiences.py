"""What only metrics know of contacts and accounts, as conditions of an audience."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db.models import OuterRef, Q, Subquery

from accounts.models import Account, Contact
from accounts.models.people import Viewer
from metrics.measures.exchange import rates_on
from metrics.measures.revenue import arr_on
from metrics.models import Health, Score
from surveys.asking.audiences import AT_LEAST, BOUNDS, CHOSEN, FIELDS, ONE_OF, Field, Moment


def _band(operator: str, value: Any, moment: Moment) -> Q:
    newest = Health.objects.newest_on(moment.today)
    rows = Health.objects.filter(pk__in=newest.values("pk"), band__in=value)
    found = Q(account__in=rows.values("account"))
    return found if operator == ONE_OF else ~found


def _bands(viewer: Viewer) -> Iterable[tuple[str, str]]:
    return ((value, str(label)) for value, label in Health.Band.choices)


def _last_nps(operator: str, value: Any, moment: Moment) -> Q:
    """The latest answer of a contact to any NPS question; who never answered has none."""
    theirs = Score.objects.filter(contact=OuterRef("pk"), kind="nps", day__lte=moment.today)
    newest = Subquery(theirs.order_by("-day", "-pk").values("value")[:1])
    bound = {"newest__gte": value} if operator == AT_LEAST else {"newest__lte": value}
    return Q(pk__in=Contact.objects.annotate(newest=newest).filter(**bound).values("pk"))


def _arr(operator: str, value: Any, moment: Moment) -> Q:
    """The ARR of today, in the reporting currency; an account whose ARR cannot be known is in no band."""
    bound = Decimal(value)
    amounts = arr_on(moment.today, Account.objects.all(), rates_on(moment.today)).by_account.items()
    if operator == AT_LEAST:
        return Q(
            account__in=[account for account, amount in amounts if amount is not None and amount >= bound]
        )
    # Who pays nothing has no amount.
    return ~Q(account__in=[account for account, amount in amounts if amount is None or amount > bound])


def add_fields() -> None:
    """Let audiences be chosen by health, score and ARR."""
    for field in (
        Field("health", "Health band", CHOSEN, _band, _bands),
        Field("last_nps", "Last NPS answer", BOUNDS, _last_nps),
        Field("arr", "ARR", BOUNDS, _arr, needs_revenue=True),
    ):
        FIELDS[field.name] = field
