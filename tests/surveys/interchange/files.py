"""Small survey files of our own making, in the formats of other tools."""

import io
import json
import zipfile
from xml.sax.saxutils import escape

from openpyxl import Workbook

from surveys.interchange.formats import FORMATS


def read(name, document):
    """What becomes of a document, and its questions by key."""
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    conversion = FORMATS[name].read(content)
    assert conversion.found == conversion.converted + len(conversion.lost_questions)
    return conversion, conversion.definition.question_by_key


def told(conversion):
    """All losses as one text."""
    return "\n".join(map(str, conversion.losses))


def qsf(questions, *, blocks=None, flow=None, **entry):
    """A Qualtrics survey of these questions, in one block unless blocks and a flow are given."""
    ids = [question["QuestionID"] for question in questions]
    blocks = blocks or [{"ID": "BL_1", "Type": "Default", "BlockElements": [_element(one) for one in ids]}]
    flow = flow or [{"Type": "Block", "ID": block["ID"]} for block in blocks]
    elements = [{"Element": "SQ", "PrimaryAttribute": one["QuestionID"], "Payload": one} for one in questions]
    return {
        "SurveyEntry": {"SurveyName": "Survey", "SurveyLanguage": "EN", **entry},
        "SurveyElements": [
            {"Element": "BL", "Payload": blocks},
            {"Element": "FL", "Payload": {"Type": "Root", "Flow": flow}},
            *elements,
        ],
    }


def _element(question_id):
    return {"Type": "Question", "QuestionID": question_id}


def qualtrics_question(number, kind="TE", selector="SL", choices=(), **more):
    """One question Q1, Q2 ... with choices numbered from 1."""
    return {
        "QuestionID": f"QID{number}",
        "DataExportTag": f"Q{number}",
        "QuestionText": f"Question {number}?",
        "QuestionType": kind,
        "Selector": selector,
        "Choices": {str(place): {"Display": text} for place, text in enumerate(choices, start=1)},
        **more,
    }


def picked(number, choice, operator="Selected"):
    """A display logic of one condition."""
    locator = f"q://QID{number}/SelectableChoice/{choice}"
    part = {"LogicType": "Question", "LeftOperand": locator, "Operator": operator, "Type": "Expression"}
    return {"0": {"0": part, "Type": "If"}, "Type": "BooleanExpression"}


def lss(
    questions,
    *,
    subquestions=(),
    answers=(),
    attributes=(),
    groups=(),
    language="en",
    kind="Survey",
    **tables,
):
    """A LimeSurvey structure in tables, with the texts in the rows."""
    groups = groups or [{"gid": "1", "group_name": "Group", "group_order": "1"}]
    rows = {
        "groups": groups,
        "questions": [
            {"gid": "1", "parent_qid": "0", "question_order": n, **one} for n, one in enumerate(questions)
        ],
        "subquestions": [{"question_order": n, **one} for n, one in enumerate(subquestions)],
        "answers": [{"sortorder": n, **one} for n, one in enumerate(answers)],
        "question_attributes": attributes,
        "surveys": [{"language": language, "format": "G"}],
        "surveys_languagesettings": [{"surveyls_language": language, "surveyls_title": "Survey"}],
        **tables,
    }
    body = "".join(
        f"<{name}><rows>{''.join(map(_row, table))}</rows></{name}>" for name, table in rows.items()
    )
    codes = f"<languages><language>{language}</language></languages>"
    return f"<document><LimeSurveyDocType>{kind}</LimeSurveyDocType>{codes}{body}</document>".encode()


def _row(row):
    return f"<row>{''.join(f'<{name}>{escape(str(value))}</{name}>' for name, value in row.items())}</row>"


def lime_question(number, kind, **more):
    """One question Q1, Q2 ... of a type."""
    return {"qid": number, "type": kind, "title": f"Q{number}", "question": f"Question {number}?", **more}


def xlsform(survey, choices=(), settings=()):
    """An XLSForm workbook of these rows, each a dict."""
    book = Workbook()
    book.remove(book.active)
    for name, rows in (("survey", survey), ("choices", choices), ("settings", settings)):
        sheet = book.create_sheet(name)
        header = list(dict.fromkeys(column for row in rows for column in row))
        sheet.append(header or ["type"])
        for row in rows:
            sheet.append([row.get(column) for column in header])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def archive(**members):
    """A ZIP of these members, their dots written as underscores twice."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members.items():
            made.writestr(name.replace("__", "."), content)
    return stream.getvalue()
