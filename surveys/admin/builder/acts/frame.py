"""What is done to the survey around its questions: its texts and ways, and its look."""

from django.http import QueryDict

from surveys.admin.builder.acts.act import Act, FormRefused, seen_change
from surveys.admin.builder.places import Place
from surveys.admin.builder.survey_forms import FrameForm, ThemeForm
from surveys.drafting import Document, put_parts


def save_survey(document: Document, data: QueryDict, place: Place) -> Act:
    """Save the survey's own texts, languages and ways."""
    form = FrameForm(document, data)
    if not form.is_valid():
        raise FormRefused(form)
    return Act(
        seen_change(document, data, put_parts(**form.parts()), "Edited the survey's settings", "survey"),
        place,
    )


def save_theme(document: Document, data: QueryDict, place: Place) -> Act:
    """Save how the survey looks."""
    form = ThemeForm(document["theme"], data)
    if not form.is_valid():
        raise FormRefused(form)
    return Act(seen_change(document, data, put_parts(theme=form.theme), "Edited the look", "survey"), place)
