"""LimeSurvey's types of question, its relevance, languages and file formats."""

import pytest

from tests.surveys.interchange.files import archive, lime_question, lss, read, told

SUBQUESTIONS = [
    {"qid": "11", "parent_qid": "1", "title": "SQ001", "question": "Speed", "scale_id": "0"},
    {"qid": "12", "parent_qid": "1", "title": "SQ002", "question": "Price", "scale_id": "0"},
]
COLUMNS = [{"qid": "13", "parent_qid": "1", "title": "C1", "question": "First", "scale_id": "1"}]
ANSWERS = [
    {"qid": "1", "code": "A1", "answer": "Good", "scale_id": "0"},
    {"qid": "1", "code": "A2", "answer": "Bad", "scale_id": "0"},
    {"qid": "1", "code": "B1", "answer": "Much", "scale_id": "1"},
]


def one(kind, **more):
    content = lss([lime_question("1", kind, **more)], subquestions=[*SUBQUESTIONS, *COLUMNS], answers=ANSWERS)
    return read("limesurvey", content)


@pytest.mark.parametrize(
    ("letter", "kinds"),
    [
        ("S", ["short_text"]),
        ("T", ["long_text"]),
        ("U", ["long_text"]),
        ("N", ["number"]),
        ("D", ["date"]),
        ("Y", ["yes_no"]),
        ("X", ["statement"]),
        ("5", ["rating"]),
        ("G", ["single_choice"]),
        ("L", ["single_choice"]),
        ("!", ["dropdown"]),
        ("O", ["single_choice", "long_text"]),
        ("M", ["multiple_choice"]),
        ("P", ["multiple_choice"]),
        ("R", ["ranking"]),
        ("K", ["number", "number"]),
        ("Q", ["short_text", "short_text"]),
        ("A", ["matrix"]),
        ("B", ["matrix"]),
        ("C", ["matrix"]),
        ("E", ["matrix"]),
        ("F", ["matrix"]),
        ("H", ["matrix"]),
        ("1", ["matrix", "matrix"]),
        (":", ["number", "number"]),
        (";", ["short_text", "short_text"]),
        ("|", ["short_text"]),
    ],
)
def test_each_type_becomes_the_nearest_kind(letter, kinds):
    conversion, questions = one(letter)
    assert [question.kind for question in questions.values()] == kinds
    assert (conversion.found, conversion.converted) == (1, 1)


@pytest.mark.parametrize(
    ("letter", "why"), [("I", "choice of languages"), ("*", "calculates"), ("?", "type '?'")]
)
def test_what_cannot_be_asked_is_a_named_loss(letter, why):
    content = lss([lime_question("1", letter), lime_question("2", "T")])
    conversion, _ = read("limesurvey", content)
    (lost,) = conversion.lost_questions
    assert (lost.place, why in lost.sentence) == ("Q1 “Question 1?”", True)


def test_groups_become_pages_with_their_titles_and_relevance():
    groups = [
        {"gid": "1", "group_name": "About you", "group_order": "1", "grelevance": "1"},
        {
            "gid": "2",
            "group_name": "More",
            "group_order": "2",
            "grelevance": 'Q1 == "Y"',
            "description": "Hello",
        },
    ]
    questions = [lime_question("1", "Y"), lime_question("2", "T", gid="2")]
    conversion, by_key = read("limesurvey", lss(questions, groups=groups))
    first, second = conversion.definition.pages_meta
    assert (str(first.title), str(second.title)) == ("About you", "More")
    assert second.show_if == {"equals": ["q1", "yes"]}
    assert [(question.key, question.page) for question in by_key.values()] == [
        ("q1", 1),
        ("group_2", 2),
        ("q2", 2),
    ]


@pytest.mark.parametrize(
    ("relevance", "condition"),
    [
        ("", None),
        ("1", None),
        ('Q1.NAOK == "A1"', {"equals": ["q1", "a1"]}),
        ('(Q1 != "A1")', {"not": {"equals": ["q1", "a1"]}}),
        ("!is_empty(Q1)", {"answered": "q1"}),
        ('Q1 == ""', {"not": {"answered": "q1"}}),
        (
            'Q2_SQ001.NAOK == "Y" or Q2_SQ002 == "Y"',
            {"any": [{"contains": ["q2", "sq001"]}, {"contains": ["q2", "sq002"]}]},
        ),
        (
            "Q3 > 5 && Q3 <= 9",
            {"all": [{"greater": ["q3", 5]}, {"answered": "q3"}, {"not": {"greater": ["q3", 9]}}]},
        ),
        ("Q3 ge 18", {"all": [{"answered": "q3"}, {"not": {"less": ["q3", 18]}}]}),
        ("1X1X1.NAOK == 'A2'", {"equals": ["q1", "a2"]}),
        (
            "count(Q2_SQ001, Q2_SQ002) > 0",
            {"any": [{"contains": ["q2", "sq001"]}, {"contains": ["q2", "sq002"]}]},
        ),
    ],
)
def test_relevance_becomes_a_condition(relevance, condition):
    subquestions = [{**row, "qid": f"2{row['qid']}", "parent_qid": "2"} for row in SUBQUESTIONS]
    questions = [
        lime_question("1", "L"),
        lime_question("2", "M"),
        lime_question("3", "N"),
        lime_question("4", "T", relevance=relevance),
    ]
    conversion, by_key = read("limesurvey", lss(questions, subquestions=subquestions, answers=ANSWERS[:2]))
    assert by_key["q4"].show_if == condition
    assert conversion.losses == ()


@pytest.mark.parametrize(
    "relevance",
    [
        "sum(Q1, 2) > 3",
        "Q9 == 1",
        "Q1 == Q2",
        "regexMatch('/a/', Q1)",
        "((",
        "Q1 + 1 > 2",
        "Q1 == 'zz'",
        "(" * 200,
    ],
)
def test_what_cannot_be_said_is_named_with_its_condition(relevance):
    questions = [lime_question("1", "L"), lime_question("2", "T", relevance=relevance)]
    conversion, by_key = read("limesurvey", lss(questions, answers=ANSWERS[:2]))
    assert by_key["q2"].show_if is None
    assert "was not taken over, so it is always asked" in told(conversion)


def test_attributes_become_settings_or_losses():
    attributes = [
        {"qid": "1", "attribute": name, "value": value}
        for name, value in (
            ("min_answers", "1"),
            ("max_answers", "2"),
            ("exclude_all_others", "SQ002"),
            ("random_order", "1"),
            ("array_filter", "Q0"),
            ("time_limit", "30"),
            ("hide_tip", "1"),
        )
    ]
    question = lime_question("1", "M", other="Y", mandatory="Y", preg="/x/")
    conversion, by_key = read(
        "limesurvey", lss([question], subquestions=SUBQUESTIONS, attributes=attributes, quota=[{"id": "1"}])
    )
    asked = by_key["q1"]
    assert asked.is_required
    assert asked.settings == {"min_picks": 1, "max_picks": 2, "random_order": True}
    assert [(choice.key, choice.is_other, choice.is_exclusive) for choice in asked.choices] == [
        ("sq001", False, False),
        ("sq002", False, True),
        ("other", True, False),
    ]
    losses = told(conversion)
    assert "shows only the rows picked in Q0" in losses
    assert "allows 30 seconds" in losses
    assert "check by a pattern" in losses
    assert "its quotas (1) were not taken over" in losses
    assert "hide_tip" not in losses


def test_texts_in_several_languages_from_tables_of_their_own():
    content = lss(
        [{"qid": "1", "type": "L", "title": "Q1"}],
        groups=[{"gid": "1", "group_order": "1"}],
        answers=[{"qid": "1", "aid": "7", "code": "A1"}],
        question_l10ns=[
            {"qid": "1", "language": "en", "question": "How?"},
            {"qid": "1", "language": "de-informal", "question": "Wie?"},
        ],
        answer_l10ns=[
            {"aid": "7", "language": "en", "answer": "Well"},
            {"aid": "7", "language": "de-informal", "answer": "Gut"},
        ],
        surveys=[{"language": "en", "format": "S", "anonymized": "Y"}],
        languages_=[],
    ).replace(b"<language>en</language>", b"<language>en</language><language>de-informal</language>", 1)
    conversion, by_key = read("limesurvey", content)
    assert conversion.definition.languages == ("en", "de-informal")
    assert dict(by_key["q1"].text.by_language) == {"en": "How?", "de-informal": "Wie?"}
    assert by_key["q1"].choices[0].text.into("de-informal") == "Gut"
    assert (conversion.definition.layout, conversion.definition.privacy) == ("question", "anonymous")


def test_a_single_group_or_question_and_an_archive_are_read_alike():
    questions = [lime_question("1", "T")]
    group = read("limesurvey", lss(questions, kind="Group", surveys=[], surveys_languagesettings=[]))[0]
    assert str(group.definition.title) == "Group"
    question = read("limesurvey", lss(questions, kind="Question", groups=[{"gid": "9"}], surveys=[]))[0]
    assert question.converted == 1
    packed = read("limesurvey", archive(survey_1__lss=lss(questions), survey_1__lst="x"))[0]
    assert packed.converted == 1


def test_tab_separated_files_in_two_languages():
    header = [
        "class",
        "type/scale",
        "name",
        "relevance",
        "text",
        "language",
        "mandatory",
        "other",
        "max_answers",
    ]
    rows = [
        ["S", "", "language", "", "en"],
        ["SL", "", "surveyls_title", "", "Tea", "en"],
        ["SL", "", "surveyls_title", "", "Tee", "de"],
        ["G", "0", "Drinks", "1", "", "en"],
        ["Q", "M", "kind", "1", "Which tea?", "en", "Y", "Y", "2"],
        ["SQ", "0", "green", "", "Green", "en"],
        ["Q", "L", "milk", "kind_green == 'Y'", "Milk?", "en", "N", "N"],
        ["A", "0", "1", "", "Yes", "en"],
        ["G", "0", "Getränke", "1", "", "de"],
        ["Q", "M", "kind", "1", "Welcher Tee?", "de", "Y", "Y", "2"],
        ["SQ", "0", "green", "", "Grün", "de"],
        ["Q", "L", "milk", "kind_green == 'Y'", "Milch?", "de", "N", "N"],
        ["A", "0", "1", "", "Ja", "de"],
    ]
    content = "\r\n".join("\t".join(row) for row in [header, *rows]).encode("utf-8-sig")
    conversion, by_key = read("limesurvey", content)
    assert (str(conversion.definition.title), conversion.definition.title.into("de")) == ("Tea", "Tee")
    assert by_key["kind"].choices[0].text.into("de") == "Grün"
    assert by_key["kind"].settings["max_picks"] == 2
    assert by_key["milk"].show_if == {"contains": ["kind", "green"]}
    assert conversion.definition.pages_meta[0].title.into("de") == "Getränke"
