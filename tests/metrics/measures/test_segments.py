"""Parts against the others: which stand, and that chance alone makes few."""

from datetime import date
from random import Random

import pytest

from metrics.actions.absorb import absorb_responses
from metrics.measures.query import ask
from metrics.measures.scope import Scope
from metrics.measures.segments import segments
from tests import factories as f

pytestmark = pytest.mark.django_db


@pytest.fixture
def survey():
    return f.published_survey([f.NPS])


@pytest.fixture
def scope(survey):
    days = {"start": date(2025, 6, 15), "end": date(2026, 6, 16)}
    return Scope(
        viewer=f.user(is_superuser=True), today=date(2026, 6, 15), programme=survey.programme, **days
    )


def give(survey, segment, scores):
    account = f.account(segment=segment)
    for score in scores:
        f.respond(survey, {"nps": score}, account=account)


def test_a_part_that_differs_stands_and_small_ones_are_not_tested(survey, scope):
    give(survey, "Large", [10] * 30)
    give(survey, "Small", [0] * 30)
    give(survey, "Tiny", [10] * 4)
    absorb_responses(now=f.NOON)
    found = segments(scope, "nps")
    parts = {part.name: part for part in dict(found.dimensions)["segment"]}
    assert [*parts] == ["Small", "Large", "Tiny"]
    assert (parts["Small"].measure.value, parts["Small"].difference) == (-100, -200)
    assert [parts[name].is_different for name in ("Small", "Large", "Tiny")] == [True, True, None]
    assert (found.tested, found.different) == (2, 2)
    assert sum(part.measure.n for part in parts.values()) == ask("nps", scope).n
    assert "channel" not in dict(found.dimensions)


def test_the_same_answers_against_the_same_others_are_tested_once(survey, scope):
    """Of two parts each is compared with the other; who has no segment has no tier and no region either."""
    account = f.account(segment="Large", tier="A", region="EMEA")
    for channel, score, count in (("email", 10, 30), ("link", 0, 30)):
        for _ in range(count):
            f.respond(survey, {"nps": score}, channel=channel, account=account if score else None)
    absorb_responses(now=f.NOON)
    found = segments(scope, "nps")
    assert (found.tested, found.different) == (1, 1)
    parts = [part for _, parts in found.dimensions for part in parts]
    assert len(parts) == 8
    assert all(part.is_different for part in parts)


def test_parts_that_differ_by_chance_hardly_ever_stand(survey, scope):
    dice = Random(7)
    for number in range(12):
        give(survey, f"S{number}", [dice.choice([0, 7, 9, 10]) for _ in range(15)])
    absorb_responses(now=f.NOON)
    found = segments(scope, "nps")
    assert found.tested == 12
    assert found.different == 0


def test_small_parts_of_a_confidential_survey_hide(scope):
    survey = f.published_survey([f.NPS], of=scope.programme, privacy="confidential")
    give(survey, "Large", [10] * 9)
    give(survey, "Middle", [5] * 8)
    give(survey, "Tiny", [0])
    absorb_responses(now=f.NOON)
    found = segments(scope, "nps")
    parts = {part.name: part.measure.n for part in dict(found.dimensions).get("segment", ())}
    assert "Tiny" not in parts
    assert "Middle" not in parts
    assert "confidential" in found.notes[0]
