"""What keeps a well-formed definition from being published, and what its builder should know. Pure.

The native JSON is checked as it is read: keys, references, choices. This looks at the whole: what is never
asked, never shown, never filled. A place is "question KEY", "page N", "ending KEY", or the name of a text.
"""

from collections.abc import Collection, Iterable, Iterator
from itertools import chain

from surveys.definition import Definition, Question, Text
from surveys.filling import HIDDEN, PERSON, TITLE
from surveys.kinds import KINDS
from surveys.kinds.dropdowns import LONG_LIST
from surveys.reachability import Goal, Reachability, asked_if

Fault = tuple[str, str]


def faults_in(definition: Definition) -> list[Fault]:
    """Return what keeps the definition from being published, each with its place; [] when nothing does."""
    return [*_unreachable(definition), *_impossible(definition), *_unfillable(definition)]


def remarks_on(definition: Definition) -> list[Fault]:
    """Return what does not keep it from being published but is hardly meant, each with its place."""
    return [*_same_labels(definition), *_untranslated(definition)]


def _unreachable(definition: Definition) -> Iterator[Fault]:
    reach = Reachability(definition)
    hidden_pages = set()
    for page in definition.pages_meta:
        if page.show_if is not None and not reach.can_hold([(page.show_if, True)]):
            hidden_pages.add(page.number)
            yield f"page {page.number}", "is never shown: its condition can never hold"
    for question in definition:
        if question.page in hidden_pages:
            yield f"question {question.key}", f"is never asked: page {question.page} is never shown"
        elif question.show_if is not None and not reach.can_hold(asked_if(definition, question)):
            yield f"question {question.key}", "is never asked: its condition can never hold"
    yield from _unreachable_endings(definition, reach)


def _unreachable_endings(definition: Definition, reach: Reachability) -> Iterator[Fault]:
    earlier: list[Goal] = []
    always = ""
    for ending in definition.endings:
        place = f"ending {ending.key}"
        wanted: list[Goal] = [(ending.show_if, True)] if ending.show_if is not None else []
        if always:
            yield place, f"is never shown: “{always}” before it always is"
        elif not reach.can_hold([*wanted, *earlier]):
            yield (
                place,
                "is never shown: its condition can never hold, or an earlier ending always comes first",
            )
        if ending.show_if is None:
            always = always or ending.key
        else:
            earlier.append((ending.show_if, False))


def _impossible(definition: Definition) -> Iterator[Fault]:
    for question in definition:
        least = question.settings.get("min_picks") or 0
        if least > len(question.choices):
            yield f"question {question.key}", f"asks for {least} picks of {len(question.choices)} choices"


def _unfillable(definition: Definition) -> Iterator[Fault]:
    for place in ("title", "closed"):
        for name in sorted(getattr(definition, place).piped):
            yield place, f"cannot hold {{{{{name}}}}}: it is read where nobody is known yet"
    keys: list[str] = []
    yield from _unknown(definition, "intro", definition.intro.piped, keys)
    page = 0
    for question in definition:
        if question.page != page:
            page = question.page
            meta = definition.page_by_number.get(page)
            yield from _unknown(definition, f"page {page}", meta.title.piped if meta else (), keys)
        place = f"question {question.key}"
        yield from _unknown(definition, place, question.piped, keys)
        if question.kind == "dropdown" and len(question.choices) > LONG_LIST:
            names = chain.from_iterable(choice.text.piped for choice in question.choices)
            if next(names, None):
                yield place, "cannot hold placeholders in the choices of a list that is searched by typing"
        keys.append(question.key)
    yield from _unknown(definition, "thank_you", definition.thank_you.piped, keys)
    for ending in definition.endings:
        yield from _unknown(definition, f"ending {ending.key}", ending.text.piped, keys)


def _unknown(
    definition: Definition, place: str, names: Iterable[str], earlier: Collection[str]
) -> Iterator[Fault]:
    for name in sorted(names):
        words = f"{{{{{name}}}}}"
        if name in PERSON:
            if definition.privacy == "anonymous":
                yield place, f"cannot hold {words}: the survey promises to be anonymous"
        elif name.startswith(HIDDEN):
            if name.removeprefix(HIDDEN) not in definition.hidden:
                yield place, f"holds {words}, but links may not carry that field"
        elif name in definition.question_by_key:
            if name not in earlier:
                yield place, f"holds {words}, which is not asked before"
            elif not KINDS[definition.question_by_key[name].kind].asks:
                yield place, f"holds {words}, which takes no answer"
        elif name != TITLE:
            yield place, f"holds {words}, and there is nothing of that name"


def _same_labels(definition: Definition) -> Iterator[Fault]:
    for question in definition:
        for noun, parts in (("choices", question.choices), ("rows", question.rows)):
            labels = [str(part.text).casefold() for part in parts]
            for part, label in zip(parts, labels, strict=True):
                if labels.count(label) > 1 and labels.index(label) == parts.index(part):
                    yield f"question {question.key}", f"has two {noun} that read “{part.text}”"


def _untranslated(definition: Definition) -> Iterator[Fault]:
    others = [code for code in definition.languages if code != definition.language]
    for place, texts in _texts(definition):
        lacking = [code for code in others if any(text and not text.by_language.get(code) for text in texts)]
        if lacking:
            yield place, f"is not wholly translated into {', '.join(lacking)}"


def _texts(definition: Definition) -> Iterator[tuple[str, list[Text]]]:
    for name in ("title", "intro", "thank_you", "closed"):
        yield name, [getattr(definition, name)]
    for page in definition.pages_meta:
        yield f"page {page.number}", [page.title]
    for question in definition:
        yield f"question {question.key}", [*_question_texts(question)]
    for ending in definition.endings:
        yield f"ending {ending.key}", [ending.text]


def _question_texts(question: Question) -> Iterator[Text]:
    yield question.text
    yield question.help
    yield from (part.text for part in (*question.choices, *question.rows))
    for name in KINDS[question.kind].text_settings:
        yield Text(question.settings.get(name) or {}, question.text.language)
