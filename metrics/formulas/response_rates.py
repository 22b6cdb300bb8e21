"""How many of those asked have answered, and whose voice is missing."""


def response_rate(completed: int, delivered: int) -> float | None:
    """Return the percentage (0..100) of delivered invitations that were completed, or None without any.

    Bounced and suppressed contacts were not delivered to (METRICS 1.1).
    """
    return _percent(completed, delivered)


def completion_rate(completed: int, started: int) -> float | None:
    """Return the percentage (0..100) of started answers that were completed, or None without any."""
    return _percent(completed, started)


def part_heard(heard: int, there: int) -> float | None:
    """Return the percentage (0..100) of contacts, or accounts, whose voice was heard, or None without any."""
    return _percent(heard, there)


def _percent(part: int, whole: int) -> float | None:
    if not 0 <= part <= whole:
        raise ValueError(f"{part} of {whole} is no part")
    return 100 * part / whole if whole else None
