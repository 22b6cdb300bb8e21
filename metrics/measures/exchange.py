"""Amounts of other currencies in the reporting one, at the rates of one month."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.conf import settings

from accounts.models import ExchangeRate
from metrics.formulas.days import month_of, months_later

# How many months a rate may stand in for a later one, which is then said.
STALE_MONTHS = 3


class Quote(NamedTuple):
    """What one unit of a currency was worth in the reporting currency, and in which month."""

    rate: Decimal
    month: date


@dataclass(frozen=True, slots=True)
class Rates:
    """The exchange rates by which every amount of one figure is converted."""

    month: date
    quotes: Mapping[str, Quote]

    def convert(self, amount: Decimal, currency: str) -> Decimal | None:
        """Return the amount in the reporting currency, None where there is no rate."""
        if currency == settings.REPORTING_CURRENCY:
            return amount
        quote = self.quotes.get(currency)
        return quote and amount * quote.rate

    def knows(self, currency: str) -> bool:
        """Whether amounts of the currency can be converted."""
        return currency == settings.REPORTING_CURRENCY or currency in self.quotes

    def notes(self, currencies: Iterable[str]) -> tuple[str, ...]:
        """Return a sentence naming the currencies that have no rate, and one for each whose rate is older."""
        named = sorted(set(currencies) - {settings.REPORTING_CURRENCY})
        missing = [each for each in named if not self.knows(each)]
        sentences = (
            [f"There is no exchange rate for {', '.join(missing)} in {self.month:%B %Y}."] if missing else []
        )
        for each in named:
            quote = self.quotes.get(each)
            if quote and quote.month != self.month:
                sentences.append(
                    f"{each} is converted at the rate of {quote.month:%B %Y}, the newest there is."
                )
        return tuple(sentences)


@dataclass(frozen=True, slots=True)
class RateBook:
    """The exchange rates of many months, read once, from which those of any of their days follow."""

    rows: Sequence[ExchangeRate]

    @classmethod
    def between(cls, first: date, last: date) -> "RateBook":
        """Return the rates of the days from the first to the last."""
        oldest = months_later(month_of(first).start, -STALE_MONTHS)
        rows = ExchangeRate.objects.filter(month__lte=last, month__gte=oldest)
        return cls(list(rows.exclude(currency=settings.REPORTING_CURRENCY).order_by("month")))

    def on(self, day: date) -> Rates:
        """Return the rates of a day as `rates_on` says them."""
        month = month_of(day).start
        oldest = months_later(month, -STALE_MONTHS)
        near = (row for row in self.rows if oldest <= row.month <= month)
        return Rates(month, {row.currency: Quote(row.rate, row.month) for row in near})


def rates_for(days: Collection[date]) -> dict[date, Rates]:
    """Return the rates of each day as `rates_on` says them, in one query for all."""
    if not days:
        return {}
    book = RateBook.between(min(days), max(days))
    return {day: book.on(day) for day in days}


def rates_on(day: date) -> Rates:
    """Return the rates of the day's month; those of up to three months before stand in for missing ones."""
    month = month_of(day).start
    rows = ExchangeRate.objects.filter(month__lte=month, month__gte=months_later(month, -STALE_MONTHS))
    rows = rows.exclude(currency=settings.REPORTING_CURRENCY).order_by("currency", "-month")
    named = rows.distinct("currency").values_list("currency", "month", "rate")
    return Rates(month, {currency: Quote(rate, of) for currency, of, rate in named})
