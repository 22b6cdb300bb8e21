from collections.abc import Mapping, Sequence

from surveys.definition import Question
from surveys.kinds.kind import Answer, AnswerRefused, Kind


class Statement(Kind):
    """Something said and not asked: a heading, an explanation. It takes no answer."""

    name = "statement"
    label = "Statement (no answer)"
    icon = "info"
    about = "Words between questions; nothing is answered."
    template = "surveys/kinds/statement.html"
    role = "none"
    asks = False

    def names(self, question: Question) -> tuple[str, ...]:
        """Return no field."""
        return ()

    def read(self, question: Question, fields: Mapping[str, Sequence[str]]) -> Answer | None:
        """Return no answer, whatever was sent."""
        return None

    def read_cell(self, question: Question, cell: str) -> Answer | None:
        """Return no answer, whatever the cell holds."""
        return None

    def check(self, question: Question, answer: Answer) -> Answer | None:
        """Refuse any answer."""
        raise AnswerRefused("not_asked")

    def missing(self, question: Question, answer: Answer | None) -> AnswerRefused | None:
        """Return that nothing is missing."""
        return None
