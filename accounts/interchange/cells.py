"""From one cell of a table to a value, or to the reason why not. Pure."""

import re
from datetime import datetime, time
from decimal import ROUND_HALF_UP, Decimal

# What a table holds: texts, and the real dates of a workbook. Its numbers and truths come as texts.
Cell = str | datetime

# Line breaks would forge mail headers and logs, direction overrides names (SECURITY T12, T56).
NOT_IN_A_LINE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})?")
CURRENCY = re.compile(r"[A-Z]{3}")
TRUTHS = {
    "true": True,
    "yes": True,
    "y": True,
    "1": True,
    "false": False,
    "no": False,
    "n": False,
    "0": False,
}

PLAIN = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
# One comma before three digits may be either mark, so it takes a second comma or decimals to be thousands.
GROUPED = re.compile(
    r"[+-]?[0-9]{1,3}"
    r"(?:(?:[ '\u2019\u00a0\u202f][0-9]{3})+(?:\.[0-9]+)?|(?:,[0-9]{3})+\.[0-9]+|(?:,[0-9]{3}){2,})"
)
DECIMAL_COMMA = re.compile(
    r"[+-]?(?:[0-9]{1,3}(?:[. '\u2019\u00a0\u202f][0-9]{3})+,[0-9]+|[0-9]+,(?:[0-9]{1,2}|[0-9]{4,}))"
)
NOT_A_DIGIT = re.compile(r"[^0-9+\-]")
JOINT = re.compile(r"[\s_-]+")


class CellRefused(Exception):
    """A cell that its field cannot take; the message says why, to the person who made the file."""


def plain(cell: Cell) -> str:
    """Return the cell as text without surrounding blanks; a real date as in ISO 8601."""
    if isinstance(cell, str):
        return cell.strip()
    return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ")


def is_blank(cell: Cell) -> bool:
    """Whether the cell holds nothing but blanks."""
    return isinstance(cell, str) and not cell.strip()


def quoted(cell: Cell) -> str:
    """Return the cell as a report names it: at most 40 characters, none of which moves the cursor."""
    text = plain(cell)
    return repr(text if len(text) <= 40 else text[:39] + "…")


def line(cell: Cell, max_length: int) -> str:
    """Return one line of text, or refuse line breaks, control characters and what is too long."""
    text = plain(cell)
    if NOT_IN_A_LINE.search(text):
        raise CellRefused("holds a line break or an unprintable character")
    if len(text) > max_length:
        raise CellRefused(f"is longer than {max_length} characters")
    return text


def truth(cell: Cell) -> bool:
    """Return True or False of TRUE/FALSE, yes/no, y/n or 1/0 in any letter case."""
    value = TRUTHS.get(plain(cell).lower())
    if value is None:
        raise CellRefused(f"{quoted(cell)} is neither yes nor no")
    return value


def number(cell: Cell, *, digits: int, places: int) -> Decimal:
    """Return a decimal number of at most so many digits, rounded half-up to its places.

    Separators of thousands are read where they cannot be a decimal mark: 1,234.50 and 1.234,50 and 1 234,50
    are clear, 1,234 alone is not. A point alone is always the decimal point.
    """
    text = plain(cell)
    if PLAIN.fullmatch(text):
        value = Decimal(text)
    elif GROUPED.fullmatch(text):
        whole, _, decimals = text.partition(".")
        value = Decimal(f"{NOT_A_DIGIT.sub('', whole)}.{decimals or 0}")
    elif DECIMAL_COMMA.fullmatch(text):
        whole, _, decimals = text.rpartition(",")
        value = Decimal(f"{NOT_A_DIGIT.sub('', whole)}.{decimals}")
    elif re.fullmatch(r"[+-]?[0-9]{1,3},[0-9]{3}", text):
        raise CellRefused(f"{quoted(cell)} may mean thousands or thousandths: write it without the comma")
    else:
        raise CellRefused(f"{quoted(cell)} is not a number")
    limit = Decimal(10) ** (digits - places)
    # Checked twice: rounding refuses what does not fit its precision, and may itself reach the limit.
    rounded = value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP) if abs(value) < limit else value
    if abs(rounded) >= limit:
        raise CellRefused("is too large")
    return rounded


def money(cell: Cell, *, digits: int, places: int) -> Decimal:
    """Return an amount of money, not negative, rounded half-up to its places."""
    value = number(cell, digits=digits, places=places)
    if value < 0:
        raise CellRefused(f"{quoted(cell)} is negative")
    return value


def currency(cell: Cell) -> str:
    """Return an ISO 4217 code such as EUR."""
    code = plain(cell).upper()
    if not CURRENCY.fullmatch(code):
        raise CellRefused(f"{quoted(cell)} is not a currency code such as EUR")
    return code


def language(cell: Cell) -> str:
    """Return a language code such as en or pt-BR, whatever its case and whether - or _ joins it."""
    name, _, region = plain(cell).replace("_", "-").partition("-")
    code = f"{name.lower()}-{region.upper() if len(region) == 2 else region}" if region else name.lower()
    if not LANGUAGE.fullmatch(code):
        raise CellRefused(f"{quoted(cell)} is not a language code such as en or pt-BR")
    return code


def word_of(cell: Cell, words: tuple[str, ...]) -> str:
    """Return the word that the cell names, whatever its case and whether blank, - or _ joins its parts."""
    by_name = {JOINT.sub("", word): word for word in words}
    word = by_name.get(JOINT.sub("", plain(cell).lower()))
    if word is None:
        raise CellRefused(f"{quoted(cell)} is none of {', '.join(words)}")
    return word
