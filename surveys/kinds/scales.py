import re
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from surveys.definition import Question
from surveys.kinds.kind import Answer, AnswerRefused, Kind, SettingsRefused, Sheet, is_missing, whole_number

# ASCII digits only: int() would also read "９" and " 9 ".
DIGITS = re.compile(r"[0-9]{1,3}")
NO_DECIMALS = re.compile(r"(?<=[0-9])\.0+\Z")
# The drawing of a point, where it is the same for all; faces go from 1, unhappy, to 5, whatever the length.
DRAWINGS = {"stars": "star", "hearts": "heart"}
END_LABELS = {"low_label": "Label of the lowest point", "high_label": "Label of the highest point"}


class Scale(Kind):
    """One integer between two ends, each end with a label."""

    template = "surveys/kinds/scale.html"
    text_settings = ("low_label", "high_label")
    is_scored = True

    def low(self, settings: Mapping[str, Any]) -> int:
        """Return the lowest point."""
        return 1

    def high(self, settings: Mapping[str, Any]) -> int:
        """Return the highest point."""
        return int(settings["points"])

    def points(self, settings: Mapping[str, Any]) -> range:
        """Return every point, lowest first."""
        return range(self.low(settings), self.high(settings) + 1)

    def scorable(self, question: Question) -> Iterable[Answer]:
        """Return every point."""
        return self.points(question.settings)

    def parse(self, raw: str) -> Answer:
        """Return the integer that a form's text stands for."""
        if not DIGITS.fullmatch(raw):
            raise AnswerRefused("not_a_point")
        return int(raw)

    def read_cell(self, question: Question, cell: str) -> Answer | None:
        """Return the point in one cell of a table, None when blank or NA; many programs write 7 as 7.0."""
        return None if is_missing(cell) else super().read_cell(question, NO_DECIMALS.sub("", cell.strip()))

    def check(self, question: Question, answer: Answer) -> Answer | None:
        """Return the point, or raise AnswerRefused when the scale has no such point."""
        if isinstance(answer, bool) or not isinstance(answer, int):
            raise AnswerRefused("not_a_point")
        low, high = self.low(question.settings), self.high(question.settings)
        if not low <= answer <= high:
            raise AnswerRefused("off_scale", low=low, high=high)
        return answer

    def rule(self, question: Question) -> list[Any]:
        """Return the range of the points."""
        return ["point", self.low(question.settings), self.high(question.settings)]

    def end_phrases(self, settings: Mapping[str, Any]) -> tuple[str, str] | None:
        """Return which phrases name the two ends of a scale that names neither, None for no words at all."""
        return None

    def ends(self, question: Question, sheet: Sheet) -> tuple[str, str]:
        """Return the words at the lowest and at the highest point, '' where there are none."""
        low, high = (sheet.text(question.settings.get(name)) for name in self.text_settings)
        phrases = self.end_phrases(question.settings)
        if low or high or phrases is None:
            return low, high
        return sheet.words[phrases[0]], sheet.words[phrases[1]]

    def controls(self, question: Question, sheet: Sheet) -> dict[str, Any]:
        """Return every point with what a screen reader says of it, and the words at the two ends."""
        low, high = self.low(question.settings), self.high(question.settings)
        low_label, high_label = self.ends(question, sheet)
        shape = question.settings.get("shape", "numbers")
        points = []
        for point in self.points(question.settings):
            end = {low: low_label, high: high_label}.get(point)
            spoken = [sheet.words.say("point_of", value=point, high=high), *([end] if end else [])]
            points.append(
                {
                    "value": point,
                    "is_picked": str(point) in sheet.values(question.key),
                    "spoken": ", ".join(spoken),
                    "drawing": DRAWINGS.get(shape) or f"face{1 + 4 * (point - low) // (high - low)}",
                }
            )
        return {"points": points, "low_label": low_label, "high_label": high_label, "shape": shape}


class Nps(Scale):
    """Likelihood to recommend, 0 to 10; the cut-offs belong to the question (METRICS §1.1)."""

    name = "nps"
    label = "NPS (0 to 10)"
    icon = "speed"
    about = "Would they recommend you, 0 to 10? Promoters minus detractors is the NPS."
    defaults: ClassVar[Mapping[str, Any]] = {"low": 0, "high": 10, "detractor_max": 6, "passive_max": 8}
    labels: ClassVar[Mapping[str, str]] = {
        **END_LABELS,
        "detractor_max": "Detractors up to",
        "passive_max": "Passives up to",
    }

    def low(self, settings: Mapping[str, Any]) -> int:
        """Return the lowest point, 0 unless an imported scale begins at 1."""
        return int(settings["low"])

    def high(self, settings: Mapping[str, Any]) -> int:
        """Return the highest point."""
        return int(settings["high"])

    def end_phrases(self, settings: Mapping[str, Any]) -> tuple[str, str]:
        """Return the words of likelihood."""
        return "nps_low", "nps_high"

    def check_settings(self, settings: Mapping[str, Any]) -> None:
        """Refuse cut-offs out of order and scales that are not 0 or 1 to 10."""
        whole_number("low", settings["low"], 0, 1)
        whole_number("high", settings["high"], 10, 10)
        detractor_max = whole_number("detractor_max", settings["detractor_max"], 0, 8)
        whole_number("passive_max", settings["passive_max"], detractor_max + 1, 9)


class Csat(Scale):
    """Satisfaction on 2 to 7 points; who is satisfied is stored as `satisfied_min` (METRICS §1.2)."""

    name = "csat"
    label = "CSAT"
    icon = "sentiment_satisfied"
    about = "How satisfied are they with one thing, in numbers, stars or faces?"
    defaults: ClassVar[Mapping[str, Any]] = {"points": 5, "satisfied_min": None, "shape": "numbers"}
    options: ClassVar[Mapping[str, tuple[str, ...]]] = {"shape": ("numbers", "stars", "faces")}
    labels: ClassVar[Mapping[str, str]] = {
        **END_LABELS,
        "points": "Points",
        "satisfied_min": "Satisfied from",
        "shape": "Shown as",
    }

    def end_phrases(self, settings: Mapping[str, Any]) -> tuple[str, str]:
        """Return the words of satisfaction."""
        return "csat_low", "csat_high"

    def complete_settings(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Return the settings with the two highest points as the satisfied ones unless others are named."""
        complete = super().complete_settings(settings)
        if complete["satisfied_min"] is None:
            complete["satisfied_min"] = max(2, complete["points"] - 1)
        return complete

    def check_settings(self, settings: Mapping[str, Any]) -> None:
        """Refuse scales that are not 2 to 10 points long, and thresholds outside."""
        points = whole_number("points", settings["points"], 2, 10)
        if settings["satisfied_min"] is not None:
            whole_number("satisfied_min", settings["satisfied_min"], 2, points)


class Ces(Scale):
    """Customer effort: 2.0 asks for agreement from 1 to 7, 1.0 for effort from 1 to 5 (METRICS §1.3)."""

    name = "ces"
    label = "CES (effort)"
    icon = "fitness_center"
    about = "How easy did you make it? Effort predicts loyalty in service."
    defaults: ClassVar[Mapping[str, Any]] = {
        "version": "2.0",
        "points": None,
        "easy_min": None,
        "direction": None,
    }
    forms: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "2.0": {"points": 7, "easy_min": 5, "direction": "higher_is_better"},
        "1.0": {"points": 5, "easy_min": None, "direction": "lower_is_better"},
    }
    options: ClassVar[Mapping[str, tuple[str, ...]]] = {"version": tuple(forms)}
    labels: ClassVar[Mapping[str, str]] = {
        **END_LABELS,
        "version": "Form (2.0 asks for agreement, 1.0 for effort)",
        "points": "Points",
        "easy_min": "Easy from",
    }

    def end_phrases(self, settings: Mapping[str, Any]) -> tuple[str, str]:
        """Return the words of agreement for form 2.0, of effort for form 1.0."""
        return ("agree_low", "agree_high") if settings["version"] == "2.0" else ("effort_low", "effort_high")

    def complete_settings(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Return the settings with length, threshold and direction of the form in use."""
        complete = super().complete_settings(settings)
        form = self.forms[complete["version"]]
        return complete | {name: value for name, value in form.items() if complete[name] is None}

    def check_settings(self, settings: Mapping[str, Any]) -> None:
        """Refuse lengths and thresholds out of range, and a direction that contradicts the form."""
        form = self.forms[settings["version"]]
        if settings["points"] is not None:
            whole_number("points", settings["points"], 5, 7)
        if settings["easy_min"] is not None:
            whole_number("easy_min", settings["easy_min"], 2, 7)
        if settings["direction"] not in (None, form["direction"]):
            raise SettingsRefused(f"direction of CES {settings['version']} is {form['direction']}")


class Rating(Scale):
    """n points in a shape, without a meaning of its own beyond its mean."""

    name = "rating"
    label = "Rating"
    icon = "star"
    about = "A mark in points, stars or hearts, without a fixed meaning."
    defaults: ClassVar[Mapping[str, Any]] = {"points": 5, "shape": "stars"}
    options: ClassVar[Mapping[str, tuple[str, ...]]] = {"shape": ("numbers", "stars", "hearts")}
    labels: ClassVar[Mapping[str, str]] = {**END_LABELS, "points": "Points", "shape": "Shown as"}

    def check_settings(self, settings: Mapping[str, Any]) -> None:
        """Refuse scales that are not 2 to 10 points long."""
        whole_number("points", settings["points"], 2, 10)
