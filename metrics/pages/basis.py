"""What the loss rates of a page are learnt from, as its address says it."""

from typing import NamedTuple

from django.http import QueryDict

from metrics.measures.backtest import LEADS
from metrics.measures.foretold import MONTHS
from metrics.pages.listing import read_known

WINDOWS = {str(months): months for months in MONTHS}
DEFAULT = "24"


class Basis(NamedTuple):
    """The renewals of so many months, by the health so many days before; days scored only later in or out."""

    months: int
    lead: int
    with_replays: bool

    @property
    def named(self) -> dict[str, int]:
        """How an address names it."""
        return {"months": self.months, "lead": self.lead, "replays": int(self.with_replays)}

    @property
    def place(self) -> int:
        """Where the back-test of this lead stands among those of all."""
        return LEADS.index(self.lead)


def read_basis(asked: QueryDict) -> tuple[Basis, list[str]]:
    """Return the basis that an address names, and what of that there is not.

    Two years, the longest lead and no replays where it names none.
    """
    known = {"months": [*WINDOWS], "lead": [*map(str, LEADS)], "replays": ["0", "1"]}
    said, faults = read_known(asked, known)
    months = WINDOWS[said["months"] or DEFAULT]
    lead = int(said["lead"] or LEADS[0])
    return Basis(months, lead, said["replays"] == "1"), faults
