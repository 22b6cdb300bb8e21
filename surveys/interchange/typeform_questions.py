"""From Typeform's types of field to our kinds. Pure."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from surveys.interchange.asked import Asked, Option
from surveys.interchange.documents import listed, mapping, number, words
from surveys.interchange.drafting import Draft

NOT_ASKED = {
    "payment": "it takes a payment",
    "calendly": "it books a meeting",
    "clarify_with_ai": "it is asked by a machine",
}
EMPHASIS = re.compile(r"(?<![\w\\])([*_])(?=\S)([^*_\n]+?)(?<=\S)\1(?!\w)")
ESCAPED = re.compile(r"\\([*_\\])")


class TypeformQuestions:
    """What asks the fields of a form, one after the other."""

    draft: Draft
    asked: dict[str, Asked]
    # The words of each choice, by Typeform's name for it.
    choice: dict[str, str]

    def text(self, value: object) -> str:
        """Return a text without the marks of emphasis that Typeform writes."""
        return ESCAPED.sub(r"\1", EMPHASIS.sub(r"\2", words(value)))

    def report_picture(self, place: str, thing: Mapping[str, Any]) -> None:
        """Lose the picture or video of a thing."""
        attachment = mapping(thing.get("attachment") or mapping(thing.get("layout")).get("attachment"))
        if attachment:
            what = words(attachment.get("type")) or "picture"
            self.draft.lose(place, f"its {what[:20]} was left out; texts here are plain.")

    def ask(self, field: Mapping[str, Any], ref: str, kind: str) -> None:
        """Ask one field, or lose it."""
        title, properties = self.text(field.get("title")), mapping(field.get("properties"))
        validations = mapping(field.get("validations"))
        place = self.draft.place("", title)
        self.report_picture(place, field)

        def put(ours: str, **details: Any) -> None:
            asked = self.draft.ask(
                ref,
                ours,
                title,
                help=self.text(properties.get("description")),
                is_required=validations.get("required") is True and ours != "statement",
                **details,
            )
            if asked:
                self.asked[ref] = asked

        def upload() -> None:
            put("short_text")
            self.draft.take_words_for_file(self.asked.get(ref))

        converters: dict[str, Callable[[], None]] = {
            "short_text": lambda: put("short_text", settings=_length(validations, 500)),
            "long_text": lambda: put("long_text", settings=_length(validations, 10_000)),
            "email": lambda: put("email"),
            "number": lambda: put("number", settings=self.limits(validations)),
            "date": lambda: put("date"),
            "yes_no": lambda: put("yes_no"),
            "legal": lambda: put("consent"),
            "checkbox": lambda: put("consent"),
            "statement": lambda: put("statement"),
            "phone_number": lambda: put("short_text", settings={"pattern": "phone"}),
            "website": lambda: put("short_text", settings={"pattern": "url", "max_length": 500}),
            "file_upload": upload,
            "ranking": lambda: put("ranking", options=self.options(properties, place)),
            **dict.fromkeys(
                ("multiple_choice", "picture_choice", "dropdown"),
                lambda: put(**self.choices(properties, validations, kind, place)),
            ),
            **dict.fromkeys(
                ("rating", "opinion_scale", "nps"), lambda: put(**self.scale(properties, kind, title))
            ),
            "matrix": lambda: self.matrix(ref, title, properties),
        }
        if kind in converters:
            converters[kind]()
        else:
            why = NOT_ASKED.get(kind, f"Typeform's type {kind[:40]!r} is not known here")
            self.draft.lose_question(ref, "", title, why)

    def limits(self, validations: Mapping[str, Any]) -> dict[str, Any]:
        """Return the settings of a number."""
        return self.draft.number_settings(
            number(validations.get("min_value")), number(validations.get("max_value")), is_whole=True
        )

    def options(self, properties: Mapping[str, Any], place: str) -> list[Option]:
        """Return the choices; their keys come from their words, for their refs are made by a machine."""
        options = []
        for choice in map(mapping, listed(properties.get("choices"))):
            label = self.text(choice.get("label"))
            self.report_picture(place, choice)
            options.append(Option(label, label))
            self.choice.update({words(choice.get(name)): label for name in ("ref", "id") if choice.get(name)})
        return options

    def choices(
        self, properties: Mapping[str, Any], validations: Mapping[str, Any], kind: str, place: str
    ) -> dict[str, Any]:
        """Return how to ask for one or several of several."""
        options = self.options(properties, place)
        if properties.get("allow_other_choice") is True:
            options.append(Option("other", "Other", is_other=True))
        settings: dict[str, Any] = {"random_order": True} if properties.get("randomize") is True else {}
        if properties.get("allow_multiple_selection") is not True:
            return {
                "ours": "dropdown" if kind == "dropdown" else "single_choice",
                "options": options,
                "settings": settings,
            }
        least, most = number(validations.get("min_selection")), number(validations.get("max_selection"))
        settings.update({"min_picks": int(least)} if least and 1 <= least <= 100 else {})
        settings.update({"max_picks": int(most)} if most and max(1, least or 1) <= most <= 100 else {})
        return {"ours": "multiple_choice", "options": options, "settings": settings}

    def scale(self, properties: Mapping[str, Any], kind: str, title: str) -> dict[str, Any]:
        """Return how to ask for a point on a scale."""
        steps = number(properties.get("steps")) or (5 if kind == "rating" else 11)
        low = 1 if kind == "rating" or properties.get("start_at_one") is True else 0
        shape = {"star": "stars", "heart": "hearts"}.get(words(properties.get("shape")), "numbers")
        ours, settings = self.draft.scale_settings(low, int(low + steps - 1), title, shape)
        if kind == "nps":
            ours, settings = "nps", {}
        names = mapping(properties.get("labels"))
        labels = {"low_label": self.text(names.get("left")), "high_label": self.text(names.get("right"))}
        return {"ours": ours, "settings": settings, "labels": labels if ours != "number" else {}}

    def matrix(self, ref: str, title: str, properties: Mapping[str, Any]) -> None:
        """Ask rows by columns."""
        rows: list[Option] = []
        columns: list[Option] = []
        is_many = False
        for row in map(mapping, listed(properties.get("fields"))):
            label, own = self.text(row.get("title")), mapping(row.get("properties"))
            rows.append(Option(label, label))
            columns = columns or self.options(own, title)
            is_many = is_many or own.get("allow_multiple_selection") is True
        asked = self.draft.ask_matrix(ref, title, rows, columns, is_many=is_many)
        if asked:
            self.asked[ref] = asked


def _length(validations: Mapping[str, Any], limit: int) -> dict[str, Any]:
    longest = number(validations.get("max_length"))
    return {"max_length": int(min(longest, limit))} if longest and longest >= 1 else {}
