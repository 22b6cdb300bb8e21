"""The preview is the real page, and what is sent there goes nowhere."""

import pytest
from django.test import RequestFactory

from surveys.interchange.native import from_json
from surveys.models import Response
from surveys.views import preview_page
from tests.factories import CSAT, NPS, WHY
from tests.surveys.respondent import HIDDEN

pytestmark = pytest.mark.django_db
DEFINITION = from_json(
    {
        "title": {"en": "Draft", "de": "Entwurf"},
        "languages": ["en", "de"],
        "thank_you": "Seen by Anna.",
        "questions": [
            {**NPS, "required": True},
            {**WHY, "show_if": {"less": ["nps", 7]}},
            {**CSAT, "page": 2},
        ],
    }
)


def preview(language=None, **fields):
    make = RequestFactory().post if fields else RequestFactory().get
    page = preview_page(make("/admin/preview/", fields), DEFINITION, language=language)
    text = page.content.decode()
    return page, text, dict(HIDDEN.findall(text))


def test_it_is_the_real_page_marked_as_a_preview():
    page, text, _ = preview()
    assert page.status_code == 200
    assert "Preview: nothing you answer here is kept." in text
    assert 'name="nps"' in text
    assert 'name="csrfmiddlewaretoken"' in text
    assert "frame-ancestors 'self'" in page["Content-Security-Policy"]
    assert page["X-Frame-Options"] == "SAMEORIGIN"
    assert "Entwurf" in preview("de")[1]


def test_it_branches_turns_its_pages_and_thanks_and_stores_nothing():
    _, _, hidden = preview()
    _, text, hidden = preview(**hidden, nps="3")
    assert 'name="why"' in text
    _, text, hidden = preview(**{**hidden, "nps": "3", "why": "Slow.", "_go": "next"})
    assert 'name="csat"' in text
    assert (hidden["nps"], hidden["why"]) == ("3", "Slow.")
    text = preview(**{**hidden, "_go": "back"})[1]
    assert "Slow." in text
    page, text, _ = preview(**hidden, csat="5")
    assert page.status_code == 200
    assert "Seen by Anna." in text
    assert "Preview" in text
    assert Response.objects.count() == 0


def test_it_shows_faults_and_other_languages_like_the_real_page():
    _, _, hidden = preview()
    page, text, _ = preview(**hidden, nps="11")
    assert page.status_code == 400
    assert "Please choose a point from 0 to 10." in text
    assert '<html lang="de"' in preview(**hidden, nps="3", _go="language-de")[1]
    assert preview(**{**hidden, "_page": "9"})[0].status_code == 400
    assert preview(**{**hidden, "_key": "!"})[0].status_code == 400
