"""The rules of each kind: what is sent is stored as it is meant, anything else is refused by name."""

import pytest

from surveys.interchange.native import DefinitionRefused, from_json
from surveys.kinds import KINDS, AnswerRefused, Sheet
from surveys.wording import LANGUAGES, wording

CHOICES = [
    {"key": "tea", "text": {"en": "Tea", "de": "Tee"}},
    {"key": "milk", "text": {"en": "Milk", "de": "Milch"}},
    {"key": "rum", "text": {"en": "Rum", "de": "Rum"}},
]
OPEN = {"key": "mine", "text": {"en": "Other", "de": "Anderes"}, "is_other": True}
ROWS = [
    {"key": "speed", "text": {"en": "Speed", "de": "Tempo"}},
    {"key": "price", "text": {"en": "Price", "de": "Preis"}},
]


def question(kind, choices=CHOICES, **settings):
    document = {"key": "q", "kind": kind, "text": "?", "settings": settings}
    if KINDS[kind].has_choices:
        document["choices"] = choices
    if KINDS[kind].has_rows:
        document["settings"] = {"rows": ROWS, **settings}
    return from_json({"title": "T", "languages": ["en", "de"], "questions": [document]}).questions[0]


def read(asked, **fields):
    return KINDS[asked.kind].read(asked, {name.replace("__", "."): value for name, value in fields.items()})


def code(asked, **fields):
    with pytest.raises(AnswerRefused) as refused:
        read(asked, **fields)
    for language in LANGUAGES:
        assert wording(language).say(f"error.{refused.value.code}", **refused.value.params)
    return refused.value.code


def drawn(asked, language="en", **fields):
    return KINDS[asked.kind].controls(asked, Sheet(fields, language, "en", wording(language)))


def test_a_dropdown_takes_a_key_or_a_text_and_words_where_it_is_open():
    closed, opened = question("dropdown"), question("dropdown", [*CHOICES, OPEN])
    assert read(closed, q=["tea"]) == read(closed, q=["Tee"]) == read(closed, q=[" TEA "]) == "tea"
    assert read(closed, q=[""]) is None
    assert code(closed, q=["Cola"]) == "not_offered"
    assert code(closed, q=["tea", "milk"]) == "one_answer"
    assert read(opened, q=["Cola"]) == read(opened, q=["mine"], q__other=["Cola"]) == {"other": "Cola"}


def test_a_long_dropdown_is_searched_by_typing():
    many = [{"key": f"c{number}", "text": f"City {number}"} for number in range(40)]
    short, long = drawn(question("dropdown")), drawn(question("dropdown", many), q=["c7"])
    assert (short["is_long"], long["is_long"], long["value"]) == (False, True, "City 7")


def test_a_ranking_is_stored_first_to_last():
    asked = question("ranking")
    assert read(asked, q__tea=["2"], q__milk=["3"], q__rum=["1"]) == ["rum", "tea", "milk"]
    assert read(asked) is None
    assert code(asked, q__tea=["1"], q__milk=["1"], q__rum=["2"]) == "rank_twice"
    assert code(asked, q__tea=["1"]) == "rank_all"
    assert code(asked, q__tea=["4"]) == "not_offered"
    assert code(asked, q__tea=["one"]) == "not_offered"
    some = question("ranking", allow_partial=True)
    assert read(some, q__rum=["1"], q__tea=["3"]) == ["rum", "tea"]
    assert KINDS["ranking"].show(some, ["rum", "tea"], "de") == "1. Rum; 2. Tee"
    assert KINDS["ranking"].read_cell(asked, "1. Rum; 2. Tee; 3. Milk") == ["rum", "tea", "milk"]
    with pytest.raises(DefinitionRefused, match="cannot be open"):
        question("ranking", [*CHOICES, OPEN])


def test_a_matrix_is_stored_by_row():
    one, many = question("matrix"), question("matrix", many=True)
    assert read(one, q__speed=["tea"], q__price=[""]) == {"speed": "tea"}
    assert read(many, q__speed=["rum", "tea"]) == {"speed": ["tea", "rum"]}
    assert read(one) is None
    assert code(one, q__speed=["tea", "rum"]) == "one_answer"
    assert code(one, q__speed=["cola"]) == "not_offered"
    assert code(many, q__speed=["tea", "tea"]) == "picked_twice"
    with pytest.raises(AnswerRefused):
        KINDS["matrix"].check(one, {"size": "tea"})
    assert KINDS["matrix"].show(one, {"speed": "tea", "price": "rum"}, "de") == "Tempo: Tee; Preis: Rum"
    assert KINDS["matrix"].read_cell(one, "Tempo: Tee; price: rum") == {"speed": "tea", "price": "rum"}
    assert KINDS["matrix"].missing(one, {"speed": "tea"}).code == "rows_missing"
    assert KINDS["matrix"].missing(one, {"speed": "tea", "price": "rum"}) is None
    for rows in ([], [ROWS[0], ROWS[0]], [{"key": "speed"}], "speed"):
        with pytest.raises(DefinitionRefused):
            question("matrix", rows=rows)


@pytest.mark.parametrize(
    ("settings", "typed", "stored"),
    [
        ({}, "42", 42),
        ({}, " -7 ", -7),
        ({}, "7.0", 7),
        ({"decimals": 2}, "3.25", 3.25),
        ({"decimals": 2}, "3,25", 3.25),
        ({"decimals": 2}, "3", 3.0),
        ({}, "3.5", "not_whole"),
        ({"decimals": 1}, "3.25", "too_many_decimals"),
        ({}, "1,000", "not_a_number"),
        ({}, "1e3", "not_a_number"),
        ({}, "９", "not_a_number"),
        ({}, "many", "not_a_number"),
        ({}, "9" * 15, "not_a_number"),
        ({"min": 1}, "0", "number_too_low"),
        ({"max": 9.5, "decimals": 1}, "9.6", "number_too_high"),
        ({"min": 1, "max": 9}, "9", 9),
    ],
)
def test_a_number_is_within_its_range_and_as_fine_as_allowed(settings, typed, stored):
    asked = question("number", **settings)
    if isinstance(stored, str):
        assert code(asked, q=[typed]) == stored
    else:
        answer = read(asked, q=[typed])
        assert (answer, type(answer)) == (stored, type(stored))


@pytest.mark.parametrize("answer", [True, "5", None, float("nan"), float("inf"), 10**12, [5]])
def test_a_number_in_json_is_a_number(answer):
    with pytest.raises(AnswerRefused):
        KINDS["number"].check(question("number"), answer)


def test_a_number_has_a_unit():
    asked = question("number", unit={"en": "days", "de": "Tage"})
    assert KINDS["number"].show(asked, 3, "de") == "3 Tage"
    assert drawn(asked, "de")["unit"] == "Tage"
    with pytest.raises(DefinitionRefused, match="max must not be below"):
        question("number", min=3, max=2)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("2026-02-28", "2026-02-28"),
        ("2026-02-29", "not_a_date"),
        ("28.02.2026", "not_a_date"),
        ("20260228", "not_a_date"),
        ("2026-W09-6", "not_a_date"),
        ("2025-12-31", "too_early"),
        ("2027-01-01", "too_late"),
    ],
)
def test_a_date_is_a_day_of_the_calendar_within_its_limits(typed, stored):
    asked = question("date", min="2026-01-01", max="2026-12-31")
    if stored == typed:
        assert read(asked, q=[typed]) == stored
        assert KINDS["date"].read_cell(asked, f"{typed} 13:45:00") == stored
    else:
        assert code(asked, q=[typed]) == stored
    with pytest.raises(DefinitionRefused, match="max must not be before"):
        question("date", min="2026-01-02", max="2026-01-01")


@pytest.mark.parametrize(
    ("typed", "is_address"),
    [
        ("me@example.com", True),
        ("first.last+tag@mail.example.co.uk", True),
        ("jörg@bücher.example", True),
        ("me@localhost", False),
        ("@example.com", False),
        ("me@example..com", False),
        ("me@example.com\r\nBcc: you@example.com", False),
        ("Me <me@example.com>", False),
        ("a@b.c,d@e.f", False),
        ("x" * 250 + "@example.com", False),
    ],
)
def test_an_email_is_one_address(typed, is_address):
    asked = question("email")
    if is_address:
        assert read(asked, q=[f" {typed} "]) == typed
    else:
        assert code(asked, q=[typed]) in ("not_an_email", "too_long")


def test_yes_or_no_is_read_in_any_language():
    asked = question("yes_no", yes_label={"en": "Sure", "de": "Klar"})
    assert read(asked, q=["yes"]) == "yes"
    assert code(asked, q=["maybe"]) == "not_offered"
    cells = {"YES": "yes", "Oui": "yes", "1": "yes", "klar": "yes", "Nein": "no", "否": "no", "NA": None}
    for cell, answer in cells.items():
        assert KINDS["yes_no"].read_cell(asked, cell) == answer
    assert [choice["text"] for choice in drawn(asked, "de")["choices"]] == ["Klar", "Nein"]
    assert KINDS["yes_no"].show(asked, "no", "fr") == "Non"


def test_consent_is_given_or_there_is_none_and_its_text_is_kept():
    asked = question("consent", statement={"en": "You may call me.", "de": "Sie dürfen mich anrufen."})
    assert read(asked, q=["yes"]) is True
    assert read(asked) is read(asked, q=["no"]) is None
    assert KINDS["consent"].missing(asked, None).code == "consent_required"
    assert KINDS["consent"].missing(asked, True) is None
    with pytest.raises(AnswerRefused):
        KINDS["consent"].check(asked, "yes")
    assert drawn(asked, "de")["statement"] == "Sie dürfen mich anrufen."
    assert asked.settings["statement"]["en"] == "You may call me."


def test_a_statement_takes_no_answer_and_is_never_missing():
    asked = question("statement")
    assert read(asked, q=["x"]) is None
    assert KINDS["statement"].missing(asked, None) is None
    with pytest.raises(AnswerRefused):
        KINDS["statement"].check(asked, "x")


@pytest.mark.parametrize(
    ("pattern", "good", "bad"),
    [
        ("digits", "0042", "42a"),
        ("letters", "Jean-Luc d’Été", "R2D2"),
        ("code", "AB-12/3", "AB 12"),
        ("phone", "+49 (30) 123-456", "call me"),
        ("url", "https://example.com/a?b=c", "javascript:alert(1)"),
    ],
)
def test_a_line_looks_like_its_pattern(pattern, good, bad):
    asked = question("short_text", pattern=pattern)
    assert read(asked, q=[good]) == good
    assert code(asked, q=[bad]) == f"pattern_{pattern}"


def test_texts_have_a_shortest_length():
    for kind in ("short_text", "long_text"):
        asked = question(kind, min_length=3)
        assert read(asked, q=["abc"]) == "abc"
        assert code(asked, q=["ab"]) == "too_short"
        assert read(asked, q=["  "]) is None


@pytest.mark.parametrize("kind", ["single_choice", "multiple_choice", "dropdown", "ranking"])
def test_a_random_order_is_the_visits_own_and_lasts(kind):
    many = [{"key": f"c{number}", "text": f"{number}"} for number in range(12)]
    asked = question(kind, many, random_order=True)

    def order(seed):
        sheet = Sheet({}, "en", "en", wording("en"), seed)
        return [choice["key"] for choice in KINDS[kind].controls(asked, sheet)["choices"]]

    assert order("visit one") == order("visit one") != order("visit two")
    assert sorted(order("visit one")) == sorted(order("visit two"))
