"""From SurveyJS' types of element to our kinds. Pure."""

from collections.abc import Callable, Mapping
from typing import Any

from surveys.interchange.asked import Condition, Option
from surveys.interchange.documents import listed, mapping, number, words
from surveys.interchange.surveyjs_elements import SurveyJsElements

INPUT_KINDS = {"number": "number", "range": "number", "email": "email", "date": "date"}
MAX_CELLS = 60


class SurveyJsQuestions(SurveyJsElements):
    """What asks the elements of a SurveyJS page, one after the other."""

    def ask(self, element: Mapping[str, Any], kind: str, when: Condition | None) -> None:
        """Ask what an element asks, or lose it."""
        converters: dict[str, Callable[[Mapping[str, Any], Condition | None], object]] = {
            "text": self.text,
            "comment": lambda one, on: self.put(one, "long_text", on, settings=self.length(one, 10_000)),
            **dict.fromkeys(("radiogroup", "buttongroup", "imagepicker"), self.choice),
            "dropdown": self.choice,
            **dict.fromkeys(("checkbox", "tagbox"), self.choice),
            "boolean": self.yes_no,
            "rating": self.rating,
            "slider": self.slider,
            "ranking": lambda one, on: self.put(one, "ranking", on, options=self.options(one.get("choices"))),
            "matrix": self.matrix,
            "matrixdropdown": self.grid,
            "matrixdynamic": self.grid,
            "multipletext": self.several,
            "html": lambda one, on: self.put(one, "statement", on, text=self.texts(one.get("html"))),
            "image": self.picture,
            "file": self.upload,
            "signaturepad": self.upload,
        }
        name = words(element.get("name"))
        if kind not in converters:
            why = {"expression": "it calculates a value and asks nothing"}.get(
                kind, f"SurveyJS's type {kind[:40]!r} is not known here"
            )
            self.draft.lose_question(self.source(), name, self.texts(element.get("title")), why)
            return
        converters[kind](element, when)
        self.report(element)

    def yes_no(self, element: Mapping[str, Any], when: Condition | None) -> None:
        """Ask yes or no, in the words of the element."""
        labels = {
            "yes_label": self.texts(element.get("labelTrue")),
            "no_label": self.texts(element.get("labelFalse")),
        }
        self.put(element, "yes_no", when, labels=labels)

    def text(self, element: Mapping[str, Any], when: Condition | None) -> None:
        """Ask for a line, or for what the field or its checks demand."""
        input_type = words(element.get("inputType"))
        checks = {
            words(mapping(one).get("type")).removesuffix("validator")
            for one in listed(element.get("validators"))
        }
        if input_type in ("", "text") and checks and checks <= {"email", "numeric"}:
            input_type = "number" if "numeric" in checks else "email"
        kind = INPUT_KINDS.get(input_type, "short_text")
        if input_type not in ("", "text", "url", "tel", *INPUT_KINDS):
            self.draft.lose(self.place(element), f"its field for {input_type[:30]} became one for words.")
        labels = {"placeholder": self.texts(element.get("placeholder") or element.get("placeHolder"))}
        settings = self.length(element, 500)
        if kind == "number":
            settings = self.draft.number_settings(number(element.get("min")), number(element.get("max")))
        self.put(element, kind, when, settings=settings, labels=labels if kind == "short_text" else {})

    def choice(self, element: Mapping[str, Any], when: Condition | None) -> None:
        """Ask for one or several of several."""
        options = self.options(element.get("choices"))
        kind = words(element.get("type"))
        is_many = kind in ("checkbox", "tagbox") or (
            kind == "imagepicker" and element.get("multiSelect") is True
        )
        if kind == "imagepicker":
            self.draft.lose(self.place(element), "its pictures were left out; their words became choices.")
        if element.get("showNoneItem") is True or element.get("hasNone") is True:
            none = self.texts(element.get("noneText")) or {self.own: "None"}
            options.append(Option("none", none, is_exclusive=True))
        if element.get("showOtherItem") is True or element.get("hasOther") is True:
            other = self.texts(element.get("otherText")) or {self.own: "Other (describe)"}
            options.append(Option("other", other, is_other=True))
        settings: dict[str, Any] = {}
        if words(element.get("choicesOrder")) == "random":
            settings["random_order"] = True
        if is_many:
            least, most = number(element.get("minSelectedChoices")), number(element.get("maxSelectedChoices"))
            settings.update({"min_picks": int(least)} if least and 1 <= least <= 100 else {})
            settings.update({"max_picks": int(most)} if most and max(1, least or 1) <= most <= 100 else {})
        ours = "multiple_choice" if is_many else "dropdown" if kind == "dropdown" else "single_choice"
        self.put(element, ours, when, options=options, settings=settings)

    def rating(self, element: Mapping[str, Any], when: Condition | None) -> None:
        """Ask for a point on a scale, or for one of its values where they are no points."""
        labels = {
            "low_label": self.texts(element.get("minRateDescription")),
            "high_label": self.texts(element.get("maxRateDescription")),
        }
        if values := self.options(element.get("rateValues")):
            codes = [option.code for option in values]
            if codes != [str(point) for point in range(1, len(codes) + 1)]:
                self.put(element, "single_choice", when, options=values)
                return
        count = number(element.get("rateCount")) or len(values) or None
        low = number(element.get("rateMin")) if element.get("rateMin") is not None else 1
        high = number(element.get("rateMax")) or (count + (low or 0) - 1 if count else 5)
        shape = (
            "stars"
            if words(element.get("rateType") or element.get("rateDisplayMode")) == "stars"
            else "numbers"
        )
        title = self.texts(element.get("title"))
        kind, settings = self.draft.scale_settings(int(low or 0), int(high), title, shape)
        self.put(element, kind, when, settings=settings, labels=labels if kind != "number" else {})

    def slider(self, element: Mapping[str, Any], when: Condition | None) -> None:
        """Ask for a number."""
        low, high = number(element.get("min")), number(element.get("max"))
        settings = self.draft.number_settings(0 if low is None else low, 100 if high is None else high)
        self.put(element, "number", when, settings=settings)
        self.draft.lose(self.place(element), "its slider became a field for a number.")

    def matrix(self, element: Mapping[str, Any], when: Condition | None) -> None:
        """Ask a matrix, or a single scale where there are no rows."""
        columns = self.options(element.get("columns"))
        if element.get("rows"):
            self.put_matrix(element, when, columns)
        else:
            # Without rows SurveyJS shows one scale for the question itself.
            self.put(element, "single_choice", when, options=columns)

    def put_matrix(
        self, element: Mapping[str, Any], when: Condition | None, columns: list[Option], **details: Any
    ) -> None:
        """Ask one matrix for (a part of) an element."""
        name = words(element.get("name"))
        asked = self.draft.ask_matrix(
            self.source(),
            details.pop("text", None) or self.texts(element.get("title")) or {self.own: name},
            self.options(element.get("rows")),
            columns,
            name=details.pop("name", name),
            help=self.texts(element.get("description")),
            is_required=element.get("isRequired") is True or element.get("isAllRowRequired") is True,
            show_if=when,
            **details,
        )
        if asked:
            self.names[name] = asked

    def grid(self, element: Mapping[str, Any], when: Condition | None) -> None:
        """Ask each column of a table: for each row, or once where respondents add rows themselves."""
        columns = [mapping(column) for column in listed(element.get("columns"))]
        name, rows = words(element.get("name")), self.options(element.get("rows"))
        title = self.texts(element.get("title")) or {self.own: name}
        if element.get("type") == "matrixdynamic":
            self.draft.lose(self.place(element), "it was filled in row by row; now it is asked once.")
        if not columns or len(columns) * max(1, len(rows)) > MAX_CELLS:
            why = f"it is a table of {len(rows)} by {len(columns)} fields"
            self.draft.lose_question(self.source(), name, title, why)
            return
        for column in columns:
            own = words(column.get("name"))
            label = self.texts(column.get("title")) or {self.own: own}
            choices = column.get("choices") or element.get("choices")
            cell = words(column.get("cellType")) or words(element.get("cellType")) or "dropdown"
            if rows and cell in ("dropdown", "radiogroup", "checkbox", "tagbox"):
                texts = {code: f"{text} – {label.get(code, own)}" for code, text in title.items()}
                is_many = cell in ("checkbox", "tagbox")
                options = self.options(choices)
                self.put_matrix(element, when, options, text=texts, name=f"{name}_{own}", is_many=is_many)
                continue
            for row in rows or [Option("", "")]:
                self.cell(
                    element=element,
                    column=column,
                    when=when,
                    row=row,
                    title=title,
                    label=label,
                    choices=choices,
                    cell=cell,
                )

    def cell(
        self,
        *,
        element: Mapping[str, Any],
        column: Mapping[str, Any],
        when: Condition | None,
        row: Option,
        title: Mapping[str, str],
        label: Mapping[str, str],
        choices: object,
        cell: str,
    ) -> None:
        """Ask one cell of a table as an element of its own."""
        own = words(column.get("name"))
        of_row = row.text if isinstance(row.text, dict) else {self.own: str(row.text)}
        text = {
            code: " – ".join(filter(None, [words_, of_row.get(code, row.code), label.get(code, own)]))
            for code, words_ in title.items()
        }
        name = "_".join(filter(None, [words(element.get("name")), row.code, own]))
        part = {**column, "name": name, "title": text, "type": cell, "choices": choices}
        self.ask(part, cell, when)

    def several(self, element: Mapping[str, Any], when: Condition | None) -> None:
        """Ask each of several short fields."""
        items = [mapping(item) for item in listed(element.get("items"))]
        name = words(element.get("name"))
        if not items:
            self.draft.lose_question(
                self.source(), name, self.texts(element.get("title")), "it has no fields"
            )
        for item in items:
            own = words(item.get("name"))
            label = self.texts(item.get("title")) or {self.own: own}
            title = self.texts(element.get("title")) or {self.own: name}
            text = {code: f"{words_} – {label.get(code, own)}" for code, words_ in title.items()}
            self.text({**item, "name": f"{name}_{own}", "title": text}, when)

    def picture(self, element: Mapping[str, Any], when: Condition | None) -> None:
        """Lose a picture."""
        name = words(element.get("name"))
        self.draft.lose_question(self.source(), name, self.texts(element.get("title")), "it is a picture")

    def upload(self, element: Mapping[str, Any], when: Condition | None) -> None:
        """Ask for words instead of a file."""
        self.draft.take_words_for_file(self.put(element, "short_text", when))
