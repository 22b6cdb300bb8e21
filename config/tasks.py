from celery import shared_task
from django.db.models.functions import Now

from config.models import Heartbeat


@shared_task
def beat_heart() -> None:
    """Note that a worker takes tasks and reaches the database, by the database's clock."""
    Heartbeat.objects.bulk_create(
        [Heartbeat(name=Heartbeat.WORKER, beat_at=Now())],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["beat_at"],
    )
