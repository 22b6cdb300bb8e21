"""Answers that staff give to see that a survey works: kept like any others, counted in no number."""

from collections.abc import Mapping
from datetime import datetime

from surveys.actions.answering import Submission
from surveys.kinds import Answer
from surveys.models import Collector, Response, Survey

# Begins the submission key: no test is in the way of a respondent's answers, nor theirs of a test.
TEST_KEY = "test"


def record_test(
    survey: Survey, submission: Submission, answers: Mapping[str, Answer], *, now: datetime
) -> Response:
    """Return the stored test, complete; the same submission again is the same row."""
    response, _ = Response.objects.get_or_create(
        survey=survey,
        submission_key=f"{TEST_KEY}:{submission.key}",
        defaults={
            "version_id": submission.version_id,
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


def discard_tests(survey: Survey) -> int:
    """Delete every test of the survey; return how many there were."""
    _, by_model = Response.objects.tests().filter(survey=survey).delete()
    return by_model.get(Response._meta.label, 0)
