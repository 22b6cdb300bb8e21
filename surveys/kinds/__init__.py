"""The kinds of question, by name. Add a class to `KINDS` and the whole product knows it."""

from surveys.kinds.agreement import Consent, YesNo
from surveys.kinds.choices import MultipleChoice, SingleChoice
from surveys.kinds.dates import Day
from surveys.kinds.dropdowns import Dropdown
from surveys.kinds.kind import Answer, AnswerRefused, Kind, SettingsRefused, Sheet
from surveys.kinds.matrix import Matrix
from surveys.kinds.numbers import Number
from surveys.kinds.ranking import Ranking
from surveys.kinds.scales import Ces, Csat, Nps, Rating, Scale
from surveys.kinds.statements import Statement
from surveys.kinds.texts import Email, LongText, ShortText

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        *(Nps(), Csat(), Ces(), Rating()),
        *(SingleChoice(), MultipleChoice(), Dropdown(), Ranking(), Matrix()),
        *(ShortText(), LongText(), Number(), Day(), Email()),
        *(YesNo(), Consent(), Statement()),
    )
}

__all__ = ["KINDS", "Answer", "AnswerRefused", "Kind", "Scale", "SettingsRefused", "Sheet"]
