"""Which of the coming renewals are listed, and what each says."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.http import QueryDict

from accounts.models import Account
from metrics.formulas.health import Band
from metrics.measures.forecast import Forecast
from metrics.measures.health import Standing, standings
from metrics.measures.renewals import Due
from metrics.measures.scope import Scope

WITHIN = {"30": 30, "90": 90, "180": 180, "365": 365}
BANDS = (Band.RED, Band.YELLOW, Band.GREY, Band.GREEN)
AT_RISK = (Band.RED, Band.YELLOW)
# What the address names to list those of which notice was given or was not, and to list all.
NOTICE = {"given": True, "none": False}
ALL = "all"


class Coming(NamedTuple):
    """One renewal: whose, what falls due, how the account is, and what of it is likely to be lost.

    `standing` is None where the account has no health; the chance (0..100 percent) and what is at stake are
    None before any renewal was decided.
    """

    account: Account
    due: Due
    standing: Standing | None
    chance: float | None
    at_stake: Decimal | None


class Listing(NamedTuple):
    """Which of the coming renewals are listed: those at risk, or all of a month, of bands, within days.

    `noticed` are those of which notice was given, or was not.
    """

    month: date | None = None
    bands: tuple[Band, ...] = ()
    within: int | None = None
    noticed: bool | None = None
    is_all: bool = False

    @property
    def is_at_risk(self) -> bool:
        """Whether nothing else is asked for than what is at risk."""
        return self == Listing()

    def of(self, dues: Sequence[Due], known: Mapping[int, Band], today: date) -> list[Due]:
        """Return those of the renewals that are meant, by the band of each account."""
        if self.is_at_risk:
            return [each for each in dues if band_of(each, known) in AT_RISK or each.is_cancelled]
        end = today + timedelta(days=self.within) if self.within else date.max
        return [
            each
            for each in dues
            if each.ends_on < end
            and self.month in (None, month_of_due(each))
            and (not self.bands or band_of(each, known) in self.bands)
            and self.noticed in (None, each.is_cancelled)
        ]


def read_listing(asked: QueryDict, months: Sequence[date]) -> tuple[Listing, list[str]]:
    """Return which renewals the address asks for, of the months shown, and what of that there is not."""
    month, within = asked.get("month", ""), asked.get("within", "")
    names = asked.getlist("band")
    first = next((each for each in months if str(each)[:7] == month), None)
    bands = tuple(band for band in BANDS if band.value in names)
    faults = []
    if month and not first:
        faults.append(f"There is no month “{month[:60]}” among those shown: left out.")
    if within and within not in WITHIN:
        faults.append(f"There is no renewal within “{within[:60]}” days: left out.")
    faults += [f"There is no band “{name[:60]}”: left out." for name in names if name not in [*BANDS]]
    for name, values in (("notice", [*NOTICE]), ("list", [ALL])):
        if asked.get(name, "") not in ("", *values):
            faults.append(f"There is no {name} “{asked[name][:60]}”: left out.")
    noticed, is_all = NOTICE.get(asked.get("notice", "")), asked.get("list") == ALL
    return Listing(first, bands, WITHIN.get(within), noticed, is_all), faults


def rows_of(
    scope: Scope, dues: Sequence[Due], known: Mapping[int, Band], forecast: Forecast | None
) -> list[Coming]:
    """Return renewals with their accounts, how those are and what of them is likely to be lost."""
    keys = [due.account for due in dues]
    accounts = Account.objects.visible_to(scope.viewer).select_related("owner").in_bulk(keys)
    healths, rows = standings(scope, keys), []
    for due in dues:
        if due.account in accounts:
            rate = forecast.chance(due, band_of(due, known)) if forecast else None
            at_stake = None if rate is None or due.value is None else due.value * Decimal(rate)
            chance = None if rate is None else 100 * rate
            rows.append(Coming(accounts[due.account], due, healths.get(due.account), chance, at_stake))
    return rows


def band_of(due: Due, known: Mapping[int, Band]) -> Band:
    """Return the band of the account whose renewal it is."""
    return known.get(due.account, Band.GREY)


def month_of_due(due: Due) -> date:
    """Return the first day of the month in which it falls due."""
    return due.ends_on.replace(day=1)
