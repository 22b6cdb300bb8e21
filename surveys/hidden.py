"""Hidden fields: what a link says about a visit beside the answers, by the survey's list of names. Pure."""

from collections.abc import Mapping, Sequence

from surveys.definition import Definition
from surveys.kinds import AnswerRefused
from surveys.kinds.kind import clean_words

MAX_LENGTH = 200
# Begins their names in the form, where no question's key can begin like it.
IN_FORM = "_h."


def read_hidden(
    definition: Definition, fields: Mapping[str, Sequence[str]], *, prefix: str = ""
) -> dict[str, str]:
    """Return the allowed fields, cut to 200 characters; what cannot be stored is left out."""
    found = {}
    for name in definition.hidden:
        values = fields.get(f"{prefix}{name}")
        if values:
            try:
                value = clean_words(values[0][:MAX_LENGTH], MAX_LENGTH)
            except AnswerRefused:
                continue
            if value:
                found[name] = value
    return found
