"""Qualtrics' types of question, its logic, flow and translations."""

import pytest

from tests.surveys.interchange.files import picked, qsf, qualtrics_question, read, told


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        (qualtrics_question(1, "MC", "SAVR", ["A", "B"]), "single_choice"),
        (qualtrics_question(1, "MC", "DL", ["A", "B"]), "dropdown"),
        (qualtrics_question(1, "MC", "MACOL", ["A", "B"]), "multiple_choice"),
        (qualtrics_question(1, "MC", "NPS", [str(n) for n in range(11)]), "nps"),
        (qualtrics_question(1, "TE", "SL"), "short_text"),
        (qualtrics_question(1, "TE", "ESTB"), "long_text"),
        (qualtrics_question(1, "RO", "DND", ["A", "B"]), "ranking"),
        (qualtrics_question(1, "DB", "TB"), "statement"),
        (qualtrics_question(1, "Slider", "STAR", ["A"], Configuration={"StarCount": 5}), "rating"),
        (qualtrics_question(1, "Slider", "HBAR", ["A"], Configuration={"CSSliderMax": 100}), "number"),
        (qualtrics_question(1, "CS", "VRTL", ["A"]), "number"),
        (qualtrics_question(1, "FileUpload", "FileUpload"), "short_text"),
        (qualtrics_question(1, "DD", "DL"), "short_text"),
        (qualtrics_question(1, "PGR", "DragAndDrop", ["A"], Groups=["G"]), "matrix"),
        (
            qualtrics_question(
                1, "TE", "SL", Validation={"Settings": {"Type": "ContentType", "ContentType": "ValidEmail"}}
            ),
            "email",
        ),
        (
            qualtrics_question(
                1, "TE", "SL", Validation={"Settings": {"Type": "ContentType", "ContentType": "ValidDate"}}
            ),
            "date",
        ),
    ],
)
def test_each_type_becomes_the_nearest_kind(question, kind):
    conversion, questions = read("qualtrics", qsf([question]))
    assert [one.kind for one in questions.values()] == [kind]
    assert conversion.converted == 1


@pytest.mark.parametrize(
    ("kind", "why"), [("Timing", "measures time"), ("HeatMap", "clicks"), ("Zz", "'Zz'")]
)
def test_what_cannot_be_asked_is_a_named_loss(kind, why):
    conversion, _ = read("qualtrics", qsf([qualtrics_question(1), qualtrics_question(2, kind)]))
    assert (conversion.found, conversion.converted) == (2, 1)
    (lost,) = conversion.lost_questions
    assert lost.place == "Q2 “Question 2?”"
    assert why in lost.sentence


def test_a_matrix_keeps_rows_scale_and_recoded_values():
    matrix = qualtrics_question(
        1,
        "Matrix",
        "Likert",
        ["Speed", "Price"],
        SubSelector="MultipleAnswer",
        Answers={"1": {"Display": "Bad"}, "2": {"Display": "Good"}},
        AnswerOrder=[2, 1],
        RecodeValues={"1": "-1", "2": "10"},
    )
    _, questions = read("qualtrics", qsf([matrix]))
    asked = questions["q1"]
    assert [str(row.text) for row in asked.rows] == ["Speed", "Price"]
    assert [(choice.key, str(choice.text)) for choice in asked.choices] == [
        ("10", "Good"),
        ("minus_1", "Bad"),
    ]
    assert asked.settings["many"] is True


def test_side_by_side_becomes_a_matrix_for_each_column():
    column = {"QuestionType": "Matrix", "Selector": "Likert", "Answers": {"1": {"Display": "Yes"}}}
    table = qualtrics_question(
        1,
        "SBS",
        "SBSMatrix",
        ["Row"],
        AdditionalQuestions={
            "1": {**column, "QuestionText": "Have?", "DataExportTag": "Q1#1"},
            "2": {**column, "QuestionText": "Want?", "DataExportTag": "Q1#2"},
        },
    )
    conversion, questions = read("qualtrics", qsf([table]))
    assert list(questions) == ["q1_1", "q1_2"]
    assert (conversion.found, conversion.converted) == (1, 1)


def test_choices_keep_order_exclusiveness_and_words_of_ones_own():
    question = qualtrics_question(1, "MC", "MAVR", ChoiceOrder=["2", "1", "3"])
    question["Choices"] = {
        "1": {"Display": "A"},
        "2": {"Display": "B", "TextEntry": "true"},
        "3": {"Display": "None", "ExclusiveAnswer": True},
    }
    question["Validation"] = {"Settings": {"ForceResponse": "ON", "MinChoices": "1", "MaxChoices": "2"}}
    _, questions = read("qualtrics", qsf([question]))
    asked = questions["q1"]
    assert [(choice.key, choice.is_other, choice.is_exclusive) for choice in asked.choices] == [
        ("other", True, False),
        ("1", False, False),
        ("3", False, True),
    ]
    assert (asked.is_required, asked.settings["min_picks"], asked.settings["max_picks"]) == (True, 1, 2)


def test_display_logic_is_kept_where_it_can_be_said():
    first = qualtrics_question(1, "MC", "SAVR", ["Yes", "No"])
    second = qualtrics_question(2, DisplayLogic=picked(1, 2, "NotSelected"))
    device = {"0": {"0": {"LogicType": "DeviceType", "LeftOperand": "mobile"}, "Type": "If"}}
    third = qualtrics_question(3, DisplayLogic=device)
    conversion, questions = read("qualtrics", qsf([first, second, third]))
    assert questions["q2"].show_if == {"not": {"equals": ["q1", "2"]}}
    assert questions["q3"].show_if is None
    assert "its display logic was not taken over, so it is always asked: it asks about the device" in told(
        conversion
    )


def test_and_binds_before_or():
    parts = picked(1, 1)["0"]["0"], picked(1, 2)["0"]["0"], picked(2, 1)["0"]["0"]
    joined = [{**parts[0]}, {**parts[1], "Conjuction": "Or"}, {**parts[2], "Conjuction": "And"}]
    logic = {"0": {**{str(place): part for place, part in enumerate(joined)}, "Type": "If"}}
    questions = [
        qualtrics_question(1, "MC", "SAVR", ["A", "B"]),
        qualtrics_question(2, "MC", "MAVR", ["C"]),
        qualtrics_question(3, DisplayLogic=logic),
    ]
    _, by_key = read("qualtrics", qsf(questions))
    assert by_key["q3"].show_if == {
        "any": [
            {"equals": ["q1", "1"]},
            {"all": [{"equals": ["q1", "2"]}, {"contains": ["q2", "1"]}]},
        ]
    }


def block(block_id, *numbers, **more):
    elements = [{"Type": "Question", "QuestionID": f"QID{number}"} for number in numbers]
    return {"ID": block_id, "Type": "Standard", "BlockElements": elements, **more}


def test_branches_endings_and_the_trash_of_the_flow():
    questions = [
        qualtrics_question(1, "MC", "SAVR", ["Yes", "No"]),
        qualtrics_question(2),
        qualtrics_question(3),
        qualtrics_question(4),
    ]
    end = {"Type": "EndSurvey", "Options": {"EOSRedirectURL": "https://example.com/bye"}}
    flow = [
        {"Type": "EmbeddedData", "EmbeddedData": [{"Field": "Source"}]},
        {"Type": "Block", "ID": "BL_1"},
        {"Type": "Branch", "BranchLogic": picked(1, 2), "Flow": [end]},
        {"Type": "Branch", "BranchLogic": picked(1, 1), "Flow": [{"Type": "Block", "ID": "BL_2"}]},
        {"Type": "Block", "ID": "BL_3"},
        {"Type": "WebService"},
    ]
    blocks = [block("BL_1", 1), block("BL_2", 2), block("BL_3", 3), block("BL_T", 4, Type="Trash")]
    conversion, by_key = read("qualtrics", qsf(questions, blocks=blocks, flow=flow))
    definition = conversion.definition
    assert [page.show_if for page in definition.pages_meta] == [
        {"all": [{"not": {"equals": ["q1", "2"]}}, {"equals": ["q1", "1"]}]},
        {"not": {"equals": ["q1", "2"]}},
    ]
    assert [(one.redirect_url, one.show_if) for one in definition.endings] == [
        ("https://example.com/bye", {"equals": ["q1", "2"]})
    ]
    assert definition.hidden == ("source",)
    assert "q4" not in by_key
    assert "Q4 “Question 4?”: it was left out: it lies in the trash" in told(conversion)
    assert "a call of a web service was not taken over" in told(conversion)


def test_skip_logic_hides_what_is_jumped_over():
    questions = [
        qualtrics_question(1, "MC", "SAVR", ["Yes", "No"]),
        *(qualtrics_question(n) for n in (2, 3, 4)),
    ]
    skip = {"Locator": "q://QID1/SelectableChoice/2", "Condition": "Selected", "SkipToDestination": "QID4"}
    one = block("BL_1", 1, 2, 3, 4)
    one["BlockElements"][0]["SkipLogic"] = [skip]
    _, by_key = read("qualtrics", qsf(questions, blocks=[one]))
    jumped = {"not": {"equals": ["q1", "2"]}}
    assert [by_key[key].show_if for key in ("q2", "q3", "q4")] == [jumped, jumped, None]


def test_translations_and_piped_answers_come_along():
    first = qualtrics_question(1, Language={"DE": {"QuestionText": "Frage 1?"}})
    second = qualtrics_question(
        2, QuestionText="You said ${q://QID1/ChoiceTextEntryValue}, ${rand://int/1:9}"
    )
    survey = qsf([first, second])
    survey["SurveyElements"].append(
        {"Element": "SO", "Payload": {"AvailableLanguages": {"EN": [], "DE": []}}}
    )
    conversion, by_key = read("qualtrics", survey)
    assert conversion.definition.languages == ("en", "de")
    assert dict(by_key["q1"].text.by_language) == {"en": "Question 1?", "de": "Frage 1?"}
    assert str(by_key["q2"].text) == "You said {{q1}}, …"
    assert "${rand://int/1:9}" in told(conversion)


def test_markup_becomes_plain_text_and_scripts_are_losses():
    question = qualtrics_question(
        1,
        QuestionText='<p>One<br>two</p><ul><li>a</li></ul><img src="x"><script>alert(1)</script>',
        QuestionJS="Qualtrics.SurveyEngine",
    )
    conversion, by_key = read("qualtrics", qsf([question]))
    assert str(by_key["q1"].text) == "One\ntwo\n\n• a"
    assert "a picture in its text was left out" in told(conversion)
    assert "its script was not taken over" in told(conversion)
