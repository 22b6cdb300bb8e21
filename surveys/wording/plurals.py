"""Plural categories of whole numbers below a million, by the cardinal rules of Unicode's CLDR."""


def plural_category(language: str, number: int) -> str:
    """Return the category of a number of things: zero, one, two, few, many or other."""
    if language in ("ja", "zh"):
        return "other"
    if language in ("fr", "pt"):
        return "one" if number in (0, 1) else "other"
    if language == "pl":
        return _polish(number)
    if language == "ar":
        return _arabic(number)
    if language == "he" and number == 2:
        return "two"
    return "one" if number == 1 else "other"


def _polish(number: int) -> str:
    if number == 1:
        return "one"
    return "few" if number % 10 in (2, 3, 4) and number % 100 not in (12, 13, 14) else "many"


def _arabic(number: int) -> str:
    exact = {0: "zero", 1: "one", 2: "two"}
    if number in exact:
        return exact[number]
    if 3 <= number % 100 <= 10:
        return "few"
    return "many" if number % 100 >= 11 else "other"
