"""Days of the reporting time zone, as campaigns count them."""

from datetime import date, datetime, time

from django.conf import settings


def local_day(instant: datetime) -> date:
    """Return the day that an instant belongs to."""
    return instant.astimezone(settings.REPORTING_ZONE).date()


def midnight(day: date) -> datetime:
    """Return the instant at which a day begins."""
    return datetime.combine(day, time.min, settings.REPORTING_ZONE)
