import pytest

from config.celery import app
from metrics import tasks
from metrics.models import Health, Score, Tally
from tests import factories as make


@pytest.mark.django_db
@pytest.mark.parametrize("sweep", [False, True])
def test_absorbing_twice_is_absorbing_once(sweep):
    account = make.account()
    make.respond(make.published_survey(), {"nps": 10}, account=account)
    for _ in range(2):
        tasks.absorb(sweep=sweep)
    assert Score.objects.count() == Tally.objects.get().count == account.healths.count() == 1


@pytest.mark.django_db
def test_scoring_twice_is_scoring_once():
    make.account()
    for _ in range(2):
        tasks.score()
    assert Health.objects.count() == 1


def test_every_tick_has_a_task_and_an_end():
    app.loader.import_default_modules()
    for entry in app.conf.beat_schedule.values():
        assert entry["task"] in app.tasks
        assert entry["options"]["expires"] > 0
