"""Which fields the tables of each model may feed, and how their cells are read."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models

from accounts.interchange import cells
from accounts.interchange.cells import Cell, CellRefused
from accounts.interchange.dates import Dates
from accounts.models import Account, Contact, ServicesMonth, Signal, Subscription, Team, User

REQUIRED = object()
MAX_NAME = 254
# How a file names the row that a foreign key points to.
NAMED_BY: Mapping[type[models.Model], str] = {
    Account: "external_id",
    Subscription: "external_id",
    User: "email",
    Team: "name",
}


@dataclass(frozen=True, slots=True)
class Field:
    """One field that a column may feed: how a cell is read, and what an empty one stores (or REQUIRED)."""

    read: Callable[[Cell, Dates], object]
    empty: object
    target: type[models.Model] | None = None


@dataclass(frozen=True)
class Spec:
    """What a table may say of one model: `key` finds the row, `in_order` holds days that may not cross."""

    model: type[models.Model]
    key: tuple[str, ...]
    fields: Mapping[str, Field]
    in_order: tuple[tuple[str, str], ...] = ()
    # Where columns that feed no field are kept; without it they are ignored.
    keeps_others_in: str = ""
    # Fills in, from the account, what the table leaves open.
    complete: Callable[[Any], None] | None = None

    @cached_property
    def references(self) -> dict[str, type[models.Model]]:
        """The fields that point to other rows, and the model of those."""
        return {name: field.target for name, field in self.fields.items() if field.target}

    @cached_property
    def own_references(self) -> list[str]:
        """The fields that point to a row of the same model, which may come later in the same table."""
        return [name for name, target in self.references.items() if target is self.model]

    def attributes(self, names: Iterable[str]) -> list[str]:
        """Return the attributes that hold the fields' stored values: of another row, its primary key."""
        return [f"{name}_id" if name in self.references else name for name in names]

    @cached_property
    def written(self) -> list[str]:
        """Every field that an import may write, and where it keeps other columns."""
        return [*self.fields, *([self.keeps_others_in] if self.keeps_others_in else [])]


def _spec(
    model: type[models.Model], *names: str, special: Mapping[str, Any] | None = None, **rest: Any
) -> Spec:
    special = special or {}
    fields = {name: special.get(name) or _field(model._meta.get_field(name)) for name in names}
    return Spec(model=model, fields=fields, **rest)


def _field(column: Any) -> Field:
    """Return how a column of the database is fed: its type and limits say it."""
    if column.null:
        empty = None
    elif column.has_default():
        empty = column.get_default()
    else:
        empty = "" if column.blank else REQUIRED
    return Field(_reader(column), empty, column.related_model)


def _reader(column: Any) -> Callable[[Cell, Dates], object]:
    if isinstance(column, models.DateField):
        return lambda cell, dates: dates.day(cell)
    if isinstance(column, models.BooleanField):
        return lambda cell, dates: cells.truth(cell)
    if isinstance(column, models.DecimalField):
        return lambda cell, dates: cells.number(cell, digits=column.max_digits, places=column.decimal_places)
    if isinstance(column, models.EmailField):
        return _email
    if column.choices:
        return lambda cell, dates: cells.word_of(cell, tuple(value for value, _ in column.choices))
    return _line(column.max_length or MAX_NAME)


def _line(max_length: int) -> Callable[[Cell, Dates], str]:
    return lambda cell, dates: cells.line(cell, max_length)


def _email(cell: Cell, dates: Dates) -> str:
    address = cells.line(cell, MAX_NAME)
    try:
        validate_email(address)
    except ValidationError:
        raise CellRefused(f"{cells.quoted(cell)} is not an e-mail address") from None
    return address


def _take_account_currency(subscription: Subscription) -> None:
    if not subscription.currency:
        subscription.currency = subscription.account.currency or settings.REPORTING_CURRENCY


LANGUAGE = Field(lambda cell, dates: cells.language(cell), "")
CURRENCY = Field(lambda cell, dates: cells.currency(cell), "")
MONTH = Field(lambda cell, dates: dates.month(cell), REQUIRED)
MONEY = Field(lambda cell, dates: cells.money(cell, digits=14, places=2), REQUIRED)

ACCOUNTS = _spec(
    Account,
    *("external_id", "name", "created_on", "churned_on", "segment", "industry", "country", "region", "tier"),
    *("owner", "team", "parent", "currency", "domain"),
    special={"currency": CURRENCY},
    key=("external_id",),
    in_order=(("created_on", "churned_on"),),
    keeps_others_in="attributes",
)
CONTACTS = _spec(
    Contact,
    *("external_id", "account", "name", "email", "role", "title", "language"),
    special={"language": LANGUAGE},
    key=("external_id",),
)
SUBSCRIPTIONS = _spec(
    Subscription,
    *("external_id", "account", "product", "starts_on", "ends_on", "annual_value", "currency", "auto_renew"),
    *("cancelled_on", "renews"),
    special={"currency": CURRENCY, "annual_value": MONEY},
    key=("external_id",),
    in_order=(("starts_on", "ends_on"),),
    complete=_take_account_currency,
)
SERVICES = _spec(
    ServicesMonth,
    *("account", "month", "revenue", "cost"),
    special={"month": MONTH, "revenue": MONEY, "cost": MONEY},
    key=("account", "month"),
)
SIGNALS = _spec(Signal, *("account", "key", "observed_on", "value"), key=("account", "key", "observed_on"))
