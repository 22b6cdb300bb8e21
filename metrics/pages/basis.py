"""What the loss rates of a page are learnt from, as its address says it."""

from collections.abc import Mapping
from typing import NamedTuple

from metrics.measures.backtest import LEADS
from metrics.measures.foretold import MONTHS

WINDOWS = {str(months): months for months in MONTHS}
DEFAULT = "24"


class Basis(NamedTuple):
    """The renewals of so many months, by the health so many days before; days scored only later in or out."""

    months: int
    lead: int
    with_replays: bool

    @property
    def place(self) -> int:
        """Where the back-test of this lead stands among those of all."""
        return LEADS.index(self.lead)


def read_basis(asked: Mapping[str, str]) -> Basis:
    """Return the basis that an address names: two years, the longest lead and no replays else."""
    months = WINDOWS.get(asked.get("months", ""), WINDOWS[DEFAULT])
    lead = next((each for each in LEADS if asked.get("lead") == str(each)), LEADS[0])
    return Basis(months, lead, asked.get("replays") == "1")
