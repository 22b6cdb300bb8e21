"""What would change by publishing, in words for the person about to do it. Pure."""

from collections.abc import Iterator

from surveys.definition import Definition, Question
from surveys.kinds import KINDS

SURVEY_TEXTS = {
    "title": "title",
    "intro": "introduction",
    "thank_you": "thank-you text",
    "closed": "text once closed",
}


def changes_between(before: Definition, after: Definition) -> list[str]:
    """Return one sentence for each difference, in the order of the survey; none when nothing changed."""
    return [*_survey_changes(before, after), *_question_changes(before, after), *_removals(before, after)]


def _survey_changes(before: Definition, after: Definition) -> Iterator[str]:
    for name, label in SURVEY_TEXTS.items():
        if dict(getattr(before, name).by_language) != dict(getattr(after, name).by_language):
            yield f"The {label} changes."
    if before.languages != after.languages:
        yield f"The languages become {', '.join(after.languages)}."
    if before.pages_meta != after.pages_meta:
        yield "What is said of the pages changes."
    if before.endings != after.endings:
        yield "The endings change."
    if before.layout != after.layout:
        yield "The questions are spread over screens in another way."
    if dict(before.theme) != dict(after.theme):
        yield "The look changes."
    if before.hidden != after.hidden:
        yield f"Links may carry {', '.join(after.hidden) or 'no fields'}."
    if before.privacy != after.privacy:
        yield f"Answers become {after.privacy}."


def _question_changes(before: Definition, after: Definition) -> Iterator[str]:
    common = [question.key for question in before if question.key in after.question_by_key]
    stays = _longest_in_order(common, [question.key for question in after])
    for number, question in enumerate(after, start=1):
        old = before.question_by_key.get(question.key)
        if old is None:
            yield f"New: question {number}, “{question.text}”."
            continue
        parts = list(_differences(old, question))
        if question.key not in stays:
            parts.append("its place")
        if parts:
            yield f"Question {number}, “{question.text}”, changes {_listed(parts)}."


def _removals(before: Definition, after: Definition) -> Iterator[str]:
    for number, question in enumerate(before, start=1):
        if question.key not in after.question_by_key:
            yield f"Gone: question {number} as it was, “{question.text}”. Its answers so far are kept."


def _differences(old: Question, new: Question) -> Iterator[str]:
    if old.kind != new.kind:
        yield f"its kind to {KINDS[new.kind].label}"
    if dict(old.text.by_language) != dict(new.text.by_language):
        yield "its text"
    if dict(old.help.by_language) != dict(new.help.by_language):
        yield "its help"
    if old.page != new.page:
        yield f"to page {new.page}"
    if old.is_required != new.is_required:
        yield "to required" if new.is_required else "to optional"
    if old.kind == new.kind and dict(old.settings) != dict(new.settings):
        yield "its settings"
    if old.choices != new.choices:
        yield "its choices"
    if old.show_if != new.show_if:
        yield "when it is asked"


def _longest_in_order(old: list[str], new: list[str]) -> set[str]:
    """Return the most keys that stand in the same order in both: the ones that were not moved."""
    place = {key: number for number, key in enumerate(old)}
    runs: list[list[str]] = [[]]
    for key in (key for key in new if key in place):
        before = [run for run in runs if not run or place[run[-1]] < place[key]]
        longest = max(before, key=len)
        runs.append([*longest, key])
    unmoved = max(runs, key=len)
    return set(unmoved)


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
