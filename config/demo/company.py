"""The customers: companies, the people in them and the mood they are in."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from typing import NamedTuple

from django.conf import settings

from accounts.models import Account, Contact, Subscription, Team, User
from config.demo.money import currency_in, dollars
from config.demo.mood import Mood, moods
from config.demo.names import Christener
from config.demo.places import PLACES, Place
from config.demo.timeline import MONTHS, Timeline, dice
from metrics.formulas.days import months_later

ACCOUNTS, CONTACTS = 300, 2000
NEW = 0.26  # of the customers came within the two years


class Segment(NamedTuple):
    """One size of customer: its share, contacts, usual price (USD a year), and how many leave or are mute."""

    name: str
    share: float
    contacts: float
    yearly: float
    yearly_churn: float
    silent: float


SEGMENTS = (
    Segment("Enterprise", 0.18, 12.5, 118_000, 0.05, 0.02),
    Segment("Mid-market", 0.37, 7.5, 41_000, 0.075, 0.05),
    Segment("Small business", 0.45, 3.7, 11_500, 0.115, 0.12),
)
INDUSTRIES = {
    "Manufacturing": 24,
    "Logistics": 16,
    "Financial services": 13,
    "Healthcare": 12,
    "Retail": 14,
    "Energy": 8,
    "Software": 9,
    "Education": 4,
}
ROLES = Contact.Role
TITLES = {
    ROLES.DECISION_MAKER: "Chief Operating Officer|Chief Financial Officer|Managing Director|IT Director"
    "|VP Operations|Head of Procurement|Head of Finance",
    ROLES.INFLUENCER: "Operations Manager|IT Manager|Process Manager|Project Lead|Supply Chain Manager"
    "|Business Systems Manager",
    ROLES.USER: "Planner|Controller|Dispatcher|Business Analyst|Order Management Specialist|Accountant"
    "|Warehouse Coordinator|Customer Service Agent",
}


@dataclass
class Customer:
    """One account as the story knows it, with what hangs on it; nothing is saved before all is told."""

    account: Account
    segment: Segment
    place: Place
    mood: Mood
    # How gladly its people answer: 0 is a silent account, 1 the usual.
    openness: float
    contacts: list[Contact] = field(default_factory=list)
    subscriptions: list[Subscription] = field(default_factory=list)
    # What went live when: each is an onboarding, with its services and its survey.
    launches: list[tuple[str, date]] = field(default_factory=list)

    def in_force(self, day: date) -> Iterator[Subscription]:
        """Yield what the account pays for on the day."""
        for line in self.subscriptions:
            over_on = line.ends_on or line.cancelled_on
            if line.starts_on <= day and (over_on is None or day < over_on):
                yield line

    def yearly_dollars(self, day: date, product: str | None = None) -> float:
        """Return what it pays a year on the day, for all products or one, in US dollars."""
        lines = (line for line in self.in_force(day) if product in (None, line.product))
        return sum(dollars(line.annual_value, line.currency) for line in lines)

    def is_customer(self, day: date) -> bool:
        """Whether the account existed on the day and had not churned."""
        created_on, churned_on = self.account.created_on, self.account.churned_on
        return created_on is not None and created_on <= day and (churned_on is None or day < churned_on)


class Founding:
    """Founds the customers one by one."""

    def __init__(self, timeline: Timeline, managers: Mapping[str, Sequence[User]]) -> None:
        self.timeline = timeline
        self.managers = managers
        self.dice = dice("company")
        self.christener = Christener(dice("names"))
        self.teams = {team.name: team for team in Team.objects.filter(name__in=managers)}

    def customers(self, *, scale: float) -> list[Customer]:
        """Return the customers with their contacts, 300 and 2,000 at full scale; a few belong to a group."""
        places = self.dice.choices(PLACES, [place.share for place in PLACES], k=round(ACCOUNTS * scale))
        customers = [self._found(number, place) for number, place in enumerate(places, start=1)]
        self._fill(customers, round(CONTACTS * scale))
        groups = [customer for customer in customers if customer.segment.name == "Enterprise"]
        smaller = [customer for customer in customers if customer.segment.name != "Enterprise"]
        for customer in self.dice.sample(smaller, len(smaller) // 30) if groups else ():
            customer.account.parent = self.dice.choice(groups).account
        return customers

    def _found(self, number: int, place: Place) -> Customer:
        (segment,) = self.dice.choices(SEGMENTS, [segment.share for segment in SEGMENTS])
        (industry,) = self.dice.choices(list(INDUSTRIES), list(INDUSTRIES.values()))
        name, domain = self.christener.company(place, industry)
        is_new = self.dice.random() < NEW
        months_ago = self.dice.randint(1, MONTHS - 2) if is_new else self.dice.randint(MONTHS + 1, 84)
        first_day = self.timeline.today.replace(day=self.dice.randint(1, 28))
        account = Account(
            external_id=f"ACC-{number:04}",
            name=name,
            domain=domain,
            segment=segment.name,
            industry=industry,
            country=place.country,
            region=place.region,
            owner=self.dice.choice(self.managers[place.team]),
            team=self.teams[place.team],
            currency=currency_in(place.currency, settings.REPORTING_CURRENCY),
            attributes={"employees": round(segment.yearly / 150 * self.dice.lognormvariate(0, 0.5))},
            created_on=months_later(first_day, -months_ago),
        )
        is_silent = self.dice.random() < segment.silent
        return Customer(
            account,
            segment,
            place,
            moods(dice(f"{account.external_id}/mood"), segment=segment.name, region=place.region),
            openness=0.0 if is_silent else self.dice.betavariate(4, 3) * 1.75,
        )

    def _fill(self, customers: Sequence[Customer], wanted: int) -> None:
        """Give every customer its contacts, one at least, so many in all."""
        sizes = [
            max(1, round(self.dice.gauss(c.segment.contacts, c.segment.contacts / 4))) for c in customers
        ]
        while (missing := wanted - sum(sizes)) != 0:
            place = self.dice.randrange(len(sizes))
            if missing > 0 or sizes[place] > 1:
                sizes[place] += 1 if missing > 0 else -1
        numbers = count(1)
        for customer, size in zip(customers, sizes, strict=True):
            customer.contacts += [self._person(customer, next(numbers), seat) for seat in range(size)]

    def _person(self, customer: Customer, number: int, seat: int) -> Contact:
        """Return a contact; the first of an account is a decision-maker, so may be the next two."""
        name, address = self.christener.person(customer.place.names, customer.account.domain)
        if seat == 0 or (seat < 3 and self.dice.random() < 0.3):
            role = ROLES.DECISION_MAKER
        else:
            role = ROLES.INFLUENCER if self.dice.random() < 0.3 else ROLES.USER
        languages = customer.place.languages
        return Contact(
            account=customer.account,
            external_id=f"CON-{number:05}",
            name=name,
            email=address,
            title=self.dice.choice(TITLES[role].split("|")),
            role=role,
            language=self.dice.choices(list(languages), list(languages.values()))[0],
        )
