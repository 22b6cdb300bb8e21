"""The working copy in rows says the same as the definition it came from."""

import pytest
from hypothesis import given

from surveys.actions.authoring import compile_definition, create_survey, replace_draft
from surveys.interchange.native import from_json, to_json
from surveys.models import Survey
from tests import factories
from tests.surveys.questionnaires import DEFINITIONS

pytestmark = pytest.mark.django_db


def test_any_definition_in_rows_is_the_same_definition(db):
    survey = create_survey(
        from_json({"title": "T", "questions": [factories.NPS]}), programme=factories.programme(), slug="any"
    )

    @given(DEFINITIONS)
    def is_the_same(definition):
        replace_draft(survey, definition)
        again = compile_definition(Survey.objects.get(pk=survey.pk))
        assert again == definition
        assert to_json(again) == to_json(definition)

    is_the_same()
