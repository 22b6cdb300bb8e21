"""Currencies and what they were worth; prices are thought of in US dollars."""

from collections.abc import Iterable
from decimal import Decimal
from random import Random

from accounts.models import ExchangeRate
from config.demo.timeline import Timeline

WORTH = {"USD": 1.0, "EUR": 1.09, "GBP": 1.27, "CHF": 1.13}
CENT, RATE = Decimal("0.01"), Decimal("0.000001")


def currency_in(usual: str, reporting: str) -> str:
    """Return the currency a customer pays in: the usual one, or ours when its worth is not known here."""
    return usual if reporting in WORTH else reporting


def price(dollars: float, currency: str) -> Decimal:
    """Return an amount in a currency as a price list would have it, to the nearest 20."""
    return Decimal(max(1, round(dollars / WORTH.get(currency, 1.0) / 20)) * 20)


def dollars(amount: Decimal, currency: str) -> float:
    """Return what an amount is worth in US dollars."""
    return float(amount) * WORTH.get(currency, 1.0)


def exchange_rates(
    dice: Random, timeline: Timeline, *, currencies: Iterable[str], reporting: str
) -> list[ExchangeRate]:
    """Return a rate a month for each currency but the reporting one, wandering around what it is worth."""
    rates = []
    for currency in sorted(set(currencies) - {reporting}):
        worth = WORTH[currency] / WORTH[reporting]
        swing = 0.0
        for month in timeline.months:
            swing = 0.8 * swing + dice.gauss(0, 0.008)
            rate = Decimal(worth * (1 + swing)).quantize(RATE)
            rates.append(ExchangeRate(currency=currency, month=timeline.first_of(month), rate=rate))
    return rates
