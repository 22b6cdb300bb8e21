"""What readers say of a question, and what they hear of it once it is asked. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# A text as the tool holds it: markup by language, or in the survey's own language.
Texts = Mapping[str, str] | str
Condition = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Option:
    """One choice as the tool has it."""

    code: str
    text: Texts
    is_other: bool = False
    is_exclusive: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of the draft as conditions speak of it: `choices` finds a key by the tool's code."""

    key: str
    kind: str
    place: str
    choices: Mapping[str, str] = field(default_factory=dict)
    rows: Mapping[str, str] = field(default_factory=dict)
    # The keys of the choices and of the rows in their order.
    keys: tuple[str, ...] = ()
    row_keys: tuple[str, ...] = ()
    # Where the tool's name stands for one choice of several, or for one row of a matrix.
    choice: str = ""
    row: str = ""

    @property
    def reference(self) -> str:
        """How a condition names the question, or the row of it."""
        return f"{self.key}.{self.row}" if self.row else self.key
