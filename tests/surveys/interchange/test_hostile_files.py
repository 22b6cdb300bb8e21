"""Hostile and damaged survey files: a conversion or a refusal in words, never a trace, always soon."""

import io
import json
import struct
import time
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from bench.corpus import DEFAULT, surveys_in
from surveys.interchange.conversion import Conversion
from surveys.interchange.formats import FORMATS, format_of
from surveys.interchange.native import DefinitionRefused
from tests.surveys.interchange.files import archive, lime_question, lss, qsf, qualtrics_question, xlsform

LIMIT = 10  # seconds of CPU; what a person waits for the largest file there may be


def outcome(name, content):
    """The sentence that a file is refused with, '' when it is converted."""
    began = time.process_time()
    try:
        conversion = FORMATS[name].read(content)
    except DefinitionRefused as refused:
        said = str(refused)
    else:
        assert isinstance(conversion, Conversion)
        assert conversion.found >= conversion.converted >= 0
        said = ""
    assert time.process_time() - began < LIMIT
    return said


LAUGHS = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10))


@pytest.mark.parametrize(
    "prologue",
    [
        b'<!DOCTYPE d [<!ENTITY l0 "ha">' + LAUGHS + b"]>",
        b'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        b'<!DOCTYPE d [<!ENTITY % p SYSTEM "http://127.0.0.1:9/">%p;]>',
        b'<!DOCTYPE d SYSTEM "http://127.0.0.1:9/x.dtd">',
        b"<!DOCTYPE d>",
    ],
)
def test_document_types_and_entities_are_refused(prologue):
    content = prologue + lss([lime_question("1", "T")])
    assert "document type or entities" in outcome("limesurvey", content)


def test_depth_and_number_of_elements_are_capped():
    deep = b"<document><LimeSurveyDocType>Survey</LimeSurveyDocType>" + b"<a>" * 100_000
    assert "nested too deeply" in outcome("limesurvey", deep)
    wide = b"<document>" + b"<a/>" * 900_000 + b"</document>"
    assert "elements" in outcome("limesurvey", wide)
    assert "nested too deeply" in outcome("surveyjs", b'{"pages":' * 50_000)
    panels = b'{"type":"panel","elements":[' * 200 + b"]}" * 200
    assert outcome("surveyjs", b'{"pages":[{"elements":[' + panels + b"]}]}") != ""


def bomb(*, entries, size):
    """An archive whose parts would unpack to this size."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as made:
        for number in range(entries):
            made.writestr(f"{number}.lss", b"\0" * size)
    return stream.getvalue()


@pytest.mark.parametrize("name", ["limesurvey", "xlsform"])
@pytest.mark.parametrize(("entries", "size"), [(1, 100 << 20), (2000, 1), (3, 30 << 20)])
def test_bombs_are_refused_before_they_are_unpacked(name, entries, size):
    assert "too much" in outcome(name, bomb(entries=entries, size=size))


def test_a_directory_that_lies_about_sizes_is_not_believed():
    content = bytearray(archive(x__lss=b"<document>" + b" " * (1 << 20) + b"</document>"))
    place = content.index(b"PK\x01\x02") + 24
    content[place : place + 4] = struct.pack("<I", 100)
    assert "cannot be unpacked" in outcome("limesurvey", bytes(content)) or outcome(
        "limesurvey", bytes(content)
    )


def test_sheets_are_capped_in_rows_and_cells():
    rows = [{"type": "text", "name": f"q{n}", "label": "x"} for n in range(6000)]
    assert "more than 5,000 rows" in outcome("xlsform", xlsform(rows))
    book = Workbook(write_only=True)
    sheet = book.create_sheet("survey")
    sheet.append(["type", "name", "label"])
    sheet.append(["text", "q", "x" * 30_000])
    stream = io.BytesIO()
    book.save(stream)
    assert "more than 20,000 characters" in outcome("xlsform", stream.getvalue())


def test_more_questions_than_a_survey_holds_are_named():
    conversion = FORMATS["qualtrics"].read(
        json.dumps(qsf([qualtrics_question(number) for number in range(1, 400)])).encode()
    )
    assert (conversion.found, conversion.converted, len(conversion.lost_questions)) == (399, 300, 99)


@pytest.mark.parametrize("name", sorted(FORMATS))
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00" * 100,
        b"[]",
        b"{}",
        b"null",
        b'"x"',
        b"[[[]]]",
        b'{"SurveyElements": [1], "fields": [1], "pages": [1], "questions": [1], "kind": 1}',
        b'{"SurveyElements": {"a": {"Element": "SQ", "Payload": 7}}, "fields": {"a": 1}, "pages": {"b": []}}',
        b"class\tname\nQ\nA\t\x00\n",
        b"<document><LimeSurveyDocType>Survey</LimeSurveyDocType></document>",
        b"PK\x03\x04",
        b"\xd0\xcf\x11\xe0" + b"\xff" * 2000,
        "é".encode("latin-1"),
    ],
)
def test_what_is_no_survey_is_refused_in_words(name, content):
    assert outcome(name, content).count("Traceback") == 0
    assert outcome(name, content)


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def places(node, path=()):
    """The paths of all values in a JSON document."""
    yield path
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        yield from places(value, (*path, key))


def replaced(node, path, value):
    """The document with another value at the path."""
    if not path:
        return value
    copy = dict(node) if isinstance(node, dict) else list(node)
    copy[path[0]] = replaced(node[path[0]], path[1:], value)
    return copy


def corpus():
    """The smaller files at hand, by name."""
    if not DEFAULT.exists():
        return []
    return [(name, content) for name, content in surveys_in(DEFAULT) if len(content) < 60_000]


CORPUS = corpus()
FUZZED = settings(
    max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)


@pytest.mark.realdata
@pytest.mark.skipif(not CORPUS, reason="no ../shared/data beside this clone")
@FUZZED
@given(data=st.data())
def test_values_of_other_types_end_in_a_conversion_or_a_refusal(data):
    name, content = data.draw(st.sampled_from([one for one in CORPUS if one[0].endswith((".json", ".qsf"))]))
    document = json.loads(content.decode("utf-8-sig"))
    path = data.draw(st.sampled_from(list(places(document))))
    changed = json.dumps(replaced(document, path, data.draw(JSON_VALUES))).encode()
    outcome(format_of(name, content).name, changed)


@pytest.mark.realdata
@pytest.mark.skipif(not CORPUS, reason="no ../shared/data beside this clone")
@FUZZED
@given(data=st.data())
def test_cut_and_flipped_files_end_in_a_conversion_or_a_refusal(data):
    name, content = data.draw(st.sampled_from(CORPUS))
    changed = bytearray(content)
    for _ in range(data.draw(st.integers(0, 4))):
        place = data.draw(st.integers(0, len(changed) - 1))
        changed[place] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(len(changed) // 2, len(changed)))
    outcome(format_of(name, content).name, bytes(changed[:cut]))
