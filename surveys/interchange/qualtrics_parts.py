"""One question of Qualtrics': its texts, its choices and answers, and asking (a part of) it. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from surveys.interchange.asked import Asked, Condition, Option
from surveys.interchange.documents import listed, mapping, number, words
from surveys.interchange.drafting import Draft
from surveys.interchange.qualtrics_logic import Logic


class QualtricsQuestion:
    """One question on its way."""

    def __init__(
        self, draft: Draft, logic: Logic, question: Mapping[str, Any], show_if: Condition | None
    ) -> None:
        self.draft, self.logic, self.question, self.show_if = draft, logic, question, show_if
        self.id = words(question.get("QuestionID"))
        self.name = words(question.get("DataExportTag")) or self.id
        self.type = words(question.get("QuestionType"))
        self.selector = words(question.get("Selector"))
        self.sub_selector = words(question.get("SubSelector"))
        self.settings = mapping(mapping(question.get("Validation")).get("Settings"))
        self.configuration = mapping(question.get("Configuration"))
        self.texts = self.translated("QuestionText")
        self.place = draft.place(self.name, self.texts)

    def translated(self, name: str) -> dict[str, str]:
        """Return one of the question's texts by language."""
        texts = {self.draft.language: words(self.question.get(name))}
        for code, translation in mapping(self.question.get("Language")).items():
            texts[code] = words(mapping(translation).get(name))
        return texts

    def parts(self, name: str, order: str, recodes: str = "") -> list[tuple[str, Option]]:
        """Return the choices or answers in order, each with the id that logic calls it by."""
        parts = self.question.get(name)
        by_id = (
            {str(place): part for place, part in enumerate(parts, start=1)}
            if isinstance(parts, list)
            else mapping(parts)
        )
        wanted = [words(one) for one in listed(self.question.get(order))]
        ids = [*(one for one in wanted if one in by_id), *(one for one in by_id if one not in wanted)]
        codes = mapping(self.question.get(recodes)) if recodes else {}
        return [
            (one, self.option(name, one, mapping(by_id[one]), words(codes.get(one)) or one)) for one in ids
        ]

    def option(self, name: str, part_id: str, part: Mapping[str, Any], code: str) -> Option:
        """Return a choice or an answer; its picture and its own condition are lost."""
        texts = {self.draft.language: words(part.get("Display"))}
        for language, translation in mapping(self.question.get("Language")).items():
            translated = mapping(mapping(translation).get(name)).get(part_id)
            texts[language] = words(mapping(translated).get("Display"))
        if part.get("DisplayLogic"):
            self.draft.lose(self.place, f"the condition on {texts[self.draft.language][:60]!r} was not kept.")
        if words(mapping(part.get("Image")).get("ImageLocation")) or part.get("Image"):
            self.draft.lose(self.place, "the picture of a choice was left out; texts here are plain.")
        is_other = words(part.get("TextEntry")).lower() == "true" or part.get("TextEntry") is True
        is_exclusive = part.get("ExclusiveAnswer") in (True, "true", "on")
        return Option(code, texts, is_other=is_other, is_exclusive=is_exclusive)

    def put(self, kind: str, **details: Any) -> Asked | None:
        """Ask one question for (a part of) this one."""
        is_required = self.settings.get("ForceResponse") == "ON" and kind != "statement"
        details = {"name": self.name, "is_required": is_required, "show_if": self.show_if, **details}
        return self.draft.ask(self.id, kind, details.pop("text", self.texts), **details)

    def known(self, asked: Asked | None, parts: Sequence[tuple[str, Option]] = ()) -> Asked | None:
        """Let logic speak of the question, and of its choices by their ids."""
        if asked:
            self.logic.asked[self.id] = asked
            for (part_id, _), key in zip(parts, asked.keys, strict=False):
                self.logic.choice[self.id, part_id] = key
        return asked

    def with_part(self, *options: Option) -> dict[str, str]:
        """Return the question's text with what tells one of its fields from the others."""
        texts = {}
        for code, text in self.texts.items():
            more = [option.text.get(code, "") for option in options if isinstance(option.text, dict)]
            texts[code] = " – ".join([text, *filter(str.strip, more)]) if text.strip() else ""
        return texts

    def number_range(self, kind: str) -> dict[str, Any]:
        """Return the settings of a number, {} for another kind."""
        if kind != "number":
            return {}
        limits = mapping(self.settings.get("ValidNumber"))
        return self.draft.number_settings(
            number(limits.get("Min")),
            number(limits.get("Max")),
            is_whole=words(limits.get("NumDecimals")) == "0",
        )
