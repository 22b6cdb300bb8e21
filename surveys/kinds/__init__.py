"""The kinds of question, by name. Add a class to `KINDS` and the whole product knows it."""

from surveys.kinds.choices import MultipleChoice, SingleChoice
from surveys.kinds.kind import Answer, AnswerRefused, Kind, SettingsRefused, Sheet
from surveys.kinds.scales import Ces, Csat, Nps, Rating, Scale
from surveys.kinds.texts import LongText, ShortText

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (Nps(), Csat(), Ces(), Rating(), SingleChoice(), MultipleChoice(), ShortText(), LongText())
}

__all__ = ["KINDS", "Answer", "AnswerRefused", "Kind", "Scale", "SettingsRefused", "Sheet"]
