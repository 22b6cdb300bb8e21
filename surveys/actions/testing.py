"""Answers that staff give to see that a survey works: kept like any others, counted in no number."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from surveys.actions.answering import Submission
from surveys.definition import Definition
from surveys.interchange.native import to_json
from surveys.kinds import Answer
from surveys.models import Collector, Response, Survey, Version

# Begins the submission key: no test is in the way of a respondent's answers, nor theirs of a test.
TEST_KEY = "test"


def record_test(
    survey: Survey, submission: Submission, answers: Mapping[str, Answer], *, now: datetime
) -> Response:
    """Return the stored test of a published version, complete; the same submission again is the same row."""
    return _stored(survey, submission.version_id, submission, answers, now)


def record_draft_test(
    survey: Survey, draft: Definition, submission: Submission, answers: Mapping[str, Answer], *, now: datetime
) -> Response:
    """Return the stored test of a draft, kept as it was tested; the same submission is the same row."""
    document = to_json(draft)
    with transaction.atomic():
        tested = Version.tested_too.filter(survey=survey, number=None, definition=document).first()
        tested = tested or Version.tested_too.create(survey=survey, definition=document, published_at=now)
        return _stored(survey, tested.pk, submission, answers, now)


def discard_tests(survey: Survey) -> int:
    """Delete every test of the survey, and the drafts kept for them; return how many tests there were."""
    with transaction.atomic():
        _, by_model = Response.objects.tests().filter(survey=survey).delete()
        Version.tested_too.filter(survey=survey, number=None).delete()
    return by_model.get(Response._meta.label, 0)


def _stored(
    survey: Survey, version_id: int, submission: Submission, answers: Mapping[str, Answer], now: datetime
) -> Response:
    response, _ = Response.objects.get_or_create(
        survey=survey,
        submission_key=f"{TEST_KEY}:{submission.key}",
        defaults={
            "version_id": version_id,
            "started_at": submission.started_at,
            "submitted_at": now,
            "changed_at": now,
            "language": submission.language,
            "channel": Collector.Channel.LINK,
            "answers": dict(answers),
            "hidden": dict(submission.hidden),
            "is_test": True,
        },
    )
    return response
