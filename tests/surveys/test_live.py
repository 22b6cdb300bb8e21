"""The browser asks and refuses as the server does: the script’s own function over generated surveys."""

import itertools
import string

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from surveys.answers import read_form
from surveys.branching import asked
from surveys.interchange.native import from_json
from surveys.kinds import KINDS
from surveys.kinds.texts import PATTERNS
from surveys.live import live_questions, needs_an_answer, refusals_on
from tests.factories import NPS, WHY
from tests.surveys.questionnaires import DEFINITIONS

CASES = 250
LINES = st.text(st.characters(exclude_categories=("Cs", "Cn")), max_size=12)
NUMBERS = ["0", "3", "-1.5", "2,5", "1,000", "+7", " 9 ", "1e3", "12345678901234", "0.00001", "4.0", "-0"]
WORDS = [
    "ß",
    "SS",
    "ΣΑΣ",
    "\ufeffa",
    "\x85b",
    "x" * 31,
    "\x01",
    "😀😀😀",
    "abc",
    "Zoë d’Arc-Ney",
    "क्षत्रिय",
    "٣",
]
LOOKS = ["007", "A-1/b", "+49 (30) 12-34", "https://example.com/a?b", "https://a b.c", "http://x.y\ufeff"]
ADDRESSES = ["me@example.com", "me@example", "a@b.c\x85", "a b@c.de", "é@ü.de", '"a"@b.de']
DAYS = [
    "2026-01-31",
    "2026-02-29",
    "2024-02-29",
    "0000-01-01",
    "2026-1-1",
    "2025-12-31",
    "2026-03-01",
    "12026-01-01",
]
TYPED = LINES | st.sampled_from([*NUMBERS, *WORDS, *LOOKS, *ADDRESSES, *DAYS])


def controls(draw, question):
    """What the controls of one question can send."""
    kind, key = KINDS[question.kind], question.key
    keys = [*question.choice_by_key]
    if kind.has_rows:
        most = len(keys) if question.settings["many"] else 1
        picks = st.lists(st.sampled_from(keys), unique=True, max_size=most)
        return {name: draw(picks) for name in kind.names(question)}
    if question.kind == "ranking":
        orderly = draw(st.booleans())
        ranks = draw(st.permutations(range(1, len(keys) + 1)))
        some = st.integers(0, len(keys))
        given = [rank if orderly else draw(some) for rank in ranks]
        return {name: [str(rank or "")] for name, rank in zip(kind.names(question), given, strict=True)}
    if kind.has_choices:
        names = [name for choice in question.choices for name in choice.text.by_language.values()]
        if question.kind == "dropdown" and len(keys) > 15:
            picks = [draw(st.sampled_from([*keys, *names, names[0].upper()]) | TYPED)]
        else:
            picks = draw(st.lists(st.sampled_from(keys), unique=True))
            picks = picks if question.kind == "multiple_choice" else picks[:1]
        return {key: picks, f"{key}.other": [draw(TYPED)]}
    if question.kind in ("yes_no", "consent"):
        return {key: draw(st.sampled_from([[], ["yes"]]))}
    if kind.is_scored:
        low, high = kind.low(question.settings), kind.high(question.settings)
        return {key: draw(st.sampled_from([[], *([str(point)] for point in range(low, high + 1))]))}
    typed = draw(st.just("") | TYPED)
    # A field of one line holds no line ends.
    is_line = question.kind != "long_text"
    return {key: [typed.translate({10: None, 13: None}) if is_line else typed]}


@st.composite
def long_lists(draw):
    """A survey that begins with a list to search, and asks on by what was found."""
    keys = list(string.ascii_lowercase[:17])
    listed = [{"key": key, "text": {"en": f"Name {key}", "de": f"{key}straße"}} for key in keys]
    listed[-1]["is_other"] = draw(st.booleans())
    value = draw(st.sampled_from([*keys, "other"]))
    return from_json(
        {
            "title": "T",
            "languages": ["en", "de"],
            "questions": [
                {
                    "key": "l",
                    "kind": "dropdown",
                    "text": "?",
                    "choices": listed,
                    "required": draw(st.booleans()),
                },
                {**WHY, "show_if": {draw(st.sampled_from(["equals", "contains"])): ["l", value]}},
            ],
        }
    )


@st.composite
def pages(draw):
    """A page of a survey with branches, what was answered before it, and what its form holds now."""
    definition = draw(st.one_of(*[DEFINITIONS] * 9, long_lists()))
    number = draw(st.integers(0, len(definition.pages) - 1))
    here = definition.pages[number]
    before = {
        key: value
        for page in definition.pages[:number]
        for q in page
        for key, value in controls(draw, q).items()
    }
    kept = read_form(definition, before, is_complete=False, is_demanding=False).answers
    now = {key: value for question in here for key, value in controls(draw, question).items()}
    return definition, here, kept, now


def drawn(strategy, count):
    found = []

    @settings(
        max_examples=count, phases=[Phase.generate], database=None, suppress_health_check=[*HealthCheck]
    )
    @given(strategy)
    def collect(example):
        found.append(example)

    collect()
    return found


def on_the_server(definition, here, kept, fields):
    """What the script is given of a page, and what the server makes of the same fields."""
    live = live_questions(definition, kept, here)
    on_paper = {rule["key"] for rule in live}
    assert {question.key for question in asked(definition, kept)} & {q.key for q in here} <= on_paper
    fields = {name: values for name, values in fields.items() if name.partition(".")[0] in on_paper}
    sent = read_form(definition, fields, kept=kept, on_page=here, is_complete=here == definition.pages[-1])
    shown = {question.key for question in asked(definition, sent.answers)}
    refused = {
        key: [error.code, str(next(iter(error.params.values()), ""))]
        for key, error in sent.errors.items()
        if key in on_paper
    }
    given = {"questions": live, "needs_answer": needs_an_answer(definition, kept, here), "fields": fields}
    return given, [[question.key for question in here if question.key in shown], refused]


def disagreements(page, live_server, cases):
    """What the script makes of pages, where the server makes something else of them."""
    page.goto(f"{live_server.url}/r/nobody/")
    found = page.evaluate(
        """async ([script, cases]) => {
            const { judge } = await import(script);
            return cases.map((one) => {
                const { asked, refused } = judge(one, (name) => one.fields[name] ?? []);
                const why = [...refused].map(([key, { code, limit }]) => [key, [code, `${limit ?? ""}`]]);
                return [asked, Object.fromEntries(why)];
            });
        }""",
        [f"{live_server.url}/static/surveys/answer.js", [given for given, _ in cases]],
    )
    pairs = zip(cases, found, strict=True)
    return [(given, expected, theirs) for (given, expected), theirs in pairs if expected != theirs]


@pytest.mark.browser
@pytest.mark.django_db
def test_browser_and_server_agree_on_what_is_asked_and_what_is_refused(page, live_server):
    cases = [on_the_server(*one) for one in drawn(pages(), CASES)]
    assert sum("show_if" in str(given) for given, _ in cases) > CASES / 10
    assert disagreements(page, live_server, cases) == []


ABC = [{"key": key, "text": key.upper()} for key in "abc"]
LISTED = [{"key": f"k{number}", "text": {"en": f"Straße {number}"}} for number in range(17)]
OPEN = [*ABC, {"key": "d", "text": "D", "is_other": True}]
ALONE = [*ABC, {"key": "d", "text": "D", "is_exclusive": True}]
SOME = [[], *([key] for key in "abcd"), ["a", "b"], ["a", "d"], ["a", "b", "c"], ["a", "b", "c", "d"]]
ROWS = [{"key": "r", "text": "R"}, {"key": "s", "text": "S"}]
TEXTS = [*NUMBERS, *WORDS, *LOOKS, *ADDRESSES, *DAYS, "", " ", "a b", "straße 3", "k3", "K3"]
# Each question, and everything that its fields are tried with.
LINES_OF = [[text] for text in TEXTS]
TRIED = [
    ({"kind": "nps"}, {"q": [[], ["0"], ["10"], ["5"]]}),
    *(
        ({"kind": "number", "settings": settings}, {"q": LINES_OF})
        for settings in ({}, {"min": 0, "max": 5.5, "decimals": 1}, {"min": -0.5, "decimals": 4}, {"max": 2})
    ),
    *(
        ({"kind": "short_text", "settings": {"max_length": 30, **settings}}, {"q": LINES_OF})
        for settings in ({}, {"min_length": 3}, *({"pattern": name} for name in PATTERNS))
    ),
    ({"kind": "long_text", "settings": {"max_length": 3, "min_length": 2}}, {"q": [["a\r\nb"], *LINES_OF]}),
    ({"kind": "email"}, {"q": LINES_OF}),
    ({"kind": "date", "settings": {"min": "2026-01-02", "max": "2026-02-01"}}, {"q": LINES_OF}),
    ({"kind": "yes_no"}, {"q": [[], ["yes"], ["no"]]}),
    ({"kind": "consent"}, {"q": [[], ["yes"]]}),
    ({"kind": "single_choice", "choices": OPEN}, {"q": SOME[:5], "q.other": [[], [" "], ["x"], ["\x01"]]}),
    ({"kind": "dropdown", "choices": LISTED}, {"q": LINES_OF}),
    (
        {"kind": "dropdown", "choices": [*LISTED, OPEN[-1]]},
        {"q": [*LINES_OF, ["D"]], "q.other": [[], ["x" * 301]]},
    ),
    *(
        (
            {"kind": "multiple_choice", "choices": choices, "settings": settings},
            {"q": SOME, "q.other": [[""], ["x"]]},
        )
        for choices in (OPEN, ALONE)
        for settings in ({}, {"min_picks": 2}, {"min_picks": 1, "max_picks": 1}, {"max_picks": 2})
    ),
    *(
        (
            {"kind": "ranking", "choices": ABC, "settings": {"allow_partial": is_partial}},
            {f"q.{key}": [[rank] for rank in ("", "1", "2", "3")] for key in "abc"},
        )
        for is_partial in (True, False)
    ),
    *(
        (
            {"kind": "matrix", "choices": ALONE, "settings": {"rows": ROWS, "many": many}},
            {f"q.{row}": SOME if many else SOME[:4] for row in "rs"},
        )
        for many in (True, False)
    ),
]


@pytest.mark.browser
@pytest.mark.django_db
def test_every_rule_of_every_kind_refuses_in_the_browser_what_it_refuses_on_the_server(page, live_server):
    cases, codes, possible = [], set(), set()
    for question, tried in TRIED:
        for required in (True, False):
            last = {"key": "last", "kind": "short_text", "text": "?", "show_if": {"answered": "q"}}
            survey = survey_of({"key": "q", "text": "?", "required": required, **question}, last)
            for values in itertools.product(*tried.values()):
                fields = {**dict(zip(tried, values, strict=True)), "last": [""]}
                cases.append(on_the_server(survey, survey.questions, {}, fields))
                refused = {code for code, _ in cases[-1][1][1].values()}
                # A field stops at its length, and who pastes what cannot be printed hears it from the server.
                assert refused - {"too_long", "unprintable"} <= refusals_on(survey.questions)
                codes |= refused
            possible |= refusals_on(survey.questions)
    other_scales = {"csat", "ces", "rating"}
    assert {question["kind"] for question, _ in TRIED} == set(KINDS) - {"statement"} - other_scales
    assert codes == possible | {"too_long", "unprintable"}
    assert disagreements(page, live_server, cases) == []


def survey_of(*questions, **more):
    return from_json({"title": "T", "questions": [*questions], **more})


def test_what_was_answered_before_is_settled_and_does_not_travel():
    low = {"less": ["nps", 7]}
    survey = survey_of(
        NPS,
        {**WHY, "key": "a", "page": 2},
        {**WHY, "key": "b", "page": 2, "show_if": {"all": [low, {"answered": "a"}]}},
        {**WHY, "key": "c", "page": 2, "show_if": {"any": [low, {"answered": "a"}]}},
    )
    here = survey.pages[1]
    rule = ["all", ["answered", "a"]]
    assert {q["key"]: q.get("show_if") for q in live_questions(survey, {"nps": 3}, here)} == {
        "a": None,
        "b": ["all", rule],
        "c": None,
    }
    assert [q["key"] for q in live_questions(survey, {"nps": 9}, here)] == ["a", "c"]
    assert "nps" not in str(live_questions(survey, {"nps": 3}, here))
