"""The formats in which a survey may arrive: add one to `FORMATS` and `import_survey` reads it. Pure."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Self

from surveys.definition import Definition
from surveys.interchange.native import DefinitionRefused, from_json, to_json

MAX_FILE = 4 << 20


@dataclass(frozen=True, slots=True)
class Conversion:
    """What became of a file: the definition, how many questions the file held, and what could not be kept."""

    definition: Definition
    found: int
    losses: tuple[str, ...] = ()

    def titled(self, title: str) -> Self:
        """Return the conversion with another title, unless it is empty, or raise DefinitionRefused."""
        if not title:
            return self
        return replace(self, definition=from_json(to_json(self.definition) | {"title": title}))


@dataclass(frozen=True, slots=True)
class Format:
    """One format: the suffixes of its files, how to tell its content, and its reader.

    The reader raises DefinitionRefused when nothing usable comes out of a file.
    """

    name: str
    suffixes: tuple[str, ...]
    recognises: Callable[[bytes], bool]
    read: Callable[[bytes], Conversion]


def read_json(content: bytes) -> object:
    """Return the JSON document in a file, or raise DefinitionRefused for what is none or nests too deep."""

    def refuse_constant(name: str) -> object:
        raise ValueError(f"{name} is not JSON")

    try:
        return json.loads(content.decode("utf-8-sig"), parse_constant=refuse_constant)
    except UnicodeDecodeError as error:
        raise DefinitionRefused([("file", f"is not UTF-8 at offset {error.start}")]) from None
    except ValueError as error:
        raise DefinitionRefused([("file", f"is not JSON: {error}")]) from None
    except RecursionError:
        raise DefinitionRefused([("file", "is nested too deeply")]) from None


def _read_native(content: bytes) -> Conversion:
    document = read_json(content)
    try:
        definition = from_json(document)
    except RecursionError:
        raise DefinitionRefused([("file", "is nested too deeply")]) from None
    return Conversion(definition, len(definition.questions))


NATIVE = Format("native", (".json",), lambda content: b'"questions"' in content, _read_native)
FORMATS = {format_.name: format_ for format_ in (NATIVE,)}


def format_of(name: str, content: bytes) -> Format | None:
    """Return the format of a file by its name and content, by its name alone if need be, or None."""
    suffix = PurePath(name).suffix.lower()
    likely = [format_ for format_ in FORMATS.values() if suffix in format_.suffixes]
    recognised = [format_ for format_ in likely if format_.recognises(content)]
    return next(iter(recognised or likely), None)
