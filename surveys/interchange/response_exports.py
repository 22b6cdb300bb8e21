"""The response exports of other tools: how each tells itself, and what its header lines say. Pure."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from accounts.interchange.cells import Cell, plain
from surveys.interchange.layouts import Head

MAX_HEADER_LINES = 3
SQUEEZE = re.compile(r"[^a-z0-9]+")
LIME_CODE = re.compile(r"([A-Za-z]\w*)(?:\[([^\[\]]*)\])?(?:\[([^\[\]]*)\])?(?:\.\s(.*))?", re.DOTALL)
LIME_FIELD = re.compile(r"_?\d+X\d+X(\d.*)")
LIME_SCALE = re.compile(r"(.*)[#-]([01])")
REPEAT = re.compile(r"\[(\d+)\]")
V_COLUMN = re.compile(r"V\d{1,2}")
NO_OPTION = {"response", "openendedresponse", "open endedresponse", ""}

# What columns about the visit are called, squeezed, by the field that they feed.
VISIT = {
    "qualtrics": {
        "external_id": ("responseid",),
        "started_at": ("startdate",),
        "submitted_at": ("recordeddate", "enddate"),
        "language": ("userlanguage", "qlanguage"),
        "finished": ("finished",),
    },
    "limesurvey": {
        "external_id": ("id", "responseid"),
        "started_at": ("startdate", "datestarted"),
        "submitted_at": ("submitdate", "datesubmitted"),
        "last_seen_at": ("datestamp", "datelastaction"),
        "language": ("startlanguage",),
    },
    "surveymonkey": {
        "external_id": ("respondentid",),
        "started_at": ("startdate", "datecreated"),
        "submitted_at": ("enddate", "datemodified"),
        "language": ("language",),
    },
    "kobo": {
        "external_id": ("uuid", "metainstanceid", "id", "instanceid"),
        "started_at": ("start", "starttime"),
        "submitted_at": ("submissiontime", "end", "endtime"),
    },
}
# Columns that a tool always writes and that are no answers.
KNOWN = {
    "qualtrics": (
        *("responseset", "name", "externaldatareference", "emailaddress", "recipientemail", "ipaddress"),
        *(
            "recipientlastname",
            "recipientfirstname",
            "status",
            "responsetype",
            "progress",
            "externalreference",
        ),
        *("durationinseconds", "locationlatitude", "locationlongitude", "locationaccuracy"),
        *("distributionchannel", "qrecaptchascore"),
    ),
    "limesurvey": ("lastpage", "seed", "ipaddr", "ipaddress", "refurl", "referrerurl", "token", "accesscode"),
    "surveymonkey": ("collectorid", "emailaddress", "firstname", "lastname", "customdata1", "ipaddress"),
    "kobo": (
        *(
            "index",
            "version",
            "deviceid",
            "subscriberid",
            "simserial",
            "phonenumber",
            "imei",
            "today",
            "tags",
        ),
        *(
            "notes",
            "validationstatus",
            "xformidstring",
            "attachments",
            "geolocation",
            "submittedby",
            "status",
        ),
        *("duration", "parentindex", "parenttablename", "formhubuuid", "username"),
    ),
}
MONTH_FIRST = ("%m/%d/%Y", "%m/%d/%y")
TOOLS = tuple(VISIT)


@dataclass(frozen=True, slots=True)
class Export:
    """One export: its tool, how many lines its header has, where the visit's fields stand, and the rest."""

    tool: str
    header_lines: int
    visit: Mapping[str, Sequence[int]]
    heads: Sequence[Head]
    date_formats: Sequence[str] = ("",)


Records = Sequence[Sequence[Cell]]


def tell_tool(records: Records) -> str:
    """Return the tool that wrote the first lines of an export, '' for a flat table."""
    names = {_squeeze(cell) for cell in records[0]} if records else set()
    if _has_import_ids(records) or {"startdate", "enddate", "finished"} <= names:
        return "qualtrics"
    if (
        len(records) > 1
        and "responseid" in {_squeeze(cell) for cell in records[1]}
        and _has_v_columns(records)
    ):
        return "qualtrics"
    codes = {_lime_name(plain(cell)) for cell in records[0]} if records else set()
    if {"submitdate", "startlanguage"} <= codes or {"datesubmitted", "startlanguage"} <= names | codes:
        return "limesurvey"
    if "respondentid" in names or (len(records) > 1 and _is_option_line(records)):
        return "surveymonkey"
    if names & {"uuid", "submissiontime", "metainstanceid", "formhubuuid", "validationstatus"}:
        return "kobo"
    return ""


def read_header(tool: str, records: Records, codes: Mapping[str, str] | None = None) -> Export:
    """Return what the header lines of a tool's export say; `codes` are LimeSurvey's by question id."""
    readers: dict[str, Callable[[Records], tuple[int, list[Head]]]] = {
        "qualtrics": _qualtrics,
        "limesurvey": lambda lines: _limesurvey(lines, codes or {}),
        "surveymonkey": _surveymonkey,
        "kobo": _kobo,
    }
    lines, heads = readers[tool](records)
    visit: dict[str, list[int]] = {}
    rest = []
    for head in heads:
        names = {_squeeze(head.code), _squeeze(head.text)} - {""}
        field = next((field for field, known in VISIT[tool].items() if names & set(known)), "")
        is_bare = not head.part
        if field and is_bare:
            visit.setdefault(field, []).append(head.place)
        elif not (names & set(KNOWN[tool]) and is_bare):
            rest.append(head)
    for field, places in visit.items():
        order = VISIT[tool][field]
        by_place = {head.place: head for head in heads}
        places.sort(key=lambda place: _rank(by_place[place], order))
    return Export(tool, lines, visit, rest, MONTH_FIRST if tool == "surveymonkey" else ("",))


def _rank(head: Head, order: Sequence[str]) -> int:
    return min(
        order.index(name) if name in order else 99 for name in (_squeeze(head.code), _squeeze(head.text))
    )


def _qualtrics(records: Records) -> tuple[int, list[Head]]:
    """Codes, then texts, then (since 2016) the ids under which Qualtrics takes answers back in."""
    texts = records[1] if len(records) > 1 else []
    has_texts = any(_squeeze(cell) in ("responseid", "startdate") for cell in texts) or _has_import_ids(
        records
    )
    heads = []
    for place, cell in enumerate(records[0]):
        code = plain(cell).removeprefix("\ufeff")
        text = plain(texts[place]) if has_texts and place < len(texts) else ""
        if V_COLUMN.fullmatch(code):
            code, text = text, ""
        if code:
            heads.append(Head(place, code, text))
    lines = 1 + has_texts + _has_import_ids(records)
    return lines, heads


def _has_import_ids(records: Records) -> bool:
    return any("ImportId" in plain(cell) for line in records[1:3] for cell in line[:12])


def _has_v_columns(records: Records) -> bool:
    return any(V_COLUMN.fullmatch(plain(cell).removeprefix("\ufeff")) for cell in records[0])


def _limesurvey(records: Records, codes: Mapping[str, str]) -> tuple[int, list[Head]]:
    """One line: `Q1[SQ001]. Text [sub-question]`, or the codes alone, the texts alone, or field names."""
    heads = []
    for place, cell in enumerate(records[0]):
        name = plain(cell).removeprefix("\ufeff").strip()
        field = LIME_FIELD.fullmatch(name)
        match = LIME_CODE.fullmatch(name)
        if field:
            heads.append(_lime_field(place, field[1], codes))
        elif match:
            code, part, second, text = (group or "" for group in match.groups())
            if second in ("1", "2") and part:
                code, second = (f"{code}_2" if second == "2" else code), ""
            heads.append(Head(place, code, text, part, second))
        elif name:
            text, _, part = name.rpartition(" [") if name.endswith("]") else (name, "", "")
            heads.append(Head(place, "", text or name, part.removesuffix("]")))
    return 1, heads


def _lime_field(place: int, name: str, codes: Mapping[str, str]) -> Head:
    """Return the column of a field such as 245SQ001: the question's id, then the code of a part of it."""
    ids = (name[:length] for length in range(len(name), 0, -1))
    own = next((one for one in ids if one in codes), "")
    part, code = name[len(own) :], codes.get(own, "")
    if scale := LIME_SCALE.fullmatch(part):
        part, code = scale[1], f"{code}_2" if scale[2] == "1" else code
    return Head(place, code, "", part)


def _lime_name(cell: str) -> str:
    match = LIME_CODE.fullmatch(cell.removeprefix("\ufeff").strip())
    return match[1].lower() if match else ""


def _surveymonkey(records: Records) -> tuple[int, list[Head]]:
    """The question's words, blank where it goes on; below, what each column is about."""
    lines = 2 if len(records) > 1 and _is_option_line(records) else 1
    heads, text = [], ""
    for place in range(max(len(line) for line in records[:lines])):
        own = plain(records[0][place]).removeprefix("\ufeff") if place < len(records[0]) else ""
        text = own or text
        below = records[1][place] if lines == 2 and place < len(records[1]) else ""
        part = "" if _squeeze(below) in NO_OPTION else plain(below)
        heads.append(Head(place, "", text, part))
    if lines == 1:
        heads = [_cut(head) for head in heads]
    return lines, heads


def _cut(head: Head) -> Head:
    """Return a column of a one-line header, where the option stands behind the question and a dash."""
    text, dash, part = head.text.rpartition(" - ")
    return Head(head.place, "", text, part) if dash else head


def _is_option_line(records: Records) -> bool:
    """Whether the second line says what columns are about: no respondent's id, but "Response"."""
    first = records[1][0] if records[1] else ""
    return not plain(first) and any(_squeeze(cell) in NO_OPTION - {""} for cell in records[1])


def _kobo(records: Records) -> tuple[int, list[Head]]:
    """Paths of groups, questions and choices; of a repeated group only the first time is taken."""
    heads = []
    for place, cell in enumerate(records[0]):
        name = plain(cell).removeprefix("\ufeff").strip()
        if any(number != "1" for number in REPEAT.findall(name)):
            continue
        path = [part for part in REPEAT.sub("", name).split("/") if part]
        if len(path) > 1:
            heads.append(Head(place, "/".join(path), path[-2], path[-1] if path[-1] else ""))
        elif path:
            heads.append(Head(place, path[0], path[0]))
    return 1, heads


def _squeeze(cell: Cell) -> str:
    return SQUEEZE.sub("", plain(cell).lower())
