"""What customers pay: terms, renewals, growth, shrinkage and leaving, each pushed by the customer's mood."""

import math
from datetime import date, timedelta
from decimal import Decimal

from accounts.models import Subscription
from config.demo.company import Customer
from config.demo.money import dollars, price
from config.demo.mood import DECLINE_BEGINS, DECLINING_SEGMENT, TROUBLE_MONTHS, TROUBLED_PRODUCT, dampen
from config.demo.timeline import MONTHS, Timeline, dice
from metrics.formulas.days import months_later

PLATFORM = "Platform"
# Share of the platform's price, share of new customers who take it at once, chance a month to add it later.
ADD_ONS = {
    "Analytics": (0.22, 0.4, 0.010),
    "Connect": (0.15, 0.35, 0.008),
    TROUBLED_PRODUCT: (0.3, 0.0, 0.026),
}
LAUNCHED = {TROUBLED_PRODUCT: MONTHS - 14}
TERMS = {"Enterprise": {12: 55, 24: 20, 36: 25}, "Mid-market": {12: 84, 24: 16}, "Small business": {12: 1}}
EVERGREEN = 0.12  # of small businesses: no term, they may leave in any month
LATE = 0.06
TIERS = ((90_000, "Platinum"), (25_000, "Gold"), (0, "Silver"))


class Sales:
    """Tells the two years of one customer's contracts, month by month."""

    def __init__(self, customer: Customer, timeline: Timeline) -> None:
        self.customer = customer
        self.timeline = timeline
        self.dice = dice(f"{customer.account.external_id}/revenue")
        terms = TERMS[customer.segment.name]
        self.term = self.dice.choices(list(terms), list(terms.values()))[0]

    def tell(self) -> None:
        """Add the customer's subscriptions; set when it churned, and its tier by what it pays or paid."""
        lines = self._first_lines()
        for month in range(self.timeline.month_of(lines[0].starts_on), MONTHS + 1):
            lines = self._month(lines, month)
            if not lines:
                break
        else:
            self._notice(lines)
        newest = max(line.starts_on for line in self.customer.subscriptions)
        paid = self.customer.yearly_dollars(newest)
        self.customer.account.tier = next(tier for least, tier in TIERS if paid >= least)

    def _first_lines(self) -> list[Subscription]:
        """Return the first contract: that of a new customer, or the one in force when the two years begin."""
        created_on = self.customer.account.created_on
        assert created_on is not None
        starts_on = created_on
        if created_on < self.timeline.start:
            day = 1 if self.dice.random() < 0.5 else self.dice.randint(1, 28)
            starts_on = months_later(self.timeline.start.replace(day=day), -self.dice.randrange(self.term))
        else:
            self.customer.launches.append((PLATFORM, starts_on))
        is_evergreen = self.customer.segment.name == "Small business" and self.dice.random() < EVERGREEN
        ends_on = None if is_evergreen else months_later(starts_on, self.term)
        currency = self.customer.account.currency
        yearly = self.customer.segment.yearly * self.dice.lognormvariate(0, 0.45)
        lines = [self._line(PLATFORM, starts_on, ends_on, value=price(yearly, currency))]
        for product, (share, at_once, _) in ADD_ONS.items():
            if self.dice.random() < at_once:
                value = price(yearly * share, currency)
                lines.append(self._line(product, starts_on, ends_on, value=value))
        return lines

    def _line(
        self,
        product: str,
        starts_on: date,
        ends_on: date | None,
        *,
        value: Decimal,
        renews: Subscription | None = None,
    ) -> Subscription:
        line = Subscription(
            account=self.customer.account,
            external_id=f"{self.customer.account.external_id}-{len(self.customer.subscriptions) + 1}",
            product=product,
            starts_on=starts_on,
            ends_on=ends_on,
            annual_value=value,
            currency=self.customer.account.currency,
            auto_renew=self.customer.segment.name == "Small business",
            renews=renews,
        )
        self.customer.subscriptions.append(line)
        return line

    def _month(self, lines: list[Subscription], month: int) -> list[Subscription]:
        """Return the lines that go on after one month; none when the customer has left."""
        ends_on = lines[0].ends_on
        if ends_on is None:
            chance = self._chance_to_leave(month) / 12
            day = self.timeline.first_of(month) + timedelta(days=self.dice.randrange(28))
            if self.dice.random() < chance and lines[0].starts_on < day < self.timeline.today:
                return self._leave(lines, day)
            return lines
        if ends_on <= self.timeline.today and self.timeline.month_of(ends_on) == month:
            years = self.term / 12
            if self.dice.random() < self._chance_to_leave(month) * years**0.7:
                return self._leave(lines, ends_on)
            return self._renew(lines, ends_on, month)
        return self._grow(lines, ends_on, month)

    def _chance_to_leave(self, month: int) -> float:
        mood = self.customer.mood[max(0, month - 2)]
        return min(0.7, self.customer.segment.yearly_churn * math.exp(-1.1 * mood))

    def _leave(self, lines: list[Subscription], day: date) -> list[Subscription]:
        """End every line; the mood sours in the half year before, as it does."""
        for line in lines:
            line.cancelled_on = self._notice_day(line) if line.ends_on else day
        self.customer.account.churned_on = day
        month = self.timeline.month_of(day)
        dampen(self.customer.mood, month - 6, month, 0.6)
        return []

    def _notice_day(self, line: Subscription) -> date:
        assert line.ends_on is not None
        notice = line.ends_on - timedelta(days=self.dice.randint(30, 110))
        return max(notice, line.starts_on + timedelta(days=1))

    def _renew(self, lines: list[Subscription], ends_on: date, month: int) -> list[Subscription]:
        """Return the next term's lines: some shrink, some grow, most take a small uplift, add-ons may go."""
        late = timedelta(days=self.dice.randint(4, 40)) if self.dice.random() < LATE else timedelta()
        starts_on = ends_on + late
        mood = self.customer.mood[month]
        change = self._change(mood, month)
        renewed = []
        for line in lines:
            is_dropped = self.dice.random() < 0.06 * math.exp(-0.6 * mood) and line.product != PLATFORM
            if starts_on <= self.timeline.today and not is_dropped:
                value = price(dollars(line.annual_value, line.currency) * change, line.currency)
                after = months_later(starts_on, self.term)
                renewed.append(self._line(line.product, starts_on, after, value=value, renews=line))
        # A renewal still being negotiated past its date leaves the old lines as the last.
        return renewed or lines

    def _change(self, mood: float, month: int) -> float:
        if self.dice.random() < 0.10 * math.exp(-0.8 * mood):
            return self.dice.uniform(0.6, 0.9)
        if self.customer.segment.name == DECLINING_SEGMENT and month >= DECLINE_BEGINS:
            return self.dice.uniform(1.04, 1.1)
        if self.dice.random() < 0.2 * math.exp(0.5 * mood):
            return self.dice.uniform(1.08, 1.3)
        return self.dice.uniform(1.0, 1.04)

    def _grow(self, lines: list[Subscription], ends_on: date, month: int) -> list[Subscription]:
        """Return the lines and what was sold on top in one month: an add-on, or more seats."""
        day = self.timeline.first_of(month) + timedelta(days=self.dice.randrange(28))
        platform = next((line for line in lines if line.product == PLATFORM), None)
        is_open = lines[0].starts_on < day < min(self.timeline.today, ends_on - timedelta(days=45))
        if platform is None or not is_open:
            return lines
        mood = self.customer.mood[month]
        worth = dollars(platform.annual_value, platform.currency)
        for product, (share, _, chance) in ADD_ONS.items():
            is_new = all(line.product != product for line in lines) and month >= LAUNCHED.get(product, 0)
            if is_new and self.dice.random() < chance * math.exp(0.4 * mood):
                if product == TROUBLED_PRODUCT:
                    self.customer.launches.append((product, day))
                    dampen(self.customer.mood, month + 1, month + TROUBLE_MONTHS, 0.4)
                value = price(worth * share, platform.currency)
                return [*lines, self._line(product, day, ends_on, value=value)]
        if self.dice.random() < 0.02 * math.exp(0.5 * mood):
            value = price(worth * self.dice.uniform(0.08, 0.25), platform.currency)
            return [*lines, self._line(PLATFORM, day, ends_on, value=value)]
        return lines

    def _notice(self, lines: list[Subscription]) -> None:
        """Let some of those whose term ends soon have said already that they will not renew."""
        ends_on = lines[0].ends_on
        if ends_on is None or not timedelta() < ends_on - self.timeline.today < timedelta(days=110):
            return
        if self.dice.random() < self._chance_to_leave(MONTHS):
            notice = self._notice_day(lines[0])
            if notice < self.timeline.today:
                for line in lines:
                    line.cancelled_on = notice
                dampen(self.customer.mood, MONTHS - 4, MONTHS, 0.6)
