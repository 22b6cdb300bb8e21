"""What became of a survey file: the definition and every loss, as sentences for a person. Pure."""

from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Self

from surveys.definition import Definition
from surveys.interchange.native import from_json, to_json

UNTITLED, MAX_TITLE = "Untitled survey", 200


@dataclass(frozen=True, slots=True)
class Loss:
    """One thing that could not be kept: where it stood and a sentence about it.

    `is_question` tells a question that was lost whole from a part of one that was converted.
    """

    place: str
    sentence: str
    is_question: bool = False

    def __str__(self) -> str:
        return f"{self.place}: {self.sentence}"


@dataclass(frozen=True, slots=True)
class Conversion:
    """What became of a file: the definition, how many questions the file held, and what could not be kept.

    `converted` counts the file's questions that became at least one of ours: a question with several
    fields may become several. Every question found is converted or one of the losses.
    """

    definition: Definition
    found: int
    converted: int
    losses: tuple[Loss, ...] = ()

    @property
    def lost_questions(self) -> tuple[Loss, ...]:
        """The losses that are whole questions."""
        return tuple(loss for loss in self.losses if loss.is_question)

    def named_after(self, file_name: str) -> Self:
        """Return the conversion with the file's name as title, where the file has none."""
        stem = PurePath(file_name).stem.replace("_", " ").strip()[:MAX_TITLE]
        if str(self.definition.title) != UNTITLED or not stem.isprintable() or not stem:
            return self
        losses = (loss for loss in self.losses if UNTITLED not in loss.sentence)
        told = Loss("survey", f"it has no title; it is called {stem!r} now, after its file.")
        return replace(self.titled(stem), losses=(*losses, told))

    def titled(self, title: str) -> Self:
        """Return the conversion with another title, unless it is empty, or raise DefinitionRefused."""
        if not title:
            return self
        return replace(self, definition=from_json(to_json(self.definition) | {"title": title}))
