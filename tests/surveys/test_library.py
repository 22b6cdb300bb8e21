"""Every template can be published as it stands, in six languages, and says when and whom to ask."""

import pytest

from surveys.actions.authoring import create_survey, publish_survey
from surveys.actions.drafts import draft_json
from surveys.actions.editing import readiness
from surveys.interchange.native import from_json
from surveys.library import question_at, question_shelves, templates
from surveys.models import Programme
from surveys.translations import missing_texts
from tests import factories

LANGUAGES = ("en", "de", "fr", "es", "it", "pt")
WANTED = {
    *("relationship_nps", "support_csat", "resolution_ces", "onboarding_day_30", "renewal_120"),
    *("churn_exit", "win_loss", "product_market_fit", "event", "training", "implementation_handover"),
    *("services_close", "qbr", "complaint_follow_up"),
}

each = pytest.mark.parametrize("template", templates().values(), ids=lambda template: template.slug)


def test_every_occasion_of_the_field_has_a_template():
    assert set(templates()) >= WANTED


@each
def test_a_template_says_when_and_whom_to_ask_and_names_its_programme(template):
    assert all((template.name, template.use, template.audience, template.timing))
    assert set(template.programme) == {"slug", "name", "mode", "description"}
    assert template.programme["mode"] in Programme.Mode.values
    assert 4 <= len(template.survey["questions"]) <= 7


@each
def test_a_template_is_complete_in_six_languages(template):
    definition = from_json(template.survey)
    assert definition.languages == LANGUAGES
    assert {code: missing_texts(template.survey, code) for code in LANGUAGES} == {
        code: [] for code in LANGUAGES
    }
    # A text that was left in English would pass for translated.
    for question in definition:
        texts = question.text.by_language
        assert len(set(texts.values())) == len(LANGUAGES), question.key


@each
@pytest.mark.django_db
def test_a_template_is_published_without_a_fault(template):
    survey = create_survey(from_json(template.survey), programme=factories.programme(), slug="new")
    assert readiness(survey, draft_json(survey))[1] == []
    assert publish_survey(survey, by=None, now=factories.NOON).number == 1


def test_the_question_library_holds_each_text_once():
    texts = [question["text"]["en"] for shelf in question_shelves() for _, question in shelf.questions]
    assert len(texts) > 40
    assert len(set(texts)) == len(texts)
    for shelf in question_shelves():
        for address, question in shelf.questions:
            assert question_at(address) == question
    for wrong in ("support_csat/none", "none/csat", "", "../csat"):
        with pytest.raises(KeyError):
            question_at(wrong)
