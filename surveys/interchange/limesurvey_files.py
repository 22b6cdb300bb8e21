"""Opens LimeSurvey's files: XML tables (.lss, .lsg, .lsq, in an .lsa archive) or tab separated. Pure.

Since version 4 texts stand in tables of their own (…_l10ns); before, a row stood once for each language.
"""

from collections.abc import Mapping, Sequence
from xml.etree.ElementTree import Element

from surveys.interchange.documents import ZIP, open_archive, read_member, read_xml, refused
from surveys.interchange.limesurvey_model import LimeGroup, LimeQuestion, LimeSurvey, Part, Row
from surveys.interchange.limesurvey_tsv import is_tsv, read_tsv

STRUCTURES = {"Survey", "Group", "Question"}


def read_structure(content: bytes) -> LimeSurvey:
    """Return what a .lss, .lsg, .lsq, .lsa or .txt file holds, or raise DefinitionRefused."""
    if content.startswith(ZIP):
        member = read_member(open_archive(content), ".lss")
        if member is None:
            raise refused("is a ZIP archive without a .lss in it")
        content = member
    if is_tsv(content):
        return read_tsv(content)
    root = read_xml(content)
    if root.tag != "document" or root.findtext("LimeSurveyDocType") not in STRUCTURES:
        raise refused("is XML, but no survey, group or question that LimeSurvey exported")
    return _from_tables(root)


def table(root: Element, name: str) -> list[dict[str, str]]:
    """Return the rows of one table of an XML export."""
    rows = root.find(f"{name}/rows")
    if rows is None:
        return []
    return [{cell.tag: cell.text or "" for cell in row} for row in rows]


def _from_tables(root: Element) -> LimeSurvey:
    own = table(root, "surveys")
    settings = own[0] if own else {}
    languages = [node.text or "" for node in root.findall("languages/language")]
    first = settings.get("language", "")
    languages = list(dict.fromkeys([*([first] if first else []), *filter(None, languages)])) or ["en"]
    texts: dict[str, dict[str, str]] = {}
    for row in table(root, "surveys_languagesettings"):
        for name, text in row.items():
            texts.setdefault(name, {})[row.get("surveyls_language", languages[0])] = text
    questions = _questions(root, languages[0])
    _attach(root, questions, languages[0])
    survey = LimeSurvey(languages, settings, texts, _groups(root, languages[0]), questions)
    survey.others = {name: len(table(root, name)) for name in ("quota", "assessments")}
    survey.parameters = [row.get("parameter", "") for row in table(root, "survey_url_parameters")]
    return survey


def _groups(root: Element, language: str) -> list[LimeGroup]:
    groups: dict[str, LimeGroup] = {}
    for row in [*table(root, "groups"), *table(root, "group_l10ns")]:
        group_id = row.get("gid", "")
        order = _order(row.get("group_order"))
        group = groups.setdefault(group_id, LimeGroup(group_id, order, row))
        code = row.get("language") or language
        if "group_name" in row:
            group.names[code] = row["group_name"]
            group.descriptions[code] = row.get("description", "")
    return list(groups.values())


def _questions(root: Element, language: str) -> list[LimeQuestion]:
    questions: dict[str, LimeQuestion] = {}
    for row in table(root, "questions"):
        if row.get("parent_qid", "0") not in ("", "0"):
            continue
        question_id = row.get("qid", "")
        question = questions.setdefault(
            question_id,
            LimeQuestion(
                question_id,
                row.get("type", ""),
                row.get("title", "") or question_id,
                row.get("gid", ""),
                _order(row.get("question_order")),
                row,
            ),
        )
        _take_texts(question, row, row.get("language") or language)
    for row in table(root, "question_l10ns"):
        if row.get("qid", "") in questions:
            _take_texts(questions[row["qid"]], row, row.get("language") or language)
    return list(questions.values())


def _take_texts(question: LimeQuestion, row: Row, language: str) -> None:
    if "question" in row:
        question.texts[language] = row["question"]
        question.helps[language] = row.get("help", "")
        question.scripts[language] = row.get("script", "")


def _attach(root: Element, questions: Sequence[LimeQuestion], language: str) -> None:
    """Give the questions their sub-questions, answer options, attributes and defaults."""
    by_id = {question.id: question for question in questions}
    parts: dict[str, Part] = {}
    for row in [*table(root, "subquestions"), *table(root, "questions")]:
        parent = by_id.get(row.get("parent_qid", ""))
        if parent is None:
            continue
        part = parts.get(row.get("qid", ""))
        if part is None:
            order = _order(row.get("question_order"))
            part = Part(row.get("title", ""), order, row.get("scale_id") or "0")
            part.relevance = row.get("relevance", "")
            parts[row.get("qid", "")] = part
            parent.subquestions.append(part)
        if "question" in row:
            part.texts[row.get("language") or language] = row["question"]
    for row in table(root, "question_l10ns"):
        if part := parts.get(row.get("qid", "")):
            part.texts[row.get("language") or language] = row.get("question", "")
    _attach_answers(root, by_id, language)
    for row in table(root, "question_attributes"):
        if question := by_id.get(row.get("qid", "")):
            values = question.attributes.setdefault(row.get("attribute", ""), {})
            values[row.get("language", "")] = row.get("value", "")
    for row in table(root, "defaultvalues"):
        if question := by_id.get(row.get("qid", "")):
            question.has_default = True
    for question in questions:
        question.subquestions.sort(key=lambda part: part.order)
        question.answers.sort(key=lambda part: part.order)


def _attach_answers(root: Element, by_id: Mapping[str, LimeQuestion], language: str) -> None:
    by_aid: dict[str, Part] = {}
    by_code: dict[tuple[str, str, str], Part] = {}
    for row in table(root, "answers"):
        question = by_id.get(row.get("qid", ""))
        if question is None:
            continue
        code, scale = row.get("code", ""), row.get("scale_id") or "0"
        part = by_code.get((question.id, code, scale))
        if part is None:
            part = by_code[question.id, code, scale] = Part(code, _order(row.get("sortorder")), scale)
            question.answers.append(part)
        if "aid" in row:
            by_aid[row["aid"]] = part
        if "answer" in row:
            part.texts[row.get("language") or language] = row["answer"]
    for row in table(root, "answer_l10ns"):
        if part := by_aid.get(row.get("aid", "")):
            part.texts[row.get("language") or language] = row.get("answer", "")


def _order(text: str | None) -> float:
    try:
        return float(text or 0)
    except ValueError:
        return 0
