"""What the demo company asks: two programmes with three surveys, published when the two years begin."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from accounts.models import User
from config.demo.timeline import MONTHS, Timeline
from surveys.actions.authoring import create_survey, publish_survey
from surveys.definition import Definition
from surveys.interchange.native import from_json
from surveys.models import Collector, Programme, Survey, Version

SURVEYS = Path(__file__).parent / "data" / "surveys"
RELATIONSHIP, SUPPORT, GO_LIVE = "relationship", "support", "golive"
QR_CODE = "user-day"
REVISED_IN = MONTHS - 12
NAMES_WELCOME = {
    "en": "Names of colleagues who helped are welcome.",
    "de": "Gern auch mit den Namen derer, die geholfen haben.",
    "fr": "N'hésitez pas à citer les personnes qui vous ont aidé.",
    "es": "Puede nombrar a quienes le ayudaron.",
}


@dataclass(frozen=True)
class Questionnaire:
    """One survey with its definition and the versions that were published, oldest first."""

    survey: Survey
    definition: Definition
    versions: tuple[Version, ...]

    def version_at(self, instant: datetime) -> Version:
        """Return the version that was live at the instant."""
        return max(
            (version for version in self.versions if version.published_at <= instant),
            key=lambda version: version.published_at,
        )


def publish_questionnaires(timeline: Timeline, *, by: User) -> Mapping[str, Questionnaire]:
    """Create and publish the surveys, by name; the relationship survey got a second version a year ago."""
    relationship = Programme.objects.create(
        slug="relationship",
        name="Relationship",
        mode=Programme.Mode.RELATIONSHIP,
        description="How customers feel about us, each contact asked twice a year.",
    )
    service = Programme.objects.create(
        slug="support-and-onboarding",
        name="Support and onboarding",
        mode=Programme.Mode.TRANSACTIONAL,
        description="How one ticket or one go-live went, asked right after it.",
    )
    programmes = {RELATIONSHIP: relationship, SUPPORT: service, GO_LIVE: service}
    return {name: _publish(timeline, name, programme, by) for name, programme in programmes.items()}


def _publish(timeline: Timeline, name: str, programme: Programme, by: User) -> Questionnaire:
    definition = from_json(json.loads((SURVEYS / f"{name}.json").read_text(encoding="utf-8")))
    survey = create_survey(definition, programme=programme, slug=name)
    begun_at = timeline.instant_of(0) - timedelta(days=7)
    Survey.objects.filter(pk=survey.pk).update(created_at=begun_at)
    versions = [publish_survey(survey, by=by, now=begun_at)]
    if name == RELATIONSHIP:
        comment = survey.questions.get(key="comment")
        comment.help = NAMES_WELCOME["en"]
        comment.translations = {
            language: {**texts, "help": NAMES_WELCOME[language]}
            for language, texts in comment.translations.items()
        }
        comment.save()
        versions.append(publish_survey(survey, by=by, now=timeline.instant_of(REVISED_IN)))
        Collector.objects.create(
            survey=survey, name="QR code at the user day", channel=Collector.Channel.QR, slug=QR_CODE
        )
    survey.refresh_from_db()
    return Questionnaire(survey, definition, tuple(versions))
