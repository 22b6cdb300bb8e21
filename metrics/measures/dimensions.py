"""By what a number may be narrowed down and split: one list of names for the API, the pages and reports."""

from collections.abc import Mapping
from typing import Any

from django.db.models import F
from django.db.models.functions import TruncMonth, TruncQuarter

PERIODS = ("month", "quarter")
# Of an answer as it was when it came; of accounts, for whatever else is asked, as they are now.
ATTRIBUTES = ("segment", "tier", "region")
COMPANY = ("country", "industry")
PEOPLE = ("owner", "team")
CONTRACTS = ("product", "cohort")
ANSWERED = ("language", "channel")
SURVEYS = ("programme", "survey")

OF_ACCOUNTS = (*ATTRIBUTES, *COMPANY, *PEOPLE, *CONTRACTS, "account")
OF_ANSWERS = (*OF_ACCOUNTS, *ANSWERED, *SURVEYS)
ALL = (*PERIODS, *OF_ANSWERS)

# Where a scored answer, tally or score, says it. Product and cohort are not among them: an account may have
# bought several products.
PATHS: Mapping[str, str] = {
    **{name: f"slice__{name}" for name in (*ATTRIBUTES, *ANSWERED)},
    **{name: f"account__{name}" for name in COMPANY},
    "owner": "account__owner__email",
    "team": "account__team__name",
    "account": "account",
    "programme": "survey__programme__slug",
    "survey": "survey__slug",
    "role": "contact_role",
}
# What a tally cannot say, because accounts are not kept apart in it.
BY_ACCOUNT = frozenset({*COMPANY, *PEOPLE, *CONTRACTS, "account"})
NEEDS_SCORES = BY_ACCOUNT | {"role"}
# By what totals are told apart, which know no slices.
OF_TOTALS = frozenset({*PERIODS, *SURVEYS})
# By what the counted years of accounts are told apart.
OF_YEARS = frozenset({*COMPANY, *PEOPLE, *SURVEYS, "account", "role"})


def group_of(by: str, day: str = "day") -> Any:
    """Return the expression for the group of a scored answer: a date for periods, a text or an id else."""
    if by in PERIODS:
        return {"month": TruncMonth, "quarter": TruncQuarter}[by](day)
    return F(PATHS[by])
