"""What Django checks at every start."""

from django.core.checks import run_checks
from django.utils import timezone


def test_no_hour_of_the_day_makes_a_check_speak(time_machine):
    for hour in range(24):
        time_machine.move_to(timezone.now().replace(hour=hour, minute=0, second=1), tick=False)
        assert not [found for found in run_checks() if not found.is_silenced()], hour
