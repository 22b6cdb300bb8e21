"""The table of a folder of survey files fails where it should."""

import json
from dataclasses import replace

from bench.corpus import Line, examine, main, share_converted
from tests.surveys.interchange.files import lime_question, lss, qsf, qualtrics_question, xlsform


def folder_of(path, **files):
    for name, content in files.items():
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        (path / name.replace("__", ".")).write_bytes(data)
    return path


def test_a_folder_is_counted_twice_and_told_in_a_table(tmp_path, capsys):
    folder_of(
        tmp_path,
        a__qsf=qsf([qualtrics_question(number) for number in range(1, 12)]),
        b__lss=lss([*(lime_question(str(number), "T") for number in range(1, 10)), lime_question("10", "I")]),
        c__xlsx=xlsform([{"type": "start", "name": "s"}, {"type": "text", "name": "t", "label": "T"}]),
        d__json={"nothing": "of a survey"},
    )
    assert [(line.name, line.count) for line in examine(tmp_path)] == [
        ("a.qsf", 11),
        ("b.lss", 10),
        ("c.xlsx", 1),
    ]
    assert main(tmp_path) == 0
    told = capsys.readouterr().out
    assert "1 × the page has a choice of languages of its own." in told
    assert "22 questions in 3 files, 95.5% converted" in told


def test_less_than_nine_of_ten_and_no_survey_at_all_fail(tmp_path):
    assert main(tmp_path) == 1
    folder_of(tmp_path, a__lss=lss([lime_question("1", "T"), lime_question("2", "I")]))
    assert share_converted(examine(tmp_path)) == 0.5
    assert main(tmp_path) == 1


def test_a_silent_loss_is_seen(tmp_path):
    folder_of(tmp_path, a__lss=lss([lime_question("1", "T"), lime_question("2", "I")]))
    (line,) = examine(tmp_path)
    assert not line.is_silent
    assert Line(line.name, 3, line.conversion).is_silent
    unnamed = replace(line.conversion, losses=())
    assert Line(line.name, 2, unnamed).is_silent
    assert not Line(line.name, 2, None, "refused").is_silent
