"""From Formbricks' types of question to our kinds. Pure."""

from collections.abc import Callable, Mapping
from typing import Any

from surveys.interchange.asked import Asked, Option
from surveys.interchange.documents import listed, mapping, number, words
from surveys.interchange.drafting import Draft
from surveys.interchange.formbricks_logic import FormbricksLogic

DEFAULT = "default"
SHAPES = {"star": "stars", "smiley": "faces", "number": "numbers"}
# The fields of an address and of contact details, in the order in which they are asked.
FIELDS = (
    *("firstName", "lastName", "email", "phone", "company"),
    *("addressLine1", "addressLine2", "city", "state", "zip", "country"),
)


class FormbricksQuestions:
    """What asks the questions of a survey, one after the other."""

    draft: Draft
    own: str
    logic: FormbricksLogic
    # Where in the draft each question begins.
    begins: dict[str, int]
    found: int

    def texts(self, value: object) -> dict[str, str]:
        """Return a text of Formbricks' by language; "default" is the survey's own."""
        if isinstance(value, dict):
            return {self.own if code == DEFAULT else code: words(text) for code, text in value.items()}
        return {self.own: words(value)} if words(value) else {}

    def take(self, question: Mapping[str, Any]) -> None:
        """Ask one question, or lose it."""
        kind = words(question.get("type"))
        if not kind:
            return
        self.found += 1
        question_id = words(question.get("id")) or str(self.found)
        self.begins.setdefault(question_id, len(self.draft.questions))
        title = self.texts(question.get("headline"))
        converters: dict[str, Callable[[Mapping[str, Any], str], Asked | None]] = {
            "openText": self.text,
            "multipleChoiceSingle": self.choice,
            "multipleChoiceMulti": self.choice,
            "pictureSelection": self.choice,
            "ranking": self.choice,
            "nps": self.scale,
            "rating": self.scale,
            "csat": self.scale,
            "ces": self.scale,
            "consent": self.consent,
            "cta": self.statement,
            "date": lambda one, source: self.put(one, source, "date"),
            "matrix": self.matrix,
            "fileUpload": self.upload,
            "address": self.fields,
            "contactInfo": self.fields,
        }
        if kind not in converters:
            why = {"cal": "it books a meeting"}.get(kind, f"Formbricks' type {kind[:40]!r} is not known here")
            self.draft.lose_question(question_id, "", title, why)
            return
        asked = converters[kind](question, question_id)
        if asked:
            self.logic.asked[question_id] = asked
        if question.get("imageUrl") or question.get("videoUrl"):
            self.draft.lose(
                self.draft.place("", title), "its picture or video was left out; texts here are plain."
            )
        if mapping(question.get("validation")).get("rules"):
            self.draft.lose(
                self.draft.place("", title), "its own rules for valid answers were not taken over."
            )

    def put(self, question: Mapping[str, Any], source: str, kind: str, **details: Any) -> Asked | None:
        """Ask one question for one of Formbricks'."""
        return self.draft.ask(
            source,
            kind,
            details.pop("text", None) or self.texts(question.get("headline")),
            help=self.texts(question.get("subheader")),
            is_required=question.get("required") is True and kind != "statement",
            **details,
        )

    def text(self, question: Mapping[str, Any], source: str) -> Asked | None:
        """Ask for words, or for what the field demands."""
        input_type = words(question.get("inputType"))
        placeholder = {"placeholder": self.texts(question.get("placeholder"))}
        if input_type in ("email", "number"):
            settings = self.draft.number_settings() if input_type == "number" else {}
            return self.put(question, source, input_type, settings=settings)
        if input_type in ("phone", "url"):
            settings = {"pattern": input_type, "max_length": 500}
            return self.put(question, source, "short_text", settings=settings, labels=placeholder)
        is_long = question.get("longAnswer") is not False
        limits = mapping(question.get("charLimit"))
        longest = number(limits.get("max")) if limits.get("enabled") is not False else None
        settings = (
            {"max_length": int(min(longest, 10_000 if is_long else 500))} if longest and longest >= 1 else {}
        )
        kind = "long_text" if is_long else "short_text"
        return self.put(question, source, kind, settings=settings, labels=placeholder)

    def options(self, question: Mapping[str, Any]) -> list[Option]:
        """Return the choices; their keys come from their words, for their ids are made by a machine."""
        options = []
        for place, choice in enumerate(map(mapping, listed(question.get("choices"))), start=1):
            label = self.texts(choice.get("label"))
            code = label.get(self.own) or f"Picture {place}"
            choice_id = words(choice.get("id"))
            options.append(
                Option(code, label or code, is_other=choice_id == "other", is_exclusive=choice_id == "none")
            )
            self.logic.choice[choice_id] = code
        return options

    def choice(self, question: Mapping[str, Any], source: str) -> Asked | None:
        """Ask for one or several of several, or for their order."""
        kind = words(question.get("type"))
        options = self.options(question)
        settings: dict[str, Any] = {}
        if words(question.get("shuffleOption")) in ("all", "exceptLast"):
            settings["random_order"] = True
        if kind == "pictureSelection":
            title = self.texts(question.get("headline"))
            self.draft.lose(
                self.draft.place("", title), "its pictures were left out: give its choices words."
            )
        is_many = kind == "multipleChoiceMulti" or question.get("allowMulti") is True
        one = "dropdown" if words(question.get("displayType")) == "dropdown" else "single_choice"
        ours = "ranking" if kind == "ranking" else "multiple_choice" if is_many else one
        return self.put(question, source, ours, options=options, settings=settings)

    def scale(self, question: Mapping[str, Any], source: str) -> Asked | None:
        """Ask for a point on a scale."""
        kind, points = words(question.get("type")), int(number(question.get("range")) or 5)
        labels = {
            "low_label": self.texts(question.get("lowerLabel")),
            "high_label": self.texts(question.get("upperLabel")),
        }
        if kind == "nps":
            return self.put(question, source, "nps", labels=labels)
        shape = SHAPES.get(words(question.get("scale")), "numbers")
        if kind == "csat" or (shape == "faces" and 2 <= points <= 10):
            # Faces stand for satisfaction, which is what a CSAT question asks for.
            return self.put(
                question, source, "csat", settings={"points": points, "shape": shape}, labels=labels
            )
        if kind == "ces" and points in (5, 7):
            version = {7: "2.0", 5: "1.0"}[points]
            return self.put(question, source, "ces", settings={"version": version}, labels=labels)
        ours, settings = self.draft.scale_settings(1, points, self.texts(question.get("headline")), shape)
        return self.put(question, source, ours, settings=settings, labels=labels if ours != "number" else {})

    def consent(self, question: Mapping[str, Any], source: str) -> Asked | None:
        """Ask for consent."""
        return self.put(question, source, "consent", labels={"statement": self.texts(question.get("label"))})

    def statement(self, question: Mapping[str, Any], source: str) -> Asked | None:
        """Show words; a button is lost."""
        title = self.texts(question.get("headline"))
        if question.get("buttonExternal") is True or question.get("buttonUrl"):
            self.draft.lose(self.draft.place("", title), "its button to another address was left out.")
        return self.put(question, source, "statement", text=joined(title, self.texts(question.get("html"))))

    def matrix(self, question: Mapping[str, Any], source: str) -> Asked | None:
        """Ask rows by columns."""

        def options(name: str) -> list[Option]:
            labels = [
                self.texts(mapping(one).get("label") if "label" in mapping(one) else one)
                for one in listed(question.get(name))
            ]
            return [Option(label.get(self.own, ""), label) for label in labels]

        return self.draft.ask_matrix(
            source,
            self.texts(question.get("headline")),
            options("rows"),
            options("columns"),
            help=self.texts(question.get("subheader")),
            is_required=question.get("required") is True,
        )

    def fields(self, question: Mapping[str, Any], source: str) -> Asked | None:
        """Ask each field that an address or contact details show."""
        title = self.texts(question.get("headline"))
        shown = [name for name in FIELDS if mapping(question.get(name)).get("show") is True]
        for name in shown:
            field = mapping(question.get(name))
            label = self.texts(field.get("placeholder"))
            text = {code: f"{words_} – {label.get(code) or name}" for code, words_ in title.items()}
            self.draft.ask(
                source,
                "email" if name == "email" else "short_text",
                text,
                is_required=field.get("required") is True,
            )
        if not shown:
            self.draft.lose_question(source, "", title, "it shows no fields")
        return None

    def upload(self, question: Mapping[str, Any], source: str) -> Asked | None:
        """Ask for words instead of a file."""
        asked = self.put(question, source, "short_text")
        self.draft.take_words_for_file(asked)
        return asked


def joined(first: Mapping[str, str], second: Mapping[str, str]) -> dict[str, str]:
    """Return a headline and the words below it as one text."""
    codes = dict.fromkeys([*first, *second])
    return {code: "<br>".join(filter(None, [first.get(code, ""), second.get(code, "")])) for code in codes}
