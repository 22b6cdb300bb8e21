"""Audiences: the conditions that a saved filter may hold, and the contacts they let through."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db.models import Q

from accounts.models import Account, Contact, Signal, Subscription, Team, User
from accounts.models.companies import Contacts
from accounts.models.people import Viewer
from surveys.asking.days import local_day
from surveys.models import Audience, Invitation, Response

MOST_CONDITIONS = 30
MOST_VALUES = 1000
LONGEST_VALUE = 200


class AudienceRefused(ValueError):
    """The conditions are none that an audience may have; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Moment:
    """When an audience is asked who is in it, and which one: its uploaded list is a condition of its own."""

    today: date
    now: datetime
    audience: int | None = None


Value = Any
# What a condition means for contacts.
Meaning = Callable[[str, Value, Moment], Q]
Options = Callable[[Viewer], Iterable[tuple[str, str]]]

ONE_OF, NONE_OF, AT_LEAST, AT_MOST = "one_of", "none_of", "at_least", "at_most"
WITHIN, NOT_WITHIN, CONTAINS, IS = "within", "not_within", "contains", "is"
# How an operator reads between the field and its value.
OPERATORS = {
    ONE_OF: "is one of",
    NONE_OF: "is none of",
    AT_LEAST: "is at least",
    AT_MOST: "is at most",
    WITHIN: "within the days",
    NOT_WITHIN: "not within the days",
    CONTAINS: "contains",
    IS: "is",
}
IS_ALONE = {ONE_OF: "is", NONE_OF: "is not"}


@dataclass(frozen=True, slots=True)
class Field:
    """Something that an audience may be chosen by; `options` are its values, `words` what they are called."""

    name: str
    label: str
    operators: tuple[str, ...]
    meaning: Meaning
    options: Options | None = None
    needs_revenue: bool = False
    words: Mapping[str, str] | None = None

    @property
    def takes_list(self) -> bool:
        """Whether its value is a list of texts."""
        return ONE_OF in self.operators


@dataclass(frozen=True, slots=True)
class Condition:
    """One line of an audience; all of them hold for who is in it."""

    field: Field
    operator: str
    value: Value

    def __str__(self) -> str:
        if self.operator in {WITHIN, NOT_WITHIN}:
            reads, said = self.operator.replace("_", " "), f"{self.value} day{'' if self.value == 1 else 's'}"
        elif isinstance(self.value, list):
            reads = (OPERATORS if len(self.value) > 1 else IS_ALONE)[self.operator]
            said = ", ".join((self.field.words or {}).get(one, one) for one in self.value)
        else:
            reads, said = OPERATORS[self.operator], self.value
        return f"{self.field.label} {reads} {said}"


def contacts_of(audience: Audience, *, now: datetime) -> Contacts:
    """Return the contacts in an audience, of whichever account; who may be asked is the policy's business.

    Customers that churned are in it only where a condition asks for them.
    """
    return matching(read_conditions(audience.conditions), now=now, audience=audience.pk)


def matching(conditions: Sequence[Condition], *, now: datetime, audience: int | None = None) -> Contacts:
    """Return the contacts for whom all conditions hold."""
    moment = Moment(local_day(now), now, audience)
    rows: Contacts = Contact.objects.select_related("account")
    if not any(condition.field.name == "customer" for condition in conditions):
        rows = rows.filter(_is_customer(moment))
    for condition in conditions:
        rows = rows.filter(condition.field.meaning(condition.operator, condition.value, moment))
    return rows


def read_conditions(document: Any) -> list[Condition]:
    """Return the conditions in a document `[{"field", "operator", "value"}, …]`, or raise AudienceRefused."""
    if not isinstance(document, list) or len(document) > MOST_CONDITIONS:
        raise AudienceRefused(f"An audience is a list of at most {MOST_CONDITIONS} conditions.")
    return [_read(number, one) for number, one in enumerate(document, 1)]


def _read(number: int, document: Any) -> Condition:
    if not isinstance(document, Mapping) or set(document) != {"field", "operator", "value"}:
        raise AudienceRefused(f"Condition {number} has a field, an operator and a value.")
    field = FIELDS.get(document["field"]) if isinstance(document["field"], str) else None
    if field is None:
        raise AudienceRefused(f"Condition {number} names a field that nobody is chosen by.")
    if document["operator"] not in field.operators:
        raise AudienceRefused(f"Condition {number}: {field.label} knows {', '.join(field.operators)} only.")
    try:
        value = _value(field, document["operator"], document["value"])
    except (ValueError, InvalidOperation) as error:
        raise AudienceRefused(f"Condition {number}: {field.label} {error}.") from None
    return Condition(field, document["operator"], value)


def _value(field: Field, operator: str, value: Any) -> Value:
    if field.takes_list:
        is_list = isinstance(value, list) and 0 < len(value) <= MOST_VALUES
        if not is_list or not all(isinstance(one, str) and len(one) <= LONGEST_VALUE for one in value):
            raise ValueError("takes a list of texts")
        return value
    if operator in {WITHIN, NOT_WITHIN}:
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 3650:
            raise ValueError("takes a whole number of days up to 3650")
        return value
    if operator in {AT_LEAST, AT_MOST} and field.name != SIGNAL:
        return _number(value)
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_VALUE:
        raise ValueError("takes a text")
    if field.name == SIGNAL:
        key, _, bound = value.rpartition(" ")
        if not key:
            raise ValueError("takes the key of a signal, a space and a number")
        _number(bound)
    return value


def _number(value: Any) -> str:
    number = None if isinstance(value, bool) else Decimal(str(value))
    if number is None or not number.is_finite() or abs(number) >= Decimal(10) ** 13:
        raise ValueError("takes a number")
    return str(number)


SIGNAL = "signal"


def _is_customer(moment: Moment) -> Q:
    return Q(account__churned_on=None) | Q(account__churned_on__gt=moment.today)


def column(path: str) -> Meaning:
    """Return what being one of some values in a column means."""

    def meaning(operator: str, value: Value, moment: Moment) -> Q:
        found = Q(**{f"{path}__in": value})
        return found if operator == ONE_OF else ~found

    return meaning


def values_of(name: str) -> Options:
    """Return the values that a column of the accounts which someone sees holds."""

    def options(viewer: Viewer) -> Iterable[tuple[str, str]]:
        rows = Account.objects.visible_to(viewer).exclude(**{name: ""}).order_by(name)
        return ((value, value) for value in rows.values_list(name, flat=True).distinct())

    return options


def _roles(viewer: Viewer) -> Iterable[tuple[str, str]]:
    return ((value, str(label)) for value, label in Contact.Role.choices)


def _languages(viewer: Viewer) -> Iterable[tuple[str, str]]:
    rows = Contact.objects.visible_to(viewer).exclude(language="").order_by("language")
    return ((value, value) for value in rows.values_list("language", flat=True).distinct())


def _owners(viewer: Viewer) -> Iterable[tuple[str, str]]:
    owners = User.objects.filter(owned_accounts__in=Account.objects.visible_to(viewer)).distinct()
    return ((owner.email, str(owner)) for owner in owners)


def _teams(viewer: Viewer) -> Iterable[tuple[str, str]]:
    teams = Team.objects.filter(accounts__in=Account.objects.visible_to(viewer)).distinct()
    return ((team.name, team.name) for team in teams)


def _products(viewer: Viewer) -> Iterable[tuple[str, str]]:
    rows = Subscription.objects.visible_to(viewer).exclude(product="").order_by("product")
    return ((value, value) for value in rows.values_list("product", flat=True).distinct())


def _has_product(operator: str, value: Value, moment: Moment) -> Q:
    rows = Subscription.objects.in_force(moment.today).filter(product__in=value)
    found = Q(account__in=rows.values("account"))
    return found if operator == ONE_OF else ~found


def _renews(operator: str, value: Value, moment: Moment) -> Q:
    end = moment.today + timedelta(days=value + 1)
    rows = Subscription.objects.due(moment.today, end).filter(cancelled_on=None, renewals=None)
    return _if_within(operator, Q(account__in=rows.values("account")))


def _if_within(operator: str, found: Q) -> Q:
    return found if operator == WITHIN else ~found


def _asked(operator: str, value: Value, moment: Moment) -> Q:
    rows = Invitation.objects.filter(sent_at__gte=moment.now - timedelta(days=value))
    return _if_within(operator, Q(pk__in=rows.values("contact")))


def _answered(operator: str, value: Value, moment: Moment) -> Q:
    rows = Response.objects.counted().filter(submitted_at__gte=moment.now - timedelta(days=value))
    return _if_within(operator, Q(pk__in=rows.exclude(contact=None).values("contact")))


def _signal(operator: str, value: Value, moment: Moment) -> Q:
    key, _, bound = value.rpartition(" ")
    newest = Signal.objects.filter(key=key, observed_on__lte=moment.today).newest()
    bounds = {"value__gte": bound} if operator == AT_LEAST else {"value__lte": bound}
    return Q(account__in=Signal.objects.filter(pk__in=newest.values("pk"), **bounds).values("account"))


def _customer(operator: str, value: Value, moment: Moment) -> Q:
    is_customer, found = _is_customer(moment), Q(pk=None)
    for one in value:
        found |= {"customer": is_customer, "churned": ~is_customer}.get(one, Q(pk=None))
    return found if operator == ONE_OF else ~found


def _listed(operator: str, value: Value, moment: Moment) -> Q:
    found = Q(pk__in=Audience.objects.filter(pk=moment.audience or 0).values("members__contact"))
    return found if value == "yes" else ~found


def _title(operator: str, value: Value, moment: Moment) -> Q:
    return Q(title__icontains=value)


CHOSEN, DAYS, BOUNDS = (ONE_OF, NONE_OF), (WITHIN, NOT_WITHIN), (AT_LEAST, AT_MOST)
# What an audience may be chosen by. What lies above the surveys adds what it knows.
FIELDS: dict[str, Field] = {
    field.name: field
    for field in (
        Field("segment", "Segment", CHOSEN, column("account__segment"), values_of("segment")),
        Field("tier", "Tier", CHOSEN, column("account__tier"), values_of("tier")),
        Field("industry", "Industry", CHOSEN, column("account__industry"), values_of("industry")),
        Field("region", "Region", CHOSEN, column("account__region"), values_of("region")),
        Field("country", "Country", CHOSEN, column("account__country"), values_of("country")),
        Field("owner", "Owner", CHOSEN, column("account__owner__email"), _owners),
        Field("team", "Team", CHOSEN, column("account__team__name"), _teams),
        Field("account", "Account id", CHOSEN, column("account__external_id")),
        Field("product", "Product", CHOSEN, _has_product, _products),
        Field("renewal", "Renewal is due", DAYS, _renews),
        Field(SIGNAL, "Signal", BOUNDS, _signal),
        Field("role", "Role", CHOSEN, column("role"), _roles, words=dict(Contact.Role.choices)),
        Field("language", "Language", CHOSEN, column("language"), _languages),
        Field("title", "Title", (CONTAINS,), _title),
        Field("asked", "Was asked", DAYS, _asked),
        Field("answered", "Has answered", DAYS, _answered),
        Field(
            "customer",
            "Account",
            CHOSEN,
            _customer,
            lambda viewer: (("customer", "a customer"), ("churned", "churned")),
        ),
        Field(
            "listed", "On the uploaded list", (IS,), _listed, lambda viewer: (("yes", "yes"), ("no", "no"))
        ),
    )
}
