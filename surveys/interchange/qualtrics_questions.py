"""From Qualtrics' types of question to ours. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from surveys.interchange.asked import Condition, Option
from surveys.interchange.documents import listed, mapping, number, words
from surveys.interchange.drafting import Draft
from surveys.interchange.qualtrics_logic import Logic
from surveys.interchange.qualtrics_parts import QualtricsQuestion

MULTIPLE = {"MAVR", "MAHR", "MACOL", "MSB"}
ASKS_NOTHING = {
    "Timing": "it measures time and asks nothing",
    "Meta": "it notes the browser and asks nothing",
    "Captcha": "it tells people from programs; Earshot has its own guards",
}
PICTURES = {"HeatMap": "clicks on a picture", "HotSpot": "areas of a picture", "HL": "words to highlight"}
TEXT_CONTENT = {"ValidNumber": "number", "ValidEmail": "email", "ValidDate": "date"}
MAX_CELLS = 60


def ask_question(draft: Draft, logic: Logic, question: Mapping[str, Any], show_if: Condition | None) -> None:
    """Add one question of Qualtrics' to the draft, as one of ours or several, or to the losses."""
    _Question(draft, logic, question, show_if).ask()


class _Question(QualtricsQuestion):
    """A question, and what each type of it becomes."""

    def ask(self) -> None:
        converters: dict[str, Callable[[], None]] = {
            "MC": self.choice,
            "Matrix": self.matrix,
            "TE": self.text,
            "Slider": self.slider,
            "DB": self.statement,
            "RO": self.ranking,
            "CS": self.sum,
            "SBS": self.side_by_side,
            "PGR": self.groups,
            "DD": lambda: self.words_instead("picks from lists within lists"),
            "TreeSelect": lambda: self.words_instead("picks from a tree"),
            "FileUpload": self.upload,
            "Draw": self.upload,
            "Signature": self.upload,
        }
        if self.type in converters:
            converters[self.type]()
            self.report()
        else:
            why = ASKS_NOTHING.get(self.type)
            if why is None and self.type in PICTURES:
                why = f"it asks for {PICTURES[self.type]}, which Earshot cannot show"
            self.draft.lose_question(
                self.id, self.name, self.texts, why or f"Qualtrics' type {self.type[:40]!r} is not known here"
            )

    def choice(self) -> None:
        parts = self.parts("Choices", "ChoiceOrder", "RecodeValues")
        if self.selector == "NPS":
            self.known(self.put("nps", labels=self.nps_labels()))
            return
        is_many = self.selector in MULTIPLE
        settings: dict[str, Any] = {}
        if "All" in words(mapping(self.question.get("Randomization")).get("Type")):
            settings["random_order"] = True
        if is_many:
            least, most = (number(self.settings.get(name)) for name in ("MinChoices", "MaxChoices"))
            if least and 1 <= least <= len(parts):
                settings["min_picks"] = int(least)
            if most and max(1, least or 1) <= most <= 100:
                settings["max_picks"] = int(most)
        if sum(option.is_other for _, option in parts) > 1:
            self.draft.lose(
                self.place, "one choice keeps its field for words; those of the others were lost."
            )
        one_pick = "dropdown" if self.selector in ("DL", "DLC") else "single_choice"
        kind = "multiple_choice" if is_many else one_pick
        self.known(self.put(kind, options=[option for _, option in parts], settings=settings), parts)

    def nps_labels(self) -> dict[str, Any]:
        """Return the words at the two ends of an NPS scale."""
        labels = mapping(self.question.get("ColumnLabels"))
        texts = [words(mapping(label).get("Display")) for label in listed(labels)]
        return {"low_label": texts[0], "high_label": texts[-1]} if len(texts) > 1 else {}

    def matrix(self) -> None:
        rows = self.parts("Choices", "ChoiceOrder")
        columns = self.parts("Answers", "AnswerOrder", "RecodeValues")
        if self.selector == "TE":
            self.cells(rows, columns, "short_text")
        elif self.selector == "CS":
            self.cells(rows, columns, "number")
        elif self.selector == "MaxDiff":
            self.draft.lose_question(self.id, self.name, self.texts, "it is a MaxDiff trade-off")
        else:
            if self.selector == "RO":
                self.draft.lose(self.place, "it ranked rows by numbers; now each row takes one pick.")
            if any(option.is_other for _, option in rows):
                self.draft.lose(self.place, "the fields for words beside its rows were not taken over.")
            asked = self.draft.ask_matrix(
                self.id,
                self.texts,
                [option for _, option in rows],
                [option for _, option in columns],
                name=self.name,
                is_required=self.settings.get("ForceResponse") == "ON",
                show_if=self.show_if,
                is_many=self.sub_selector == "MultipleAnswer",
            )
            if self.known(asked, columns) and asked:
                by_id = {row_id: key for (row_id, _), key in zip(rows, asked.row_keys, strict=False)}
                self.logic.asked[self.id] = replace(asked, rows={**asked.rows, **by_id})

    def cells(
        self, rows: Sequence[tuple[str, Option]], columns: Sequence[tuple[str, Option]], kind: str
    ) -> None:
        """Ask one question for each cell of a grid."""
        grid: list[tuple[tuple[str, Option], ...]] = [(row, column) for row in rows for column in columns]
        grid = grid or [(row,) for row in rows]
        if not grid or len(grid) > MAX_CELLS:
            why = f"it is a grid of {len(rows)} by {len(columns)} fields, and Earshot's matrix holds picks"
            self.draft.lose_question(self.id, self.name, self.texts, why)
            return
        for parts in grid:
            options = [option for _, option in parts]
            codes = [parts[0][0], *(option.code for option in options[1:])]
            text, settings = self.with_part(*options), self.number_range(kind)
            self.put(kind, name="_".join([self.name, *codes]), text=text, settings=settings)

    def text(self) -> None:
        content = (
            words(self.settings.get("ContentType")) if self.settings.get("Type") == "ContentType" else ""
        )
        if self.selector == "FORM":
            for part_id, option in self.parts("Choices", "ChoiceOrder"):
                self.put("short_text", name=f"{self.name}_{part_id}", text=self.with_part(option))
            if not self.question.get("Choices"):
                self.draft.lose_question(self.id, self.name, self.texts, "its form has no fields")
            return
        kind = TEXT_CONTENT.get(content) or ("long_text" if self.selector in ("ML", "ESTB") else "short_text")
        if content and content not in TEXT_CONTENT:
            self.draft.lose(self.place, f"its check ({content[:40]}) was not taken over.")
        settings = self.number_range(kind)
        longest = number(self.settings.get("MaxChars")) or number(self.settings.get("TotalChars"))
        limit = 500 if kind == "short_text" else 10_000
        if longest and longest >= 1 and kind in ("short_text", "long_text"):
            settings["max_length"] = int(min(longest, limit))
        self.known(self.put(kind, settings=settings))

    def slider(self) -> None:
        parts = self.parts("Choices", "ChoiceOrder")
        low, high = (number(self.configuration.get(name)) for name in ("CSSliderMin", "CSSliderMax"))
        stars = number(self.configuration.get("StarCount"))
        for part_id, option in parts:
            is_only = len(parts) == 1
            details: dict[str, Any] = {
                "name": f"{self.name}_{part_id}",
                "text": self.texts if is_only else self.with_part(option),
                "help": option.text if is_only else "",
            }
            if self.selector == "STAR" and stars and 2 <= stars <= 10:
                asked = self.put("rating", settings={"points": int(stars), "shape": "stars"}, **details)
            else:
                is_whole = words(self.configuration.get("NumDecimals")) in ("", "0")
                settings = self.draft.number_settings(low, high, is_whole=is_whole)
                asked = self.put("number", settings=settings, **details)
            if asked and is_only:
                self.known(asked)
        if not parts:
            self.draft.lose_question(self.id, self.name, self.texts, "its slider has no bars")
        elif self.selector != "STAR":
            self.draft.lose(self.place, "its slider became a field for a number.")

    def statement(self) -> None:
        if self.selector in ("GRB", "FLB"):
            self.draft.lose(self.place, "its picture or file was left out; texts here are plain.")
        self.put("statement")

    def ranking(self) -> None:
        parts = self.parts("Choices", "ChoiceOrder", "RecodeValues")
        settings = {"allow_partial": True}
        self.known(self.put("ranking", options=[option for _, option in parts], settings=settings), parts)

    def sum(self) -> None:
        parts = self.parts("Choices", "ChoiceOrder")
        self.cells(parts, [], "number")
        total = words(self.settings.get("ChoiceTotal"))
        self.draft.lose(self.place, f"that its numbers add up to {total or 'a sum'} is not checked here.")

    def groups(self) -> None:
        """Sort items into groups: a matrix of items by groups says the same but for the order within."""
        rows = [option for _, option in self.parts("Choices", "ChoiceOrder")]
        names = listed(self.question.get("Groups"))
        columns = [Option(str(place), words(name)) for place, name in enumerate(names, start=1)]
        asked = self.draft.ask_matrix(
            self.id, self.texts, rows, columns, name=self.name, show_if=self.show_if
        )
        self.known(asked)
        self.draft.lose(self.place, "the order within its groups is not asked.")

    def side_by_side(self) -> None:
        """Ask each column of a side-by-side table as a question of its own."""
        columns = [mapping(one) for one in listed(self.question.get("AdditionalQuestions"))]
        if not columns:
            self.draft.lose_question(self.id, self.name, self.texts, "it has no columns")
        for place, column in enumerate(columns, start=1):
            own = words(column.get("QuestionText"))
            part = {
                "Choices": self.question.get("Choices"),
                "ChoiceOrder": self.question.get("ChoiceOrder"),
                "Validation": self.question.get("Validation"),
                **column,
                "QuestionID": self.id,
                "DataExportTag": words(column.get("DataExportTag")) or f"{self.name}#{place}",
                "QuestionText": f"{self.texts[self.draft.language]} – {own}",
            }
            ask_question(self.draft, self.logic, part, self.show_if)
        self.logic.asked.pop(self.id, None)

    def upload(self) -> None:
        self.draft.take_words_for_file(self.known(self.put("short_text")))

    def words_instead(self, what: str) -> None:
        self.known(self.put("short_text"))
        self.draft.lose(self.place, f"it {what}; now it asks for words.")

    def report(self) -> None:
        sentences = {
            "QuestionJS": "its script was not taken over.",
            "DynamicChoices": "choices carried forward from another question were not taken over.",
            "DynamicAnswers": "answers carried forward from another question were not taken over.",
            "ChoiceGroups": "the groups of its choices were not taken over: they stand one after the other.",
        }
        for name, sentence in sentences.items():
            if self.question.get(name):
                self.draft.lose(self.place, sentence)
        if isinstance(self.question.get("DefaultChoices"), dict) and self.question["DefaultChoices"]:
            self.draft.lose(
                self.place, "its default answer was not taken over: nothing is answered beforehand."
            )
        if listed(self.question.get("GradingData")):
            self.draft.lose(self.place, "its scoring was not taken over.")
        randomization = words(mapping(self.question.get("Randomization")).get("Type"))
        if randomization not in ("", "None", "All") or (randomization == "All" and self.type != "MC"):
            self.draft.lose(self.place, f"its random order ({randomization[:30]}) was not taken over.")
        if words(self.settings.get("Type")) == "CustomValidation":
            self.draft.lose(self.place, "its own rule for valid answers was not taken over.")
