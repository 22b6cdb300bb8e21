"""What became of the rows of an import."""

from dataclasses import dataclass, field

MAX_SHOWN = 1000


@dataclass(slots=True)
class Report:
    """How many rows were created, updated, left as they were and rejected, and why, for the first 1,000."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    _reasons: list[tuple[int, str]] = field(default_factory=list)

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
