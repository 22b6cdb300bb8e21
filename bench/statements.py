"""SQL statements of one completed response, with ten questions and with one hundred."""

import secrets

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bench.arena import ANSWERS, QUESTIONS
from surveys.actions.authoring import create_survey, publish_survey
from surveys.interchange.native import from_json
from surveys.models import Programme

TRANSACTION_WORDS = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")


def run() -> list[tuple[str, str, str]]:
    """Return the statements per response beside LimeSurvey's 283 and django-survey-and-report's 26."""
    rows = []
    for copies in (1, 10):
        questions = [
            {**question, "key": f"{question['key']}{copy}", "required": False}
            for copy in range(copies)
            for question in QUESTIONS
        ]
        answers = {f"{key}{copy}": answer for copy in range(copies) for key, answer in ANSWERS.items()}
        programme, _ = Programme.objects.get_or_create(slug="bench", defaults={"name": "Bench"})
        slug = f"statements-{copies}"
        survey = create_survey(
            from_json({"title": slug, "questions": questions}), programme=programme, slug=slug
        )
        version = publish_survey(survey, by=None, now=timezone.now())
        count = 0
        for _ in range(2):  # the second post finds the definition in the process
            key = secrets.token_urlsafe(16)
            with CaptureQueriesContext(
                connection,
            ) as captured:
                response = Client(headers={"host": "127.0.0.1"}).post(
                    f"/s/{slug}/", {**answers, "_key": key, "_version": str(version.pk)}
                )
            if response.status_code != 302:
                raise RuntimeError(f"the post was refused: {response.status_code}")
            count = sum(not query["sql"].startswith(TRANSACTION_WORDS) for query in captured)
        rows.append((f"SQL statements per response, {len(questions)} questions", str(count), "≤ 3"))
    return rows
