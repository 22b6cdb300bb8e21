"""How an account feels month by month: the one hidden cause behind its answers, usage, tickets and renewals.

0 is indifferent, -2 furious, +2 delighted. The planted truths are here and in what reads these constants.
"""

from random import Random

from config.demo.places import APAC
from config.demo.timeline import MONTHS

HAPPY_REGION = APAC
DECLINING_SEGMENT = "Mid-market"
DECLINE_BEGINS = MONTHS - 6  # the last two quarters: a price increase
TROUBLED_PRODUCT = "Automation"
TROUBLE_MONTHS = 6  # after each sale
CRISES, CRISIS_MONTHS = 0.35, 5  # an outage, a champion who left: of so many accounts, for so long

Mood = list[float]


def moods(dice: Random, *, segment: str, region: str) -> Mood:
    """Return an account's mood in each month: a temper of its own, a drift, and what the story adds."""
    temper = dice.gauss(0, 1) * 0.35 + 0.85 if region == HAPPY_REGION else dice.gauss(0, 1) * 0.7 + 0.1
    drift = dice.gauss(0, 0.35)
    mood = []
    for month in range(MONTHS + 1):
        drift = 0.85 * drift + dice.gauss(0, 0.2)
        decline = max(0, month - DECLINE_BEGINS + 1) if segment == DECLINING_SEGMENT else 0
        mood.append(temper + drift - min(0.7, 0.14 * decline))
    if dice.random() < CRISES:
        begins = dice.randrange(MONTHS)
        dampen(mood, begins, begins + CRISIS_MONTHS - 1, dice.uniform(0.9, 1.7))
    return mood


def dampen(mood: Mood, first: int, last: int, by: float) -> None:
    """Lower the mood of the months from first to last by so much, as far as they lie in the two years."""
    for month in range(max(0, first), min(MONTHS, last) + 1):
        mood[month] -= by
