"""From other tools' conditions to ours, where our operators can say them. Pure."""

from collections.abc import Callable, Iterable
from math import ceil, floor
from operator import ge, gt, le, lt
from typing import Any

from surveys.interchange.asked import Asked, Condition
from surveys.interchange.drafting import Draft
from surveys.interchange.expressions import ExpressionRefused, Node, parse
from surveys.kinds import KINDS
from surveys.kinds.dates import is_day

Resolve = Callable[[str], Asked | None]
# A condition, or whether it always or never holds.
Verdict = Condition | bool

TICKED = {"y", "1", "true", "yes", "on"}
NOT_TICKED = {"", "n", "0", "false", "no"}
MIRRORED = {"less": "greater", "greater": "less", "at_most": "at_least", "at_least": "at_most"}
OPPOSITES = {"differs": "equals", "notcontains": "contains", "noneof": "anyof"}
EMPTY_CALLS = {"is_empty", "empty"}
NOT_EMPTY_CALLS = {"notempty", "is_not_empty"}
ALWAYS = {"", "1"}
MAX_QUOTED = 120
ONE_PICK = {"single_choice", "dropdown"}


class Inexpressible(Exception):
    """A condition that our operators cannot say; the message goes on with "it ..."."""


def read_condition(expression: str, resolve: Resolve) -> Verdict:
    """Return what an expression says of earlier answers. Raises Inexpressible."""
    if expression.strip() in ALWAYS:
        return True
    try:
        return verdict(parse(expression), resolve)
    except ExpressionRefused as refused:
        raise Inexpressible(str(refused)) from None


def verdict(node: Node, resolve: Resolve) -> Verdict:
    """Return what the tree of an expression says of earlier answers. Raises Inexpressible."""
    match node:
        case ("or" | "and" as joint, parts):
            join = any_of if joint == "or" else all_of
            return join(verdict(part, resolve) for part in parts)
        case ("not", part):
            return negated(verdict(part, resolve))
        case ("value", value):
            return str(value).lower() not in NOT_TICKED
        case ("name", name):
            return holds(_known(name, resolve))
        case ("call", name, arguments):
            return _call(name, arguments, resolve)
        case ("compare", operator, left, right):
            return _comparison(operator, left, right, resolve)
    raise Inexpressible("cannot be said with Earshot's operators")


def all_of(parts: Iterable[Verdict]) -> Verdict:
    """Return what holds when all parts do."""
    told = [part for part in parts if part is not True]
    if any(part is False for part in told):
        return False
    return _joined("all", told) if told else True


def any_of(parts: Iterable[Verdict]) -> Verdict:
    """Return what holds when at least one part does."""
    told = [part for part in parts if part is not False]
    if any(part is True for part in told):
        return True
    return _joined("any", told) if told else False


def negated(part: Verdict) -> Verdict:
    """Return what holds when the part does not."""
    if isinstance(part, bool):
        return not part
    if len(part) == 1 and "not" in part:
        inner: Condition = part["not"]
        return inner
    return {"not": part}


def _joined(operator: str, parts: list[Any]) -> Condition:
    flat: list[Condition] = []
    for part in parts:
        # Groups of the same kind are one, and nothing is said twice.
        for one in part.get(operator, [part]):
            if one not in flat:
                flat.append(one)
    return flat[0] if len(flat) == 1 else {operator: flat}


def holds(asked: Asked) -> Condition:
    """Return that a question is answered, or that the choice which the name stands for is picked."""
    if asked.choice:
        return {"contains" if asked.kind not in ONE_PICK else "equals": [asked.key, asked.choice]}
    return {"answered": asked.reference}


def picks(asked: Asked, value: object) -> Condition:
    """Return that a choice is picked, named by the tool's code or by its text. Raises Inexpressible."""
    key = _choice(asked, value)
    return {"equals" if asked.kind in ONE_PICK else "contains": [asked.reference, key]}


def compared(operator: str, asked: Asked, value: Any) -> Verdict:  # noqa: PLR0911 - one return a kind
    """Return a comparison of an answer with a value, by operators as `expressions` names them."""
    if operator in OPPOSITES:
        return negated(compared(OPPOSITES[operator], asked, value))
    if operator in ("anyof", "allof", "in") or (isinstance(value, list) and operator == "contains"):
        values = value if isinstance(value, list) else [value]
        if asked.kind in ONE_PICK and operator != "allof" and not asked.choice:
            return {"one_of": [asked.key, [_choice(asked, one) for one in values]]}
        join = all_of if operator in ("allof", "contains") else any_of
        return join(compared("equals" if operator != "contains" else operator, asked, one) for one in values)
    if isinstance(value, list):
        raise Inexpressible("compares with a list")
    if asked.choice:
        return _tick(operator, asked, value)
    if operator == "equals" and value == "":
        return negated(holds(asked))
    if asked.kind == "matrix" and not asked.row:
        raise Inexpressible("asks about a whole matrix")
    if KINDS[asked.kind].has_choices:
        return _of_choices(operator, asked, value)
    if asked.kind in ("yes_no", "consent"):
        return _yes(operator, asked, value)
    if KINDS[asked.kind].is_scored or asked.kind == "number":
        return _of_numbers(operator, asked, value)
    if asked.kind == "date" and is_day(value):
        return _of_days(operator, asked, value)
    if operator in ("equals", "contains") and asked.kind in ("short_text", "long_text", "email"):
        return {operator: [asked.key, str(value)]}
    raise Inexpressible(f"compares {asked.place} in a way that Earshot has no operator for")


def _tick(operator: str, asked: Asked, value: Any) -> Verdict:
    text = str(value).lower()
    if operator in ("equals", "contains") and text in TICKED | NOT_TICKED:
        return holds(asked) if text in TICKED else negated(holds(asked))
    if operator in ("greater", "at_least", "less", "at_most"):
        return holds(asked) if operator in ("greater", "at_least") else negated(holds(asked))
    raise Inexpressible(f"compares a choice with {value!r}")


def _of_choices(operator: str, asked: Asked, value: Any) -> Verdict:
    if operator in ("equals", "contains"):
        return picks(asked, value)
    limit = _number(value)
    fits = {"less": lt, "at_most": le, "greater": gt, "at_least": ge}[operator]
    keys = [key for code, key in asked.choices.items() if _is_number(code) and fits(float(code), limit)]
    keys = list(dict.fromkeys(keys))
    if asked.kind in ONE_PICK:
        return {"one_of": [asked.key, keys]} if keys else False
    return any_of({"contains": [asked.reference, key]} for key in keys)


def _of_numbers(operator: str, asked: Asked, value: Any) -> Condition:
    number = _number(value)
    whole = number == int(number)
    if operator == "equals" and whole:
        return {"equals": [asked.key, int(number)]}
    if operator == "less":
        return {"less": [asked.key, ceil(number)]}
    if operator == "greater":
        return {"greater": [asked.key, floor(number)]}
    if operator == "at_most":
        return {"all": [{"answered": asked.key}, {"not": {"greater": [asked.key, floor(number)]}}]}
    if operator == "at_least":
        return {"all": [{"answered": asked.key}, {"not": {"less": [asked.key, ceil(number)]}}]}
    raise Inexpressible(f"compares {asked.place} in a way that Earshot has no operator for")


def _of_days(operator: str, asked: Asked, day: str) -> Condition:
    if operator in ("equals", "less", "greater"):
        return {operator: [asked.key, day]}
    beyond = {"at_most": "greater", "at_least": "less"}.get(operator)
    if beyond is None:
        raise Inexpressible(f"compares {asked.place} in a way that Earshot has no operator for")
    return {"all": [{"answered": asked.key}, {"not": {beyond: [asked.key, day]}}]}


def _yes(operator: str, asked: Asked, value: Any) -> Verdict:
    text = str(value).lower()
    if operator != "equals" or text not in TICKED | NOT_TICKED:
        raise Inexpressible(f"compares {asked.place} with {value!r}")
    return {"equals": [asked.key, "yes" if text in TICKED else "no"]}


def _choice(asked: Asked, value: object) -> str:
    text = str(value).strip()
    if text in asked.choices:
        return asked.choices[text]
    lower = text.lower()
    for code, key in asked.choices.items():
        if code.lower() == lower:
            return key
    raise Inexpressible(f"compares {asked.place} with {text[:40]!r}, which is not offered")


def _comparison(operator: str, left: Node, right: Node, resolve: Resolve) -> Verdict:
    if left[0] == "value" and right[0] == "name":
        left, right, operator = right, left, MIRRORED.get(operator, operator)
    if left[0] == "call" and left[1] in ("count-selected", "count") and right[0] == "value":
        return _count(operator, left[2], right[1], resolve)
    if left[0] != "name":
        raise Inexpressible("compares something else than an answer")
    if right[0] not in ("value", "list"):
        raise Inexpressible("compares two answers with each other")
    return compared(operator, _known(left[1], resolve), right[1])


def _count(operator: str, arguments: list[Node], value: Any, resolve: Resolve) -> Verdict:
    is_any = (operator, value) in (("greater", 0), ("at_least", 1), ("differs", 0))
    is_none = (operator, value) in (("equals", 0), ("less", 1), ("at_most", 0))
    if (not is_any and not is_none) or any(argument[0] != "name" for argument in arguments):
        raise Inexpressible("counts picks")
    some = any_of(holds(_known(argument[1], resolve)) for argument in arguments)
    return some if is_any else negated(some)


def _call(name: str, arguments: list[Node], resolve: Resolve) -> Verdict:
    if name in EMPTY_CALLS | NOT_EMPTY_CALLS and len(arguments) == 1 and arguments[0][0] == "name":
        answered = holds(_known(arguments[0][1], resolve))
        return answered if name in NOT_EMPTY_CALLS else negated(answered)
    if name == "selected" and len(arguments) == 2 and [node[0] for node in arguments] == ["name", "value"]:
        return picks(_known(arguments[0][1], resolve), arguments[1][1])
    raise Inexpressible(f"uses {name}()")


def _known(name: str, resolve: Resolve) -> Asked:
    asked = resolve(name)
    if asked is None:
        raise Inexpressible(f"asks about {name[:60]!r}, which is no earlier question")
    return asked


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _number(value: Any) -> float:
    text = str(value)
    if not _is_number(text) or not abs(float(text)) < 10**9:
        raise Inexpressible(f"compares with {text[:40]!r}, which is no number")
    return float(text)


def show_if(draft: Draft, place: str, expression: str, resolve: Resolve) -> Condition | None:
    """Return the condition that an expression makes, None when it always holds or cannot be said.

    What cannot be said goes to the losses.
    """
    try:
        told = read_condition(expression, resolve)
    except Inexpressible as why:
        short = " ".join(expression.split())
        short = short if len(short) <= MAX_QUOTED else f"{short[: MAX_QUOTED - 1]}…"
        draft.lose(place, f"its condition ({short}) was not taken over, so it is always asked: it {why}.")
        return None
    if told is False:
        draft.lose(place, "it was never shown; now it is asked: delete it, or give it a condition.")
    return None if isinstance(told, bool) else told
