"""From LimeSurvey's types of question to our kinds. Pure."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from surveys.interchange.asked import Asked, Condition, Option
from surveys.interchange.documents import number
from surveys.interchange.drafting import Draft
from surveys.interchange.limesurvey_model import LimeQuestion, LimeSurvey, Part

FIXED_TEXTS = {
    "Y": {"en": "Yes", "de": "Ja", "fr": "Oui", "es": "Sí", "it": "Sì", "nl": "Ja", "pt": "Sim"},
    "N": {"en": "No", "de": "Nein", "fr": "Non", "es": "No", "it": "No", "nl": "Nee", "pt": "Não"},
    "U": {"en": "Uncertain", "de": "Unsicher", "fr": "Incertain", "es": "Indeciso", "it": "Incerto"},
    "I": {"en": "Increase", "de": "Zunahme", "fr": "Augmentation", "es": "Aumentar", "it": "Aumenta"},
    "S": {"en": "Same", "de": "Gleich", "fr": "Identique", "es": "Igual", "it": "Uguale"},
    "D": {"en": "Decrease", "de": "Abnahme", "fr": "Diminution", "es": "Disminuir", "it": "Diminuisce"},
    "F": {"en": "Female", "de": "Weiblich", "fr": "Femme", "es": "Mujer", "it": "Femmina"},
    "M": {"en": "Male", "de": "Männlich", "fr": "Homme", "es": "Hombre", "it": "Maschio"},
    "other": {"en": "Other", "de": "Sonstiges", "fr": "Autre", "es": "Otro", "it": "Altro", "nl": "Anders"},
    "comment": {
        "en": "Comment",
        "de": "Kommentar",
        "fr": "Commentaire",
        "es": "Comentario",
        "it": "Commento",
    },
}
FIXED_COLUMNS = {"A": "12345", "B": [str(point) for point in range(1, 11)], "C": "YUN", "E": "ISD"}
MAX_CELLS = 60


class LimeSurveyQuestions:
    """What asks the questions of a LimeSurvey group, one after the other."""

    survey: LimeSurvey
    draft: Draft
    names: dict[str, Asked]

    def converters(self) -> Mapping[str, Callable[[LimeQuestion, Condition | None], object]]:
        """Return what asks a question, by the letter of its type."""
        return {
            **dict.fromkeys("STU", self.text),
            "N": self.number,
            "D": lambda question, on: self.one(question, "date", on),
            "Y": lambda question, on: self.one(question, "yes_no", on),
            "X": lambda question, on: self.one(question, "statement", on),
            "5": lambda question, on: self.one(
                question, "rating", on, settings={"points": 5, "shape": "numbers"}
            ),
            "|": self.upload,
            **dict.fromkeys("LZOG!W", self.choice),
            **dict.fromkeys("MP", self.choices),
            "R": self.ranking,
            "K": self.several,
            "Q": self.several,
            **dict.fromkeys("ABCEFH", self.array),
            "1": self.dual,
            ":": self.numbers,
            ";": self.texts,
        }

    def one(self, question: LimeQuestion, kind: str, on: Condition | None, **details: Any) -> Asked | None:
        """Ask one question for one of LimeSurvey's."""
        name = details.pop("name", question.code)
        asked = self.draft.ask(
            question.id,
            kind,
            details.pop("text", question.texts),
            name=name,
            help=question.helps,
            is_required=question.row.get("mandatory") in ("Y", "S") and kind != "statement",
            show_if=on,
            **details,
        )
        if asked:
            self.names[name] = asked
        return asked

    def text(self, question: LimeQuestion, on: Condition | None) -> None:
        """Ask for words, or for a number where only numbers may be typed."""
        if question.attribute("numbers_only") == "1":
            self.number(question, on)
            return
        longest = number(question.attribute("maximum_chars"))
        kind, limit = ("short_text", 500) if question.type == "S" else ("long_text", 10_000)
        settings = {"max_length": int(min(longest, limit))} if longest and longest >= 1 else {}
        self.one(question, kind, on, settings=settings)

    def number(self, question: LimeQuestion, on: Condition | None) -> None:
        """Ask for a number."""
        self.one(question, "number", on, settings=self.range_of(question))

    def range_of(self, question: LimeQuestion) -> dict[str, Any]:
        """Return the limits of a number; one that is a formula goes to the losses."""
        limits: list[float | None] = []
        for names in (("min_num_value_n", "slider_min"), ("max_num_value_n", "slider_max")):
            value = next((text for name in names if (text := question.attribute(name))), "")
            limits.append(number(value))
            if value and limits[-1] is None:
                place = self.draft.place(question.code, question.texts)
                self.draft.lose(place, f"its limit ({value[:60]}) was not taken over: it is calculated.")
        is_whole = question.attribute("num_value_int_only") == "1"
        unit = question.attributes.get("suffix") or question.attributes.get("prefix") or {}
        return self.draft.number_settings(limits[0], limits[1], is_whole=is_whole, unit=unit)

    def upload(self, question: LimeQuestion, on: Condition | None) -> None:
        """Ask for words instead of a file."""
        self.draft.take_words_for_file(self.one(question, "short_text", on))

    def options(self, question: LimeQuestion, parts: Iterable[Part]) -> list[Option]:
        """Return the choices, the open one last."""
        exclusive = set(question.attribute("exclude_all_others").replace(",", ";").split(";"))
        options = [Option(part.code, part.texts, is_exclusive=part.code in exclusive) for part in parts]
        if question.row.get("other") == "Y":
            wished = {code: text for code, text in self.other_texts(question).items() if text.strip()}
            options.append(Option("other", wished or self.fixed("other"), is_other=True))
        return options

    def other_texts(self, question: LimeQuestion) -> dict[str, str]:
        """Return what the open choice is called, where it is called by a name of its own."""
        values = question.attributes.get("other_replace_text", {})
        return {code or self.survey.languages[0]: text for code, text in values.items()}

    def fixed(self, name: str) -> dict[str, str]:
        """Return a text that LimeSurvey itself shows, in the survey's languages where it is known."""
        texts = FIXED_TEXTS.get(name, {"en": name})
        found = {
            code: texts[code.partition("-")[0]]
            for code in self.survey.languages
            if code.partition("-")[0] in texts
        }
        return {self.survey.languages[0]: texts["en"], **found}

    def choice(self, question: LimeQuestion, on: Condition | None) -> None:
        """Ask for one of several, and for a comment where the type has one."""
        kind = "dropdown" if question.type in "!W" else "single_choice"
        options = (
            [Option(code, self.fixed(code)) for code in "FM"]
            if question.type == "G"
            else self.options(question, question.answers)
        )
        settings = {"random_order": True} if self.is_random(question) else {}
        asked = self.one(question, kind, on, options=options, settings=settings)
        self.name_picks(question, asked)
        if asked and question.type == "O":
            self.one(question, "long_text", on, name=f"{question.code}_comment", text=self.fixed("comment"))

    def choices(self, question: LimeQuestion, on: Condition | None) -> None:
        """Ask for several of several."""
        settings: dict[str, Any] = {"random_order": True} if self.is_random(question) else {}
        options = self.options(question, question.parts())
        place = self.draft.place(question.code, question.texts)
        for name, setting in (("min_answers", "min_picks"), ("max_answers", "max_picks")):
            value = question.attribute(name)
            count = number(value)
            if count is not None and 1 <= count <= 100:
                settings[setting] = int(count)
            elif value:
                self.draft.lose(place, f"how many may be picked ({value[:60]}) was not taken over.")
        if settings.get("min_picks", 0) > settings.get("max_picks", 100):
            settings.pop("min_picks")
        asked = self.one(question, "multiple_choice", on, options=options, settings=settings)
        self.name_picks(question, asked)
        if question.type == "P":
            self.draft.lose(place, "the comment field beside each choice was not taken over.")

    def name_picks(self, question: LimeQuestion, asked: Asked | None) -> None:
        """Let expressions speak of each choice by its own name."""
        for code in [*(part.code for part in question.parts()), "other"]:
            if asked and (key := asked.choices.get(code)):
                named = replace(asked, choice=key)
                self.names[f"{question.code}_{code}"] = self.names[f"{question.code}{code}"] = named

    def ranking(self, question: LimeQuestion, on: Condition | None) -> None:
        """Ask for an order."""
        parts = question.answers or question.parts()
        options = [Option(part.code, part.texts) for part in parts]
        self.one(question, "ranking", on, options=options, settings={"allow_partial": True})

    @staticmethod
    def is_random(question: LimeQuestion) -> bool:
        """Whether the choices come in random order."""
        return question.attribute("random_order") == "1" or question.attribute("answer_order") == "random"

    def several(self, question: LimeQuestion, on: Condition | None) -> None:
        """Ask one question for each of several short fields."""
        is_number = question.type == "K" or question.attribute("numbers_only") == "1"
        kind = "number" if is_number else "short_text"
        for part in question.parts():
            self.one(
                question,
                kind,
                on,
                name=f"{question.code}_{part.code}",
                text=_with(question.texts, part.texts),
                settings=self.range_of(question) if is_number else {},
            )
        if not question.parts():
            self.draft.lose_question(question.id, question.code, question.texts, "it has no fields")

    def array(self, question: LimeQuestion, on: Condition | None) -> None:
        """Ask a matrix, whose columns the type may give."""
        rows, columns = question.parts(), [Option(part.code, part.texts) for part in question.answers]
        if question.type in FIXED_COLUMNS:
            columns = [Option(code, self.fixed(code)) for code in FIXED_COLUMNS[question.type]]
        self.matrix(question, on, rows, columns)

    def matrix(
        self,
        question: LimeQuestion,
        on: Condition | None,
        rows: Iterable[Part],
        columns: Iterable[Option],
        **details: Any,
    ) -> None:
        """Ask a matrix, and let expressions speak of each of its rows."""
        parts = list(rows)
        asked = self.draft.ask_matrix(
            question.id,
            details.pop("text", question.texts),
            [Option(part.code, part.texts) for part in parts],
            list(columns),
            name=details.pop("name", question.code),
            help=question.helps,
            is_required=question.row.get("mandatory") in ("Y", "S"),
            show_if=on,
            is_many=details.pop("is_many", False),
        )
        if asked:
            self.names[question.code] = asked
            for part in parts:
                named = replace(asked, row=asked.rows.get(part.code, part.code))
                self.names[f"{question.code}_{part.code}"] = self.names[f"{question.code}{part.code}"] = named

    def dual(self, question: LimeQuestion, on: Condition | None) -> None:
        """Ask one matrix for each of the two scales."""
        for scale, header in (("0", "dualscale_headerA"), ("1", "dualscale_headerB")):
            columns = [Option(part.code, part.texts) for part in question.answers if part.scale == scale]
            title = {
                code or self.survey.languages[0]: text
                for code, text in question.attributes.get(header, {}).items()
            }
            name = question.code if scale == "0" else f"{question.code}_2"
            text = _with(question.texts, title)
            if columns:
                self.matrix(question, on, question.parts(), columns, name=name, text=text)

    def numbers(self, question: LimeQuestion, on: Condition | None) -> None:
        """Ask a grid of numbers: ticks as one matrix, else one matrix of points for each column."""
        rows, columns = question.parts("0"), question.parts("1")
        if question.attribute("multiflexible_checkbox") == "1":
            options = [Option(part.code, part.texts) for part in columns]
            self.matrix(question, on, rows, options, is_many=True)
            return
        self.cells(question, on, "number")

    def texts(self, question: LimeQuestion, on: Condition | None) -> None:
        """Ask one question for each cell of a grid of texts."""
        self.cells(question, on, "number" if question.attribute("numbers_only") == "1" else "short_text")

    def cells(self, question: LimeQuestion, on: Condition | None, kind: str) -> None:
        """Ask one question for each cell of a grid that is not too large."""
        rows, columns = question.parts("0"), question.parts("1")
        if not rows or not columns or len(rows) * len(columns) > MAX_CELLS:
            why = f"it is a grid of {len(rows)} by {len(columns)} fields, and Earshot's matrix holds picks"
            self.draft.lose_question(question.id, question.code, question.texts, why)
            return
        settings: Mapping[str, Any] = {}
        if kind == "number":
            low = number(question.attribute("multiflexible_min"))
            high = number(question.attribute("multiflexible_max"))
            settings = self.draft.number_settings(low, high)
        for row in rows:
            for column in columns:
                text = _with(question.texts, _with(row.texts, column.texts))
                name = f"{question.code}_{row.code}_{column.code}"
                self.one(question, kind, on, name=name, text=text, settings=settings)


def _with(texts: Mapping[str, str], more: Mapping[str, str]) -> dict[str, str]:
    """Return the texts with what tells one field from the others after them."""
    return {
        code: f"{text} – {more[code]}" if more.get(code, "").strip() else text for code, text in texts.items()
    }
