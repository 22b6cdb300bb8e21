"""No spreadsheet takes a text for a formula (SECURITY T7); reading it back takes the apostrophe off again."""

import re

# Also after apostrophes, so that a text which has one of its own comes back as it was.
TRIGGER = re.compile("'*[\\s\x00]*[=+\\-@\t\r\x00＝＋－＠]")


def guarded(text: str) -> str:
    """Return the text with an apostrophe before what a spreadsheet would take for a formula."""
    # Nearly every text begins with a letter or a digit; asking that first takes a fifth of the time.
    return text if text[:1].isalnum() or not TRIGGER.match(text) else f"'{text}"
