"""Two workers plan and send ten thousand asks at once; SQL counts whether a cap was exceeded."""

import os

from bench import arena
from bench.mail import a_campaign
from surveys.models import Audience, Campaign, Programme, Survey
from tests.surveys.asking import racing
from tests.surveys.asking.catcher import catching

DOMAINS = int(os.environ.get("BENCH_DOMAINS", "640"))


def run() -> list[tuple[str, str, str]]:
    """Return how many mails two workers sent; raises where a cap was exceeded or a mail sent twice."""
    arena.emptied()
    racing.fill(DOMAINS)
    late = [_campaign(f"race-{number}", priority=1) for number in range(2)]
    early = _campaign("race-early", priority=9)
    influencers = [{"field": "role", "operator": "one_of", "value": ["influencer"]}]
    Audience.objects.filter(pk=early.audience_id).update(conditions=influencers)
    early.refresh_from_db()
    with catching() as catcher:
        racing.race(early, late, catcher)
    asked = racing.check(catcher, DOMAINS)
    return [(f"{asked:,} mails, two workers in a race", "no cap exceeded", "none, counted in SQL")]


def _campaign(name: str, *, priority: int) -> Campaign:
    made = a_campaign(name)
    programme = Programme.objects.create(slug=name, name=name, priority=priority)
    Survey.objects.filter(pk=made.survey_id).update(programme=programme)
    return Campaign.objects.get(pk=made.pk)
