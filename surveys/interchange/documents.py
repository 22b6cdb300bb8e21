"""Opens what a survey file is made of: JSON, XML, ZIP. Whatever is wrong is a DefinitionRefused. Pure.

Files are hostile input (SECURITY T59, T60): no DTD, no entities, sizes and depths capped, and archives
judged by their directory before a byte is unpacked.
"""

import json
from io import BytesIO
from typing import Any
from xml.etree.ElementTree import Element, ParseError, TreeBuilder
from zipfile import ZipFile

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from surveys.interchange.native import DefinitionRefused

MAX_DEPTH = 100
MAX_ELEMENTS = 400_000
MAX_ENTRIES = 1000
MAX_UNPACKED = 64 << 20
MAX_RATIO = 200
SMALL = 1 << 20
ZIP = b"PK\x03\x04"


def refused(fault: str) -> DefinitionRefused:
    """Return the refusal of a whole file; the fault goes on with "the file ..."."""
    return DefinitionRefused([("file", fault)])


def read_json(content: bytes) -> object:
    """Return the JSON document in a file, or raise DefinitionRefused for what is none or nests too deep."""

    def refuse_constant(name: str) -> object:
        raise ValueError(f"{name} is not JSON")

    try:
        return json.loads(content.decode("utf-8-sig"), parse_constant=refuse_constant)
    except UnicodeDecodeError as error:
        raise refused(f"is not UTF-8 at offset {error.start}") from None
    except ValueError as error:
        raise refused(f"is not JSON: {error}") from None
    except RecursionError:
        raise refused("is nested too deeply") from None


class _BoundedTree(TreeBuilder):
    """Builds a tree of limited depth and size."""

    def __init__(self) -> None:
        super().__init__()
        self.depth = self.count = 0

    def start(self, tag: Any, attrs: Any, /) -> Element:
        self.depth += 1
        self.count += 1
        if self.depth > MAX_DEPTH:
            raise refused("is nested too deeply")
        if self.count > MAX_ELEMENTS:
            raise refused(f"holds more than {MAX_ELEMENTS:,} elements")
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Element:
        self.depth -= 1
        return super().end(tag)


def read_xml(content: bytes) -> Element:
    """Return the root of the XML document in a file, or raise DefinitionRefused."""
    parser = DefusedXMLParser(
        target=_BoundedTree(), forbid_dtd=True, forbid_entities=True, forbid_external=True
    )
    try:
        parser.feed(content)
        root: Element = parser.close()
    except DefusedXmlException:
        raise refused("has a document type or entities of its own, which are not read") from None
    except (ParseError, ValueError, LookupError, AssertionError) as error:
        raise refused(f"is not XML: {error}") from None
    return root


def open_archive(content: bytes) -> ZipFile:
    """Return the archive in a file, or raise DefinitionRefused for one that is damaged or a bomb."""
    try:
        archive = ZipFile(BytesIO(content))
        entries = archive.infolist()
    except Exception:  # a malformed directory fails with whatever its parts raise
        raise refused("is not a ZIP archive, or a damaged one") from None
    is_dense = any(
        entry.file_size > SMALL and entry.file_size > MAX_RATIO * entry.compress_size for entry in entries
    )
    unpacked = sum(entry.file_size for entry in entries)
    if len(entries) > MAX_ENTRIES or unpacked > MAX_UNPACKED or is_dense:
        raise refused(f"would unpack to {unpacked >> 20} MB in {len(entries)} parts, which is too much")
    return archive


def read_member(archive: ZipFile, suffix: str) -> bytes | None:
    """Return the first part of an archive whose name ends so, None without one."""
    name = next((name for name in archive.namelist() if name.lower().endswith(suffix)), None)
    if name is None:
        return None
    try:
        return archive.read(name)
    except Exception:  # encrypted, damaged, of an unknown method: zipfile raises a different one for each
        raise refused(f"holds a part {suffix} that cannot be unpacked") from None


def mapping(value: object) -> dict[str, Any]:
    """Return a JSON object, {} for anything else."""
    return value if isinstance(value, dict) else {}


def listed(value: object) -> list[Any]:
    """Return a JSON array, or an object's values, [] for anything else."""
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def words(value: object) -> str:
    """Return a text or a number as text, '' for anything else; 2.0 is what somebody typed as 2."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    return str(int(value)) if isinstance(value, int) or value.is_integer() else str(value)


def number(value: object) -> float | None:
    """Return a number, also one written as text, None for anything else or beyond what scales hold."""
    try:
        read = float(words(value).replace(",", "."))
    except ValueError:
        return None
    return read if abs(read) < 1e15 else None
