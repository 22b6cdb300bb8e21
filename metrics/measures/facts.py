"""The facts behind a part of a health score as a sentence. Shares and changes are stored in hundredths."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from metrics.formulas.rounding import displayed

Facts = Mapping[str, Any]

CHECKS = {
    "decision_maker_heard": "no decision-maker heard in 90 days",
    "no_overdue_invoice": "an invoice is overdue",
    "no_open_case": "an unhappy answer is not settled",
    "renewal_committed": "the renewal is not promised yet",
}


def in_words(key: str, facts: Facts) -> str:
    """Return what was found, '' where nothing was or where the part has no words of its own."""
    say = SENTENCES.get(key)
    return say(facts) if say and facts else ""


def _relationship(facts: Facts) -> str:
    people = "1 person" if facts["people"] == 1 else f"{facts['people']} people"
    return (
        f"{people}: {facts['happy']} happy, {facts['unhappy']} unhappy; the newest on {_day(facts['newest'])}"
    )


def _transactions(facts: Facts) -> str:
    return f"{_count(facts['answers'], 'answer')}, the newest on {_day(facts['newest'])}"


def _trend(facts: Facts) -> str:
    recent, earlier = _count(facts["recent"], "answer"), facts["earlier"]
    return f"{recent} of the last 90 days against {earlier} before: {_change(facts['change'])} points"


def _behaviour(facts: Facts) -> str:
    everyone = _percent(facts["portfolio_rate"])
    words = f"answered {facts['answered']} of {facts['delivered']}; all accounts {everyone}"
    return (
        f"{words}; a decision-maker let the last two pass" if facts["decision_maker_fell_silent"] else words
    )


def _revenue(facts: Facts) -> str:
    return f"{_change(facts['change'])}% since {_day(facts['since'])}"


def _readiness(facts: Facts) -> str:
    if facts["days"] <= 0:
        return f"the term ended on {_day(facts['ends_on'])}, not renewed"
    if facts.get("has_notice"):
        return f"notice was given; the term ends on {_day(facts['ends_on'])}"
    failed = [
        CHECKS.get(check, check.replace("_", " ")) for check, passed in facts["checks"].items() if not passed
    ]
    return "; ".join([f"{_count(facts['days'], 'day')} to {_day(facts['ends_on'])}", *failed])


def _follow_up(facts: Facts) -> str:
    # Imported cases are as they were counted elsewhere; of our own, those that health opened are left out.
    if "observed_on" in facts:
        words = f"{_count(facts['open_cases'], 'open case')}, as of {_day(facts['observed_on'])}"
    else:
        words = f"{_count(facts['open_cases'], 'open follow-up')} from unhappy answers"
    late = facts["late_days"]
    return f"{words}; {_count(late, 'day')} past their due dates together" if late else words


def _usage(facts: Facts) -> str:
    words = []
    if "active_seats" in facts:
        words.append(f"{_percent(facts['active_seats'])} of seats active")
    if "activity" in facts:
        words.append(f"activity at {_percent(facts['activity'])} of the weeks before")
    return "; ".join([*words, f"as of {_day(facts['observed_on'])}"])


def _support(facts: Facts) -> str:
    words = [f"{facts['tickets_per_100_seats'] / 100:.1f} weighted tickets per 100 seats"]
    if "oldest_urgent_days" in facts:
        words.append(f"oldest urgent one open for {_count(facts['oldest_urgent_days'], 'day')}")
    return "; ".join([*words, f"as of {_day(facts['observed_on'])}"])


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _change(hundredths: int) -> str:
    size = displayed(abs(hundredths) / 100, 1)
    return f"{('−' if hundredths < 0 else '+') if size else ''}{size:,}"


def _percent(hundredths: int) -> str:
    return f"{hundredths / 100:.0f}%"


def _day(text: str) -> str:
    day = date.fromisoformat(text)
    return f"{day.day} {day:%b %Y}"


SENTENCES: Mapping[str, Callable[[Facts], str]] = {
    "relationship_sentiment": _relationship,
    "transactional_sentiment": _transactions,
    "sentiment_trend": _trend,
    "response_behaviour": _behaviour,
    "revenue_movement": _revenue,
    "renewal_readiness": _readiness,
    "follow_up": _follow_up,
    "product_usage": _usage,
    "support_load": _support,
}
