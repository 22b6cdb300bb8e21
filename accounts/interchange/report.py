"""What became of the rows of an import."""

from dataclasses import dataclass, field
from typing import Literal

MAX_SHOWN = 1000

Outcome = Literal["created", "updated", "unchanged", "rejected"]


@dataclass(slots=True)
class Report:
    """How many rows were created, updated, left as they were and rejected, and why, for the first 1,000."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    _reasons: list[tuple[int, str]] = field(default_factory=list)

    def store(self, line: int, *, is_new: bool) -> None:
        """Count a row as stored."""
        if is_new:
            self.created += 1
        else:
            self.updated += 1

    def keep(self, line: int) -> None:
        """Count a row that says what is stored already."""
        self.unchanged += 1

    def reject(self, line: int, *reasons: str) -> None:
        """Count a row as rejected and keep its reasons while there is room."""
        self.rejected += 1
        if len(self._reasons) < MAX_SHOWN:
            self._reasons.append((line, "; ".join(reasons)))

    @property
    def total(self) -> int:
        """How many rows there were."""
        return self.created + self.updated + self.unchanged + self.rejected

    def rejections(self) -> list[str]:
        """Return a line per rejected row in the order of the file, and one that counts those left out."""
        lines = [f"line {line}: {reason}" for line, reason in sorted(self._reasons)]
        left_out = self.rejected - len(self._reasons)
        return [*lines, f"… and {left_out} more"] if left_out else lines

    def summary(self) -> str:
        """Return the four counts in one line."""
        kept = f"{self.created} created, {self.updated} updated, {self.unchanged} unchanged"
        return f"{kept}, {self.rejected} rejected"


@dataclass(slots=True)
class RowReport(Report):
    """A report that remembers what became of every row, and why."""

    outcomes: dict[int, Outcome] = field(default_factory=dict)
    reasons: dict[int, list[str]] = field(default_factory=dict)

    def store(self, line: int, *, is_new: bool) -> None:
        """Remember a row as stored."""
        Report.store(self, line, is_new=is_new)
        self.outcomes[line] = "created" if is_new else "updated"

    def keep(self, line: int) -> None:
        """Remember a row that says what is stored already."""
        Report.keep(self, line)
        self.outcomes[line] = "unchanged"

    def reject(self, line: int, *reasons: str) -> None:
        """Remember a row as rejected, and why."""
        Report.reject(self, line, *reasons)
        self.outcomes[line] = "rejected"
        self.reasons[line] = [*reasons]
