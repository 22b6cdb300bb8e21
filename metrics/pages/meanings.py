"""What every metric means, in words: the one source of the pages and of the list in docs/metrics.md."""

from collections.abc import Mapping
from typing import NamedTuple


class Meaning(NamedTuple):
    """A metric in words: what it says, its formula, what it can be, when it is unknown, and who says so.

    `rows` says how the value is made of the rows of its receipt.
    """

    says: str
    formula: str
    unit: str
    range: str
    unknown: str
    source: str
    rows: str


_POINTS, _PERCENT, _MONEY = "points", "percent", "money a customer, in the reporting currency"
_SCORE, _SHARE = "−100 to +100", "0 to 100"
_NO_ANSWERS, _NO_CUSTOMERS = "without answers", "without customers at the start, or without an exchange rate"
_OF_ANSWERS = (
    "100 × Σ (weight × counts) / Σ weight, where a promoter counts 1, a detractor −1 and a passive 0; {}."
)
_ALIKE = _OF_ANSWERS.format("every answer weighs the same")
_OF_TERMS = "100 × Σ {} / Σ due; terms of one account that end on one day are one renewal."
_NO_DUE = "when nothing fell due, or without an exchange rate"

MEANINGS: Mapping[str, Meaning] = {
    "nps": Meaning(
        "How many more customers would recommend you than would warn against you.",
        "100 × (promoters − detractors) / answers; on 0 to 10 promoters give 9–10, detractors 0–6.",
        *(_POINTS, _SCORE, _NO_ANSWERS),
        "Reichheld 2003; interval: Tango 1998, as Rocks 2016 compares them",
        _ALIKE,
    ),
    "nps_clustered": Meaning(
        "NPS with an interval that knows that colleagues are not quite as many voices.",
        "As NPS; the standard error takes the account as its unit, from ten accounts on; an answer of no"
        " known account is a unit of its own.",
        *(_POINTS, _SCORE, _NO_ANSWERS),
        "Cluster-robust standard error, as R's survey package computes it",
        _ALIKE,
    ),
    "nps_finite": Meaning(
        "NPS with the interval for the contacts that were invited rather than for everybody.",
        "As NPS; the interval × √(1 − n / invited), where more than 5% of those invited answered.",
        *(_POINTS, _SCORE, _NO_ANSWERS),
        "Finite-population correction",
        _ALIKE,
    ),
    "nps_accounts": Meaning(
        "What your customers think, not only the largest ones: each account is one voice.",
        "The mean of the NPS of every account that answered; answers of no known account are left out.",
        *(_POINTS, _SCORE, _NO_ANSWERS),
        "Satrix Solutions, account-level NPS",
        _OF_ANSWERS.format("the answers of an account weigh 1 together"),
    ),
    "nps_revenue": Meaning(
        "What your revenue thinks: each account speaks as loudly as it pays.",
        "Σ ARR × NPS of the account / Σ ARR, over the accounts that answered; answers of no known account are"
        " left out.",
        *(_POINTS, _SCORE, "without answers of accounts that pay"),
        "CustomerGauge, revenue-weighted NPS",
        _OF_ANSWERS.format("the answers of an account weigh its ARR together"),
    ),
    "nps_waterfall": Meaning(
        "What those who sign think.",
        "The mean over accounts, each by its decision-makers, else its influencers, else its users; answers"
        " of no known account are left out.",
        *(_POINTS, _SCORE, _NO_ANSWERS),
        "Satrix Solutions, waterfall method",
        _OF_ANSWERS.format("those of an account's weightiest role weigh 1 together, others nothing"),
    ),
    "nps_weighted": Meaning(
        "NPS with each segment, tier and region at its true share, also where fewer of them answered.",
        "As NPS, answers raked to the shares among contacts, weights cut at five times the median.",
        *(_POINTS, _SCORE, "without answers, or where contacts are all of one segment, tier and region"),
        "Raking (Deming and Stephan 1940); effective n by Kish 1965",
        _OF_ANSWERS.format("an answer of a group that answered little weighs more than 1"),
    ),
    "csat": Meaning(
        "How many of those who answered are satisfied.",
        "100 × satisfied answers (4–5 of 5, 6–7 of 7, 9–10 of 10) / answers; never pooled over scales.",
        *(_PERCENT, _SHARE, "without answers on one scale"),
        "Top-2-box; interval: Wilson 1927",
        "100 × Σ counts / rows, where a satisfied answer counts 1.",
    ),
    "ces": Meaning(
        "How many found it easy to get done what they wanted.",
        "100 × easy answers (5–7 of 7, or 1–2 of 5 where effort was asked for) / answers.",
        *(_PERCENT, _SHARE, "without answers on one scale and in one direction"),
        "CES 2.0, Dixon 2013; interval: Wilson 1927",
        "100 × Σ counts / rows, where an easy answer counts 1.",
    ),
    "response_rate": Meaning(
        "How many of those you asked answered.",
        "100 × invitations answered to the end / invitations delivered; bounces are out.",
        *(_PERCENT, _SHARE, "without deliveries"),
        "AAPOR response rate 1; interval: Wilson 1927",
        "100 × rows answered / rows.",
    ),
    "completion_rate": Meaning(
        "How many of those who began came to the end.",
        "100 × completed visits / visits that answered at least one page.",
        *(_PERCENT, _SHARE, "without visits"),
        "Interval: Wilson 1927",
        "100 × rows with a day of submission / rows.",
    ),
    "contact_coverage": Meaning(
        "How many of the people you know at your customers were heard.",
        "100 × contacts that answered / contacts; without accounts that had left before.",
        *(_PERCENT, _SHARE, "without contacts"),
        "CustomerGauge, coverage",
        "100 × rows answered / rows.",
    ),
    "account_coverage": Meaning(
        "How many of your customers were heard at all.",
        "100 × accounts of which anybody answered / accounts with contacts or answers; without those that had"
        " left before.",
        *(_PERCENT, _SHARE, "without accounts"),
        "CustomerGauge, coverage",
        "100 × rows answered / rows.",
    ),
    "decision_maker_coverage": Meaning(
        "How many of those who sign were heard.",
        "100 × decision-makers that answered / decision-makers; without accounts that had left before.",
        *(_PERCENT, _SHARE, "without decision-makers"),
        "CustomerGauge, coverage",
        "100 × rows answered / rows.",
    ),
    "revenue_coverage": Meaning(
        "How much of your revenue was heard.",
        "100 × ARR of accounts of which anybody answered / ARR.",
        *(_PERCENT, _SHARE, "without revenue, or without an exchange rate"),
        "CustomerGauge, revenue coverage",
        "100 × Σ ARR of the rows answered / Σ ARR.",
    ),
    "health": Meaning(
        "How many of your customers are well.",
        "100 × accounts in green / accounts of whose health enough is known; grey ones are out.",
        *(_PERCENT, _SHARE, "while no account's health is known"),
        "The scorecard in force; each account's health is a sum that its page takes apart",
        "100 × rows in green / rows in green, yellow or red.",
    ),
    "arr": Meaning(
        "What your customers pay you a year, on the last day.",
        "Σ yearly value of the subscriptions in force; one-time fees, services and taxes are out.",
        *(
            "money, in the reporting currency",
            "0 or more",
            "before anybody paid, or without an exchange rate",
        ),
        "SaaS Metrics Standards Board",
        "Σ ARR.",
    ),
    "grr": Meaning(
        "Of the revenue you had at the start, how much the same customers still pay, without their growth.",
        "100 × Σ min(end, start) / Σ start over those who were customers at the start, at the start's rates.",
        *(_PERCENT, _SHARE, _NO_CUSTOMERS),
        "SaaS Metrics Standards Board",
        "100 × Σ min(ARR at end, ARR at start) / Σ ARR at start.",
    ),
    "nrr": Meaning(
        "Of the revenue you had at the start, how much the same customers pay now, with their growth.",
        "100 × Σ end / Σ start over those who were customers at the start, at the start's rates.",
        *(_PERCENT, "0 or more", _NO_CUSTOMERS),
        "SaaS Metrics Standards Board",
        "100 × Σ ARR at end / Σ ARR at start.",
    ),
    "logo_churn": Meaning(
        "How many of the customers at the start have left since. Lower is better.",
        "100 × customers that pay nothing at the end / customers at the start; a merger is no loss.",
        *(_PERCENT, _SHARE, "without customers at the start"),
        "SaaS Metrics Standards Board",
        "100 × rows with nothing at the end / rows.",
    ),
    "renewal_rate": Meaning(
        "Of what came up for renewal, how much was renewed, growth left out.",
        "100 × Σ min(renewed, due) / Σ due over the contracts that ended in the window.",
        *(_PERCENT, _SHARE, _NO_DUE),
        "Due-date cohort, as Concentrix describes it",
        _OF_TERMS.format("min(renewed, due)"),
    ),
    "net_renewal_rate": Meaning(
        "Of what came up for renewal, how much was renewed, growth included.",
        "100 × Σ renewed / Σ due over the contracts that ended in the window.",
        *(_PERCENT, "0 or more", _NO_DUE),
        "Due-date cohort, as Concentrix describes it",
        _OF_TERMS.format("renewed"),
    ),
    "logo_renewal_rate": Meaning(
        "Of the customers whose contracts ended, how many renewed.",
        "100 × accounts that renewed / accounts due.",
        *(_PERCENT, _SHARE, _NO_DUE),
        "Due-date cohort, as Concentrix describes it",
        "100 × accounts that renewed any of theirs / accounts.",
    ),
    "survival": Meaning(
        "How many of those who become customers still are after twelve months.",
        "Kaplan–Meier over every customer there ever was, young ones counted while they are here.",
        *(_PERCENT, _SHARE, "before anybody was watched for twelve months"),
        "Kaplan and Meier 1958; interval: Greenwood, log-log",
        "100 × the product of (1 − those who left then / those still watched then) over each time within"
        " twelve months at which a customer left.",
    ),
    "clv": Meaning(
        "What an average customer still brings, seen just before its next renewal.",
        "ARR per customer × r(1 + d) / (1 + d − r), with r the gross revenue retention and d 10% a year.",
        *(_MONEY, "0 or more", "without customers or without retention"),
        "Gupta and Lehmann 2003",
        "Σ ARR / rows that pay × r(1 + d) / (1 + d − r), ARR at the exchange rates of the end; r is"
        " Σ min(ARR at end, at start) / Σ ARR at start, both at those of the start.",
    ),
    "clv_sbg": Meaning(
        "What an average customer still brings, knowing that those who stay are the loyal ones.",
        "ARR per customer × discounted renewals to come (shifted beta-geometric model), at most 20 years.",
        *(_MONEY, "0 or more", "below three renewals observed or a hundred customers"),
        "Fader and Hardie 2007, 2010",
        "Σ ARR / rows that pay × the renewals to come, which the model reads from who left after which year.",
    ),
    "services_margin": Meaning(
        "How much of what services bring in is left after their cost.",
        "100 × (services revenue − cost of delivering them) / services revenue; a loss is negative.",
        *(_PERCENT, "100 at most, no least", "without services revenue"),
        "TSIA, professional services margin",
        "100 × Σ ((revenue − cost) × rate) / Σ (revenue × rate).",
    ),
}
GROUPS: Mapping[str, tuple[str, ...]] = {
    "What customers say": ("nps", "csat", "ces"),
    "NPS, counted in other ways": (
        *("nps_accounts", "nps_revenue", "nps_waterfall", "nps_clustered", "nps_finite", "nps_weighted"),
    ),
    "How customers are": ("health",),
    "What customers pay": (
        *("arr", "grr", "nrr", "renewal_rate", "net_renewal_rate", "logo_renewal_rate"),
        *("logo_churn", "survival", "clv", "clv_sbg", "services_margin"),
    ),
    "Who is heard": (
        *("response_rate", "completion_rate", "contact_coverage", "account_coverage"),
        *("decision_maker_coverage", "revenue_coverage"),
    ),
}


def as_markdown() -> str:
    """Return the table of all metrics as docs/metrics.md holds it; a test compares the two."""
    lines = ["| metric | says | formula | unit, range | unknown |", "|---|---|---|---|---|"]
    lines += [
        f"| `{name}` | {each.says} | {each.formula} | {each.unit}, {each.range} | {each.unknown} |"
        for name, each in MEANINGS.items()
    ]
    return "\n".join(lines)
