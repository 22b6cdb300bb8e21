"""Surveys from Formbricks: the JSON of its API, of questions or (since version 4) of blocks. Pure."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from surveys.interchange.conversion import Conversion
from surveys.interchange.documents import listed, mapping, number, read_json, refused, words
from surveys.interchange.drafting import Asked, Draft, Option
from surveys.interchange.finishing import finish
from surveys.interchange.formbricks_logic import FormbricksLogic
from surveys.interchange.jumps import Jump, take_jumps

RECALL = re.compile(r"#recall:([\w-]{1,80})/fallback:([^#]{0,120})#")
DEFAULT = "default"
SHAPES = {"star": "stars", "smiley": "faces", "number": "numbers"}
# The fields of an address and of contact details, in the order in which they are asked.
FIELDS = (
    *("firstName", "lastName", "email", "phone", "company"),
    *("addressLine1", "addressLine2", "city", "state", "zip", "country"),
)
OF_SURVEY = {
    "triggers": "when it was shown on a website was not taken over: its triggers have no counterpart.",
    "segment": "the segment of people it was shown to was not taken over.",
    "variables": "its variables were not taken over.",
    "recaptcha": "its guard against robots was not taken over: Earshot has its own.",
    "pin": "its PIN was not taken over.",
    "autoClose": "its closing by itself after some seconds was not taken over.",
    "autoComplete": "its end after a number of answers was not taken over: set a quota.",
    "closeOnDate": "the day on which it closes was not taken over.",
    "customScripts": "its scripts were not taken over.",
}


def read_formbricks(content: bytes) -> Conversion:
    """Return what became of a survey that Formbricks' API gave out, bare or as its "data"."""
    document = mapping(read_json(content))
    data = document.get("data", document)
    surveys = [mapping(one) for one in (data if isinstance(data, list) else [data])]
    surveys = [one for one in surveys if listed(one.get("questions")) or listed(one.get("blocks"))]
    if not surveys:
        raise refused("is JSON, but no survey of Formbricks'")
    reader = _Reader(surveys[0])
    for other in surveys[1:]:
        reader.draft.lose(
            "file", f"it holds another survey, {words(other.get('name'))[:80]!r}: import it by itself."
        )
    return reader.conversion()


class _Reader:
    """Takes one survey over, block by block."""

    def __init__(self, survey: Mapping[str, Any]) -> None:
        self.survey = survey
        languages = [mapping(one) for one in listed(survey.get("languages"))]
        codes = {words(mapping(one.get("language")).get("code")): one.get(DEFAULT) for one in languages}
        self.own = next((code for code, is_own in codes.items() if code and is_own is True), "en")
        self.draft = Draft([self.own, *filter(None, codes)])
        self.draft.pipe = self.pipe
        self.logic = FormbricksLogic()
        self.begins: dict[str, int] = {}
        self.rules: list[tuple[int, str, Mapping[str, Any]]] = []
        self.found = 0

    def conversion(self) -> Conversion:
        """Return what became of the survey."""
        draft, survey = self.draft, self.survey
        draft.layout = "question"
        draft.say("title", words(survey.get("name")))
        welcome = mapping(survey.get("welcomeCard"))
        if welcome.get("enabled") is True:
            body = self.texts(welcome.get("html") or welcome.get("subheader"))
            draft.say("intro", _joined(self.texts(welcome.get("headline")), body))
        for name in listed(mapping(survey.get("hiddenFields")).get("fieldIds")):
            draft.hide(words(name))
        blocks = [mapping(block) for block in listed(survey.get("blocks"))]
        if any(listed(block.get("elements")) for block in blocks):
            draft.layout = "page"
            for block in blocks:
                self.block(block)
        else:
            for question in map(mapping, listed(survey.get("questions"))):
                self.take(question)
                self.note_rules(question, words(question.get("id")))
        self.endings(take_rules(self))
        self.report()
        return finish(draft, self.found)

    def block(self, block: Mapping[str, Any]) -> None:
        self.draft.turn_page()
        self.begins[words(block.get("id"))] = len(self.draft.questions)
        for element in map(mapping, listed(block.get("elements"))):
            self.take(element)
        self.note_rules(block, words(block.get("id")))

    def note_rules(self, holder: Mapping[str, Any], name: str) -> None:
        start = len(self.draft.questions) - 1
        for rule in map(mapping, listed(holder.get("logic"))):
            self.rules.append((start, name, rule))
        if fallback := words(holder.get("logicFallback")):
            self.rules.append((start, name, {"destination": fallback, "condition": "always"}))

    def texts(self, value: object) -> dict[str, str]:
        """Return a text of Formbricks' by language; "default" is the survey's own."""
        if isinstance(value, dict):
            return {self.own if code == DEFAULT else code: words(text) for code, text in value.items()}
        return {self.own: words(value)} if words(value) else {}

    def pipe(self, text: str) -> tuple[str, list[str]]:
        """Return the text with #recall:id/fallback:there# as {{key|there}}, and what else it quotes."""
        unknown: list[str] = []

        def ours(match: re.Match[str]) -> str:
            name, fallback = match[1], match[2].replace("nbsp", " ").strip()
            asked = self.logic.asked.get(name)
            known = (
                asked.key if asked else f"hidden.{name.lower()}" if name.lower() in self.draft.hidden else ""
            )
            if known:
                return f"{{{{{known}|{fallback}}}}}" if fallback else f"{{{{{known}}}}}"
            unknown.append(match[0])
            return fallback or "…"

        return RECALL.sub(ours, text), unknown

    def take(self, question: Mapping[str, Any]) -> None:
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
        return self.put(question, source, "consent", labels={"statement": self.texts(question.get("label"))})

    def statement(self, question: Mapping[str, Any], source: str) -> Asked | None:
        title = self.texts(question.get("headline"))
        if question.get("buttonExternal") is True or question.get("buttonUrl"):
            self.draft.lose(self.draft.place("", title), "its button to another address was left out.")
        return self.put(question, source, "statement", text=_joined(title, self.texts(question.get("html"))))

    def matrix(self, question: Mapping[str, Any], source: str) -> Asked | None:
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
        asked = self.put(question, source, "short_text")
        self.draft.take_words_for_file(asked)
        return asked

    def endings(self, conditions: Mapping[str, Any]) -> None:
        """Make the first end screen the thank-you, and endings of those that logic leads to."""
        cards = [mapping(one) for one in listed(self.survey.get("endings"))]
        old = mapping(self.survey.get("thankYouCard"))
        if not cards and old.get("enabled") is True:
            cards = [old]
        for card in cards:
            text = _joined(self.texts(card.get("headline")), self.texts(card.get("subheader")))
            url = words(card.get("url")) if card.get("type") == "redirectToUrl" else ""
            told = conditions.get(words(card.get("id")))
            if isinstance(told, dict) or url:
                self.draft.end(text, url=url, show_if=told if isinstance(told, dict) else None)
            elif "thank_you" not in self.draft.texts:
                self.draft.say("thank_you", text)
            else:
                self.draft.lose(self.draft.place("ending", text), "no logic leads to it, so it was left out.")
            if card.get("buttonLink"):
                self.draft.lose(
                    self.draft.place("ending", text), "its button to another address was left out."
                )
        # The one that always holds has to come last.
        self.draft.endings.sort(key=lambda ending: ending["show_if"] is None)
        if url := words(self.survey.get("redirectUrl")):
            self.draft.end(url=url)

    def report(self) -> None:
        for name, sentence in OF_SURVEY.items():
            if self.survey.get(name):
                self.draft.lose("survey", sentence)


def take_rules(reader: _Reader) -> dict[str, Any]:
    """Put the logic on the questions, and return when each ending is reached, by its id."""
    draft, logic = reader.draft, reader.logic
    endings = {words(mapping(one).get("id")) for one in listed(reader.survey.get("endings"))} | {"end"}
    last = len(draft.questions)
    jumps: list[tuple[Jump, str]] = []
    for start, target, when, place in logic.jumps(draft, reader.rules):
        goal = last if target in endings else reader.begins.get(target, -1)
        if start < 0 or goal <= start:
            draft.lose(place, "a jump was not taken over: it leads back or nowhere.")
        else:
            jumps.append((Jump(start, goal, when), target if target in endings else ""))
    take_jumps(draft, [jump for jump, _ in jumps])
    return logic.endings(draft, jumps)


def _joined(first: Mapping[str, str], second: Mapping[str, str]) -> dict[str, str]:
    """Return a headline and the words below it as one text."""
    codes = dict.fromkeys([*first, *second])
    return {code: "<br>".join(filter(None, [first.get(code, ""), second.get(code, "")])) for code in codes}
