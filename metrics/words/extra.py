"""What reading comments needs beyond the core: the extra `insights`, found here or named as missing. Pure."""

from functools import cache
from importlib.util import find_spec

NEEDED = {"sklearn": "scikit-learn", "vaderSentiment": "vaderSentiment", "py3langid": "py3langid"}


@cache
def missing() -> tuple[str, ...]:
    """Return the packages of the extra that are not installed."""
    return tuple(package for module, package in NEEDED.items() if find_spec(module) is None)


def missing_in_words() -> str:
    """Return a sentence that says what is missing and how to get it, '' when nothing is."""
    names = missing()
    if not names:
        return ""
    return (
        f"The language and sentiment of comments are not read without {', '.join(names)}: install the extra"
        " insights. Themes are read by their keywords."
    )
