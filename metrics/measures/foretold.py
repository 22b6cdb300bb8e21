"""The back-tests of every lead together, as the worker kept them last or worked out at once."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from accounts.models import Subscription
from metrics.formulas.backtest import BackTest, Bin
from metrics.formulas.days import months_later
from metrics.formulas.health import Band
from metrics.formulas.intervals import Interval
from metrics.measures.backtest import LEADS, BandLoss, Tested, health_backtest, nps_backtest
from metrics.measures.measure import Days
from metrics.measures.memory import stamp
from metrics.measures.outcomes import renewal_outcomes
from metrics.measures.scope import Scope
from metrics.models import Finding

NAME = "backtest"
# How far back renewals are looked at, in months.
MONTHS = (12, 24, 36)
# A finding that old is of a worker that has stopped.
OLDEST = timedelta(days=2)
# The back-tests of so many contracts take a second where they were answered for by a million responses.
MOST_AT_ONCE = 500


class Foretold(NamedTuple):
    """How well health and NPS foretold renewals, by lead, and when that was worked out; None for just now.

    `as_of` is the day that was today then. It `is_behind` where the worker has not seen today's contracts:
    they `have_changed` since, or it has stopped.
    """

    health: list[Tested]
    nps: list[Tested]
    found_at: datetime | None = None
    as_of: date | None = None
    have_changed: bool = False
    is_behind: bool = False


def foretold(scope: Scope, months: int, *, with_replays: bool) -> Foretold | None:
    """Return the back-tests of the whole company as they were kept last, None until there are any.

    They are worked out at once for whoever sees only some accounts, over these, and where the contracts of
    the company are few and nothing is kept of them as they are today.
    """
    kept = kept_of(scope, months, with_replays=with_replays)
    return kept or (None if is_left_to_worker(scope) else worked_out(scope, with_replays=with_replays))


def kept_of(scope: Scope, months: int, *, with_replays: bool = False) -> Foretold | None:
    """Return what was kept last of the whole company; None of a part of it and where nothing is kept.

    What is behind is returned only of contracts that are left to the worker.
    """
    if not _is_of_all(scope):
        return None
    kept = Finding.objects.filter(name=NAME, asked=asked(months, with_replays=with_replays)).first()
    if kept is None:
        return None
    have_changed = kept.stamp != contracts_stamp()
    is_behind = have_changed or kept.as_of < scope.today - OLDEST
    if is_behind and not is_left_to_worker(scope):
        return None
    return from_document(kept.document)._replace(
        found_at=kept.found_at, as_of=kept.as_of, have_changed=have_changed, is_behind=is_behind
    )


def is_left_to_worker(scope: Scope) -> bool:
    """Whether the contracts of the whole company are too many to test while somebody waits for the page."""
    due = Subscription.objects.filter(ends_on__gte=scope.start, ends_on__lt=scope.end)
    return _is_of_all(scope) and due[: MOST_AT_ONCE + 1].count() > MOST_AT_ONCE


def worked_out(scope: Scope, *, with_replays: bool) -> Foretold:
    """Return the back-tests of the renewals due in the scope's window."""
    decided = renewal_outcomes(scope)
    return Foretold(
        [health_backtest(scope, lead, decided, with_replays=with_replays) for lead in LEADS],
        [nps_backtest(scope, lead, decided) for lead in LEADS],
    )


def window_scope(viewer: Any, today: date, months: int) -> Scope:
    """Return the scope of the renewals of so many months up to today."""
    return Scope(viewer=viewer, today=today, **of_months(today, months)._asdict())


def of_months(today: date, months: int) -> Days:
    """Return so many months up to today."""
    return Days(months_later(today, -months), today)


def asked(months: int, *, with_replays: bool) -> str:
    """Return how a finding is named that is about so many months."""
    return f"{months} months{' with replays' if with_replays else ''}"


def _is_of_all(scope: Scope) -> bool:
    return scope.viewer.sees_all_accounts and not scope.is_narrowed


def contracts_stamp() -> str:
    """Return what is another one as soon as a contract is."""
    return str(stamp((Subscription,))[0])


def to_document(found: Foretold) -> dict[str, Any]:
    """Return back-tests as JSON, which `from_document` reads again."""
    return {"health": [asdict(each) for each in found.health], "nps": [asdict(each) for each in found.nps]}


def from_document(document: Mapping[str, Any]) -> Foretold:
    """Return the back-tests that a document holds."""
    health, nps = ([_tested(each) for each in document[name]] for name in ("health", "nps"))
    return Foretold(health, nps)


def _tested(given: Mapping[str, Any]) -> Tested:
    cuts = given["cut_points"]
    return Tested(
        **{
            **given,
            "test": _test(given["test"]),
            "reliability": [Bin(*each) for each in given["reliability"]],
            "bands": [_loss(each) for each in given["bands"]],
            "segments": [(segment, _test(test)) for segment, test in given["segments"]],
            "cut_points": None if cuts is None else (cuts[0], cuts[1]),
        }
    )


def _test(given: Any) -> BackTest:
    test = BackTest(*given)
    return test._replace(interval=test.interval and Interval(*test.interval))


def _loss(given: Mapping[str, Any]) -> BandLoss:
    interval = given["interval"]
    return BandLoss(**{**given, "band": Band(given["band"]), "interval": interval and Interval(*interval)})
