"""SurveyJS, XLSForm, Typeform, Formbricks: what becomes of small surveys of each."""

import pytest

from tests.surveys.interchange.files import read, told, xlsform


def surveyjs(*elements, **more):
    return {"title": "Survey", "pages": [{"name": "one", "elements": list(elements)}], **more}


@pytest.mark.parametrize(
    ("element", "kind"),
    [
        ({"type": "text"}, "short_text"),
        ({"type": "text", "inputType": "number", "min": 1, "max": 9}, "number"),
        ({"type": "text", "inputType": "email"}, "email"),
        ({"type": "text", "inputType": "date"}, "date"),
        ({"type": "comment"}, "long_text"),
        ({"type": "radiogroup", "choices": ["a", {"value": 2, "text": "b"}]}, "single_choice"),
        ({"type": "dropdown", "choices": ["a"]}, "dropdown"),
        ({"type": "checkbox", "choices": ["a"], "showNoneItem": True}, "multiple_choice"),
        ({"type": "tagbox", "choices": ["a"]}, "multiple_choice"),
        ({"type": "boolean"}, "yes_no"),
        ({"type": "rating"}, "rating"),
        ({"type": "rating", "rateMin": 0, "rateMax": 10, "title": "Would you recommend us?"}, "nps"),
        ({"type": "ranking", "choices": ["a", "b"]}, "ranking"),
        ({"type": "matrix", "columns": ["x"], "rows": ["y"]}, "matrix"),
        ({"type": "matrix", "columns": ["x"]}, "single_choice"),
        ({"type": "matrixdropdown", "columns": [{"name": "c"}], "rows": ["r"], "choices": [1]}, "matrix"),
        ({"type": "matrixdynamic", "columns": [{"name": "c", "cellType": "text"}]}, "short_text"),
        ({"type": "multipletext", "items": [{"name": "i"}]}, "short_text"),
        ({"type": "html", "html": "<b>Hello</b>"}, "statement"),
        ({"type": "file"}, "short_text"),
    ],
)
def test_surveyjs_types(element, kind):
    conversion, questions = read("surveyjs", surveyjs({"name": "q", **element}))
    assert [question.kind for question in questions.values()] == [kind]
    assert conversion.converted == 1


@pytest.mark.parametrize(
    ("expression", "condition"),
    [
        ("{one} = 'a'", {"equals": ["one", "a"]}),
        ("{one} anyof ['a', 'b']", {"one_of": ["one", ["a", "b"]]}),
        (
            "{many} contains 'x' and {one} notempty",
            {"all": [{"contains": ["many", "x"]}, {"answered": "one"}]},
        ),
        ("{many} allof ['x', 'y']", {"all": [{"contains": ["many", "x"]}, {"contains": ["many", "y"]}]}),
        ("!({one} empty)", {"answered": "one"}),
        ("{one} <> 'a'", {"not": {"equals": ["one", "a"]}}),
    ],
)
def test_surveyjs_conditions_and_panels(expression, condition):
    panel = {
        "type": "panel",
        "name": "p",
        "visibleIf": expression,
        "elements": [{"type": "text", "name": "last"}],
    }
    conversion, by_key = read(
        "surveyjs",
        surveyjs(
            {"type": "radiogroup", "name": "one", "choices": ["a", "b"]},
            {"type": "checkbox", "name": "many", "choices": ["x", "y"]},
            panel,
        ),
    )
    assert by_key["last"].show_if == condition
    assert conversion.found == 3


def test_surveyjs_translations_piping_and_losses():
    conversion, by_key = read(
        "surveyjs",
        surveyjs(
            {"type": "text", "name": "who", "title": {"default": "Who?", "de": "Wer?"}, "defaultValue": "me"},
            {"type": "comment", "name": "why", "title": "Why, {who}?", "requiredIf": "{who} = 'x'"},
            {"type": "expression", "name": "sum"},
            triggers=[{}],
        ),
    )
    assert conversion.definition.languages == ("en", "de")
    assert str(by_key["why"].text) == "Why, {{who}}?"
    assert len(conversion.lost_questions) == 1
    for words in ("its default answer (me)", "on which it is required", "its triggers"):
        assert words in told(conversion)


@pytest.mark.parametrize(
    ("type_", "kind"),
    [
        ("text", "short_text"),
        ("integer", "number"),
        ("decimal", "number"),
        ("range", "number"),
        ("date", "date"),
        ("datetime", "date"),
        ("select_one yn", "single_choice"),
        ("select one from yn", "single_choice"),
        ("select_multiple yn or_other", "multiple_choice"),
        ("select all that apply from yn", "multiple_choice"),
        ("rank yn", "ranking"),
        ("note", "statement"),
        ("acknowledge", "consent"),
        ("geopoint", "short_text"),
        ("image", "short_text"),
        ("barcode", "short_text"),
        ("select_one_from_file a.csv", "short_text"),
    ],
)
def test_xlsform_types(type_, kind):
    rows = [{"type": "start", "name": "start"}, {"type": type_, "name": "q", "label": "Question?"}]
    choices = [{"list_name": "yn", "name": name, "label": name.title()} for name in ("yes", "no")]
    conversion, questions = read("xlsform", xlsform(rows, choices))
    assert [question.kind for question in questions.values()] == [kind]
    assert (conversion.found, conversion.converted) == (1, 1)


def test_xlsform_groups_conditions_limits_and_languages():
    rows = [
        {"type": "select_one yn", "name": "ok", "label::English (en)": "OK?", "label::Deutsch (de)": "Gut?"},
        {"type": "begin_group", "name": "g", "label::English (en)": "More", "relevant": "${ok} = 'yes'"},
        {
            "type": "integer",
            "name": "age",
            "label::English (en)": "Age, ${ok}?",
            "constraint": ". >= 18 and . < 100",
            "required": "yes",
        },
        {
            "type": "text",
            "name": "t",
            "label::English (en)": "T",
            "relevant": "${age} > 20",
            "constraint": "regex(.)",
        },
        {"type": "end_group"},
        {"type": "begin_repeat", "name": "r", "label::English (en)": "Children"},
        {"type": "text", "name": "t", "label::English (en)": "Name", "media::image": "a.png"},
        {"type": "end_repeat"},
        {"type": "calculate", "name": "c", "calculation": "1+1"},
    ]
    choices = [{"list_name": "yn", "name": "yes", "label::English (en)": "Yes", "label::Deutsch (de)": "Ja"}]
    settings = [{"form_title": "Form", "default_language": "English (en)"}]
    conversion, by_key = read("xlsform", xlsform(rows, choices, settings))
    assert list(by_key) == ["ok", "age", "t", "t_2"]
    assert conversion.definition.languages == ("en", "de")
    assert by_key["ok"].choices[0].text.into("de") == "Ja"
    assert conversion.definition.page_by_number[2].show_if == {"equals": ["ok", "yes"]}
    assert (by_key["age"].settings["min"], by_key["age"].settings["max"]) == (18, 99)
    assert str(by_key["age"].text) == "Age, {{ok}}?"
    assert by_key["t"].show_if == {"greater": ["age", 20]}
    for words in ("constraint (regex(.))", "filled in several times", "picture or sound", "it is calculate"):
        assert words in told(conversion)


def test_kobo_tables_become_a_matrix_and_a_ranking():
    rows = [
        {"type": "begin_score", "name": "s", "label": "Rate", "kobo--score-choices": "l"},
        {"type": "score__row", "name": "a", "label": "Row A"},
        {"type": "end_score"},
        {"type": "begin_rank", "name": "k", "label": "Rank", "kobo--rank-items": "l"},
        {"type": "rank__level", "name": "first", "label": "1st"},
        {"type": "end_rank"},
    ]
    choices = [{"list_name": "l", "name": name, "label": name} for name in ("good", "bad")]
    conversion, by_key = read("xlsform", xlsform(rows, choices))
    assert [(one.key, one.kind) for one in by_key.values()] == [("s", "matrix"), ("k", "ranking")]
    assert conversion.found == 2


def field(ref, kind="short_text", title=None, **more):
    return {"ref": ref, "type": kind, "title": title or f"{ref}?", **more}


@pytest.mark.parametrize(
    ("one", "kind"),
    [
        (field("a", "long_text"), "long_text"),
        (field("a", "email"), "email"),
        (field("a", "number"), "number"),
        (field("a", "date"), "date"),
        (field("a", "yes_no"), "yes_no"),
        (field("a", "legal"), "consent"),
        (field("a", "statement"), "statement"),
        (field("a", "phone_number"), "short_text"),
        (field("a", "rating", properties={"steps": 5, "shape": "star"}), "rating"),
        (field("a", "opinion_scale", "How likely to recommend?", properties={"steps": 11}), "nps"),
        (field("a", "opinion_scale", properties={"steps": 7, "start_at_one": True}), "rating"),
        (field("a", "nps"), "nps"),
        (field("a", "dropdown", properties={"choices": [{"label": "x"}]}), "dropdown"),
        (field("a", "ranking", properties={"choices": [{"label": "x"}, {"label": "y"}]}), "ranking"),
        (field("a", "file_upload"), "short_text"),
        (
            field(
                "a",
                "matrix",
                properties={"fields": [{"title": "r", "properties": {"choices": [{"label": "c"}]}}]},
            ),
            "matrix",
        ),
    ],
)
def test_typeform_types(one, kind):
    _, questions = read("typeform", {"title": "Form", "fields": [one]})
    assert [question.kind for question in questions.values()] == [kind]


def test_typeform_groups_jumps_and_end_screens():
    choices = [{"ref": "c1", "label": "Yes"}, {"ref": "c2", "label": "No"}]
    is_no = {"op": "is", "vars": [{"type": "field", "value": "first"}, {"type": "choice", "value": "c2"}]}
    document = {
        "title": "*Bold* form",
        "hidden": ["utm"],
        "fields": [
            field("first", "multiple_choice", "First?", properties={"choices": choices}),
            field(
                "g", "group", "Group", properties={"fields": [field("second", title="{{field:first}} why?")]}
            ),
            field("third", "payment"),
            field("fourth"),
        ],
        "logic": [
            {
                "ref": "first",
                "actions": [
                    {
                        "action": "jump",
                        "details": {"to": {"type": "thankyou", "value": "bye"}},
                        "condition": is_no,
                    }
                ],
            }
        ],
        "thankyou_screens": [
            {
                "ref": "bye",
                "title": "Bye",
                "type": "url_redirect",
                "properties": {"redirect_url": "https://example.com/"},
            },
            {"ref": "thanks", "title": "Thanks"},
        ],
    }
    conversion, by_key = read("typeform", document)
    definition = conversion.definition
    assert str(definition.title) == "Bold form"
    assert definition.hidden == ("utm",)
    assert str(by_key["why"].text if "why" in by_key else by_key["first_why"].text) == "{{first}} why?"
    jumped = {"not": {"equals": ["first", "no"]}}
    assert [question.show_if for question in definition][1:] == [jumped, jumped]
    assert [(str(one.text), one.show_if) for one in definition.endings] == [
        ("Bye", {"equals": ["first", "no"]})
    ]
    assert str(definition.thank_you) == "Thanks"
    assert (conversion.found, len(conversion.lost_questions)) == (4, 1)


def test_an_unconditional_jump_joins_two_branches_again():
    choices = [{"ref": "c1", "label": "A"}, {"ref": "c2", "label": "B"}]

    def jump(ref, to, condition):
        return {
            "ref": ref,
            "actions": [
                {"action": "jump", "details": {"to": {"type": "field", "value": to}}, "condition": condition}
            ],
        }

    is_b = {"op": "is", "vars": [{"type": "field", "value": "q"}, {"type": "choice", "value": "c2"}]}
    document = {
        "title": "Form",
        "fields": [field("q", "multiple_choice", "q", properties={"choices": choices})]
        + [field(ref, title=ref) for ref in ("a", "b", "end")],
        "logic": [jump("q", "b", is_b), jump("a", "end", {"op": "always", "vars": []})],
    }
    _, by_key = read("typeform", document)
    assert by_key["a"].show_if == {"not": {"equals": ["q", "b"]}}
    assert by_key["b"].show_if == {"equals": ["q", "b"]}
    assert by_key["end"].show_if is None


def formbricks(*questions, **more):
    return {"name": "Survey", "questions": list(questions), **more}


def brick(question_id, kind, **more):
    return {
        "id": question_id,
        "type": kind,
        "headline": {"default": f"{question_id}?", "de": f"{question_id} auf Deutsch?"},
        **more,
    }


CHOICES = [{"id": "x1", "label": {"default": "One"}}, {"id": "other", "label": {"default": "Other"}}]


@pytest.mark.parametrize(
    ("one", "kind"),
    [
        (brick("a", "openText"), "long_text"),
        (brick("a", "openText", longAnswer=False), "short_text"),
        (brick("a", "openText", inputType="email"), "email"),
        (brick("a", "multipleChoiceSingle", choices=CHOICES), "single_choice"),
        (brick("a", "multipleChoiceMulti", choices=CHOICES), "multiple_choice"),
        (brick("a", "pictureSelection", choices=[{"id": "p", "imageUrl": "u"}]), "single_choice"),
        (brick("a", "ranking", choices=CHOICES[:1]), "ranking"),
        (brick("a", "nps"), "nps"),
        (brick("a", "rating", scale="star", range=7), "rating"),
        (brick("a", "rating", scale="smiley", range=5), "csat"),
        (brick("a", "consent", label={"default": "I agree"}), "consent"),
        (brick("a", "cta", html={"default": "<p>Go</p>"}), "statement"),
        (brick("a", "date"), "date"),
        (
            brick("a", "matrix", rows=[{"default": "r"}], columns=[{"id": "c", "label": {"default": "c"}}]),
            "matrix",
        ),
        (brick("a", "fileUpload"), "short_text"),
        (brick("a", "contactInfo", email={"show": True}, phone={"show": False}), "email"),
    ],
)
def test_formbricks_types(one, kind):
    _, questions = read("formbricks", formbricks(one))
    assert [question.kind for question in questions.values()] == [kind]


def condition(question_id, operator, value=None):
    right = {} if value is None else {"rightOperand": {"type": "static", "value": value}}
    left = {"type": "question", "value": question_id}
    return {"connector": "and", "conditions": [{"leftOperand": left, "operator": operator, **right}]}


def test_formbricks_blocks_logic_languages_and_endings():
    rule = {
        "conditions": condition("a", "equals", "x1"),
        "actions": [{"objective": "jumpToBlock", "target": "e2"}],
    }
    document = {
        "data": {
            "name": "Survey",
            "languages": [
                {"default": True, "language": {"code": "en"}},
                {"default": False, "language": {"code": "de"}},
            ],
            "blocks": [
                {
                    "id": "b1",
                    "elements": [brick("a", "multipleChoiceSingle", choices=CHOICES)],
                    "logic": [rule],
                },
                {
                    "id": "b2",
                    "elements": [brick("b", "openText", headline={"default": "#recall:a/fallback:it# why?"})],
                },
                {"id": "b3", "elements": [brick("c", "cal")]},
            ],
            "endings": [
                {"id": "e1", "type": "endScreen", "headline": {"default": "Thanks"}},
                {"id": "e2", "type": "redirectToUrl", "url": "https://example.com/x"},
            ],
            "hiddenFields": {"enabled": True, "fieldIds": ["src"]},
            "triggers": [{}],
        }
    }
    conversion, by_key = read("formbricks", document)
    definition = conversion.definition
    assert definition.languages == ("en", "de")
    assert by_key["a"].text.into("de") == "a auf Deutsch?"
    second = definition.questions[1]
    assert (str(second.text), second.show_if) == ("{{a|it}} why?", {"not": {"equals": ["a", "one"]}})
    assert [(one.redirect_url, one.show_if) for one in definition.endings] == [
        ("https://example.com/x", {"equals": ["a", "one"]})
    ]
    assert (str(definition.thank_you), definition.hidden) == ("Thanks", ("src",))
    assert len(conversion.lost_questions) == 1
    assert "its triggers have no counterpart" in told(conversion)


def test_formbricks_old_logic():
    old = brick("a", "nps", logic=[{"condition": "lessEqual", "value": 6, "destination": "c"}])
    _, by_key = read("formbricks", formbricks(old, brick("b", "openText"), brick("c", "openText")))
    assert by_key["b"].show_if == {"not": {"all": [{"answered": "a"}, {"not": {"greater": ["a", 6]}}]}}
    assert by_key["c"].show_if is None


def test_conditions_on_rows_of_a_matrix_and_on_days():
    _, by_key = read(
        "surveyjs",
        surveyjs(
            {"type": "matrix", "name": "m", "rows": ["speed"], "columns": ["good", "bad"]},
            {"type": "text", "name": "day", "inputType": "date"},
            {"type": "text", "name": "why", "visibleIf": "{m.speed} = 'bad'"},
            {"type": "text", "name": "when", "visibleIf": "{day} >= '2024-01-31'"},
        ),
    )
    assert by_key["why"].show_if == {"contains": ["m.speed", "bad"]}
    assert by_key["when"].show_if == {"all": [{"answered": "day"}, {"not": {"less": ["day", "2024-01-31"]}}]}


def test_what_publishing_would_refuse_is_taken_out_with_a_sentence():
    conversion, by_key = read(
        "surveyjs",
        surveyjs(
            {"type": "radiogroup", "name": "a", "title": "A {{b}} {{nobody}}", "choices": ["x", "y"]},
            {"type": "text", "name": "b", "visibleIf": "{a} = 'x' and {a} = 'y'"},
            {"type": "checkbox", "name": "c", "choices": ["x"], "minSelectedChoices": 3},
        ),
    )
    assert str(by_key["a"].text) == "A … …"
    assert by_key["b"].show_if is None
    assert by_key["c"].settings["min_picks"] == 0
    for words in ("{{nobody}}", "can never hold", "asks for 3 picks of 1 choices"):
        assert words in told(conversion)
