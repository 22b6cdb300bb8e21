"""What may go out as a table: responses, their scores, and accounts with health and revenue."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import F, OuterRef, Q, Subquery

from accounts.interchange.datasets import Column, Dataset, Type, Value
from accounts.models import Account, Subscription, User, Viewer
from accounts.rights import may_read
from metrics.measures.confidentiality import promising
from metrics.measures.exchange import rates_on
from metrics.measures.revenue import arr_on
from metrics.models import Health, Score
from surveys.exports import CHUNK, responses_dataset
from surveys.models import Survey

# By dataset: what it is called, and what its reader must be allowed to read.
DATASETS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "responses": ("Responses to a survey", ("responses",)),
    "scores": ("Scores of answers", ("responses", "metrics")),
    "accounts": ("Accounts with health and revenue", ("accounts", "metrics")),
}
OF_SCORES = (
    (Column("response", label="Response"), "response__public_id"),
    (Column("survey", label="Survey"), "survey__slug"),
    (Column("question", label="Question"), "question_key"),
    (Column("kind", label="Kind of question"), "kind"),
    (Column("value", Type.INTEGER, "Score"), "value"),
    (Column("day", Type.DATE, "Day"), "day"),
    (Column("changed_at", Type.INSTANT, "Changed"), "response__changed_at"),
    (Column("account", label="Account (external id)"), "account__external_id"),
    (Column("contact_role", label="Role of who answered"), "contact_role"),
    (Column("segment", label="Segment then"), "slice__segment"),
    (Column("tier", label="Tier then"), "slice__tier"),
    (Column("region", label="Region then"), "slice__region"),
    (Column("language", label="Language"), "slice__language"),
    (Column("channel", label="Channel"), "slice__channel"),
)
OF_ACCOUNTS = (
    *(
        (Column(name, label=name.replace("_", " ").capitalize()), name)
        for name in ("external_id", "name", "domain", "segment", "industry", "country", "region", "tier")
    ),
    (Column("owner", label="Owner"), "owner_email"),
    (Column("team", label="Team"), "team__name"),
    (Column("created_on", Type.DATE, "Customer since"), "created_on"),
    (Column("churned_on", Type.DATE, "Customer until"), "churned_on"),
)
OF_HEALTH = (
    Column("health", Type.NUMBER, "Health, 0 to 100"),
    Column("health_band", label="Band"),
    Column("health_confidence", Type.NUMBER, "What of it is known, percent"),
    Column("health_day", Type.DATE, "Day of the health"),
    Column("changed_at", Type.INSTANT, "Scored"),
)
OF_REVENUE = (
    Column("arr", Type.NUMBER, "Annual recurring revenue"),
    Column("currency", label="Currency of the revenue"),
    Column("renews_on", Type.DATE, "Next end of a term"),
)


class OrderRefused(Exception):
    """An order that names something that there is not; `field` says where."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What somebody wants: which rows, in which format, choices by key or by label."""

    dataset: str
    format: str
    survey: str = ""
    changed_after: datetime | None = None
    labels: bool = False

    def document(self) -> dict[str, Any]:
        """Return the order as JSON."""
        since = self.changed_after.isoformat() if self.changed_after else None
        return {
            "dataset": self.dataset,
            "format": self.format,
            "survey": self.survey,
            "changed_after": since,
            "labels": self.labels,
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Order":
        """Return the order that was stored as JSON."""
        since = document["changed_after"]
        return cls(**{**document, "changed_after": datetime.fromisoformat(since) if since else None})


def may_export(viewer: Viewer, dataset: str) -> bool:
    """Whether the viewer may read everything that the dataset holds."""
    return all(may_read(viewer, resource) for resource in DATASETS[dataset][1])


def checked(order: Order) -> Order:
    """Return the order, its survey by slug, or raise OrderRefused."""
    if order.dataset == "accounts" and order.survey:
        raise OrderRefused("survey", "Accounts are of no survey.")
    if order.dataset == "responses" and not order.survey:
        raise OrderRefused("survey", "Say to which survey.")
    if order.survey and not Survey.objects.filter(slug=order.survey).exists():
        raise OrderRefused("survey", "There is no such survey.")
    return order


def dataset_of(order: Order, viewer: Viewer, *, today: date) -> Dataset:
    """Return the rows of a checked order that the viewer may see."""
    if order.dataset == "accounts":
        dataset = accounts_dataset(viewer, today, changed_after=order.changed_after)
    elif order.dataset == "scores":
        dataset = scores_dataset(viewer, survey=order.survey, changed_after=order.changed_after)
    else:
        survey = Survey.objects.get(slug=order.survey)
        dataset = responses_dataset(survey, viewer, changed_after=order.changed_after)
    return dataset.labelled() if order.labels and order.format != "sav" else dataset


def scores_dataset(viewer: Viewer, *, survey: str = "", changed_after: datetime | None = None) -> Dataset:
    """Return one row for each scored answer that the viewer may see, oldest change first.

    What was said in confidence is not among them: a row says who the account is (SECURITY T22).
    """
    rows: Any = Score.objects.visible_to(viewer).exclude(survey__in=promising(Q()))
    if survey:
        rows = rows.filter(survey__slug=survey)
    if changed_after:
        rows = rows.filter(response__changed_at__gt=changed_after)
    rows = rows.order_by("response__changed_at", "pk").values_list(*(path for _, path in OF_SCORES))
    return Dataset(
        name=f"Scores {survey}".strip(),
        columns=[column for column, _ in OF_SCORES],
        rows=([str(row[0]), *row[1:]] for row in rows.iterator(chunk_size=CHUNK)),
        count=rows.count,
    )


def accounts_dataset(viewer: Viewer, today: date, *, changed_after: datetime | None = None) -> Dataset:
    """Return the accounts that the viewer may see, as they are today, those scored longest ago first.

    An account counts as changed when it was scored last, which each is every day: whatever else changes of
    it is in the file that follows. One that was never scored is always there. What cannot be known is None.
    """
    newest = Health.objects.filter(account=OuterRef("pk"), day__lte=today).order_by("-day", "-revision")
    # Whose an account is stays out, as everywhere, where the viewer is not told.
    owners = User.objects.visible_to(viewer).filter(pk=OuterRef("owner"))
    rows: Any = Account.objects.visible_to(viewer).annotate(
        changed_at=Subquery(newest.values("computed_at")[:1]), owner_email=Subquery(owners.values("email"))
    )
    if changed_after:
        rows = rows.filter(Q(changed_at__gt=changed_after) | Q(changed_at=None))
    rows = rows.order_by(F("changed_at").asc(nulls_first=True), "pk")
    columns = [column for column, _ in OF_ACCOUNTS] + list(OF_HEALTH)
    if viewer.sees_revenue:
        columns += OF_REVENUE
    return Dataset(name="Accounts", columns=columns, rows=_accounts(rows, viewer, today), count=rows.count)


def _accounts(rows: Any, viewer: Viewer, today: date) -> Iterator[list[Value]]:
    newest = Health.objects.visible_to(viewer).newest_on(today)
    healths = {
        account: [score / 100, band, confidence / 100, day]
        for account, score, band, confidence, day in newest.values_list(
            "account_id", "score", "band", "confidence", "day"
        )
    }
    revenue = _revenue(viewer, today) if viewer.sees_revenue else None
    paths = [path for _, path in OF_ACCOUNTS]
    for pk, changed_at, *own in rows.values_list("pk", "changed_at", *paths).iterator(chunk_size=CHUNK):
        money = revenue(pk) if revenue else []
        health = healths.get(pk, [None] * (len(OF_HEALTH) - 1))
        yield [*own, *health, changed_at, *money]


def _revenue(viewer: Viewer, today: date) -> Any:
    accounts = Account.objects.visible_to(viewer)
    arr = arr_on(today, accounts, rates_on(today))
    in_force = Subscription.objects.visible_to(viewer).in_force(today).exclude(ends_on=None)
    ends: dict[int, date] = {}
    for account, ends_on in in_force.values_list("account_id", "ends_on"):
        ends[account] = min(ends_on, ends.get(account, ends_on))

    def of(account: int) -> list[Value]:
        value: Decimal | None = arr.of(account)
        return [value, settings.REPORTING_CURRENCY, ends.get(account)]

    return of
