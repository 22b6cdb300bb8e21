from datetime import date

from metrics.measures.explanation import explained
from metrics.measures.facts import SENTENCES, in_words
from metrics.models import Health


def part(key, contribution, *, score=50.0, facts=None, weight=10):
    return {
        "key": key,
        "weight": 100 * weight,
        "neutral": 6500,
        "score": None if score is None else round(100 * score),
        "freshness": 0 if score is None else 8000,
        "contribution": contribution,
        "facts": facts or {},
    }


OVERRIDE = {
    "key": "invoice_overdue",
    "weight": 0,
    "neutral": None,
    "score": None,
    "freshness": 0,
    "contribution": -500,
    "facts": {},
    "is_override": True,
}
REVENUE = part("revenue_movement", 200, facts={"change": 1234, "since": "2025-06-15"})


def health(*parts, base=6000):
    total = base + sum(each["contribution"] for each in parts)
    day = date(2026, 6, 15)
    return Health(day=day, score=total, base=base, confidence=6590, band="yellow", parts=list(parts))


def test_the_lines_add_up_to_the_score_exactly():
    explanation = explained(
        health(part("product_usage", 0, score=None), part("sentiment_trend", -90), REVENUE, OVERRIDE),
        with_revenue=True,
    )
    points = [line.hundredths for line in (explanation.base, *explanation.parts)]
    assert points == [6000, 200, -90, 0, -500]
    assert sum(points) == explanation.total == 5610
    assert explanation.score == 56.1
    assert explanation.confidence == 65.9


def test_each_line_says_weight_score_and_freshness_where_it_has_them():
    usage, trend, override = explained(
        health(part("product_usage", 300, weight=20), part("sentiment_trend", 0, score=None), OVERRIDE),
        with_revenue=True,
    ).parts
    assert (usage.name, usage.weight, usage.score, usage.freshness) == ("Use of the product", 20, 50, 80)
    assert (trend.weight, trend.score) == (10, None)
    assert (override.weight, override.why) == (None, "caps the health at 60")
    assert (usage.bar, override.bar) == (60, 100)


def test_what_revenue_adds_is_told_with_the_renewal_to_who_may_not_see_it():
    renewal = part("renewal_readiness", -350, facts={"days": 40, "ends_on": "2026-07-25", "checks": {}})
    parts = (REVENUE, part("product_usage", 100), renewal, OVERRIDE)
    shown, hidden = (explained(health(*parts), with_revenue=may) for may in (True, False))
    assert {line.key: line.why for line in shown.parts}["revenue_movement"] == "+12.3% since 15 Jun 2025"
    assert [(line.key, line.hundredths) for line in hidden.parts] == [
        ("contracts", -150),
        ("product_usage", 100),
        ("invoice_overdue", -500),
    ]
    contracts = hidden.parts[0]
    assert (contracts.weight, contracts.score, contracts.freshness) == (None, None, None)
    # Not even the length of a bar says how long that of a hidden part would be.
    assert [line.bar for line in hidden.parts] == [30, 20, 100]
    assert sum(line.hundredths for line in (hidden.base, *hidden.parts)) == hidden.total == shown.total


def test_an_unknown_part_has_its_own_name():
    (line,) = explained(health(part("own_measure", 10)), with_revenue=True).parts
    assert (line.name, line.why) == ("Own measure", "")


def test_facts_are_said_in_words():
    said = {
        "relationship_sentiment": {"people": 1, "happy": 1, "unhappy": 0, "newest": "2026-06-01"},
        "transactional_sentiment": {"answers": 2, "newest": "2026-06-01"},
        "sentiment_trend": {"recent": 1, "earlier": 3, "change": -1250},
        "response_behaviour": {
            "answered": 1,
            "delivered": 4,
            "portfolio_rate": 3210,
            "decision_maker_fell_silent": True,
        },
        "revenue_movement": {"change": -500, "since": "2025-06-15"},
        "renewal_readiness": {
            "ends_on": "2026-07-01",
            "days": 16,
            "checks": {"decision_maker_heard": False, "no_overdue_invoice": True},
        },
        "product_usage": {"active_seats": 6200, "activity": 9100, "observed_on": "2026-06-01"},
        "support_load": {"tickets_per_100_seats": 420, "oldest_urgent_days": 1, "observed_on": "2026-06-01"},
        "follow_up": {"open_cases": 2, "late_days": 3, "observed_on": "2026-06-01"},
    }
    assert said.keys() == SENTENCES.keys()
    assert [in_words(key, facts) for key, facts in said.items()] == [
        "1 person: 1 happy, 0 unhappy; the newest on 1 Jun 2026",
        "2 answers, the newest on 1 Jun 2026",
        "1 answer of the last 90 days against 3 before: −12.5 points",
        "answered 1 of 4; all accounts 32%; a decision-maker let the last two pass",
        "−5.0% since 15 Jun 2025",
        "16 days to 1 Jul 2026; no decision-maker heard in 90 days",
        "62% of seats active; activity at 91% of the weeks before; as of 1 Jun 2026",
        "4.2 weighted tickets per 100 seats; oldest urgent one open for 1 day; as of 1 Jun 2026",
        "2 open cases, as of 1 Jun 2026; 3 days past their due dates together",
    ]
    ours = {"open_cases": 1, "late_days": 0}
    assert in_words("follow_up", ours) == "1 open follow-up from unhappy answers"
    noticed = said["renewal_readiness"] | {"has_notice": True}
    assert in_words("renewal_readiness", noticed) == "notice was given; the term ends on 1 Jul 2026"
    gone = {"ends_on": "2026-06-01", "days": -14, "checks": {}}
    assert in_words("renewal_readiness", gone) == "the term ended on 1 Jun 2026, not renewed"
    assert in_words("product_usage", {}) == in_words("own_measure", {"x": 1}) == ""


def test_a_change_that_rounds_to_nothing_has_no_sign_and_halves_are_rounded_up():
    told = {
        change: in_words("revenue_movement", {"change": change, "since": "2025-06-15"})
        for change in (0, -4, 25, -25)
    }
    assert {change: words.partition("%")[0] for change, words in told.items()} == {
        0: "0.0",
        -4: "0.0",
        25: "+0.3",
        -25: "−0.3",
    }
