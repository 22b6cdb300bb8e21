"""Answers by segment, tier and region beside how many contacts there are of each, to weigh them by."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import NamedTuple

from django.db.models import Count

from accounts.models import Contact
from metrics.formulas import weighting
from metrics.formulas.nps import NOBODY, Split
from metrics.measures.dimensions import ATTRIBUTES
from metrics.measures.scope import Scope
from metrics.measures.splits import Questions, added, splits


class Strata(NamedTuple):
    """How many answered, the answers by stratum, the contacts of each margin, and in which stratum a
    category ended up.
    """

    answers: int
    cells: Mapping[tuple[str, ...], Split]
    margins: Mapping[str, Mapping[str, float]]
    joined: Mapping[str, Mapping[str, str]]

    def place_of(self, attributes: Mapping[str, str]) -> tuple[str, ...] | None:
        """Return the stratum of somebody with these attributes, None where no contact has them."""
        names = [names.get(attributes[margin]) for margin, names in self.joined.items()]
        return None if None in names else tuple(name for name in names if name is not None)


def strata_of(scope: Scope, of: Questions | None = None) -> Strata:
    """Return the answers by segment, tier and region, as far as these tell some contacts from others.

    Categories with few answers are put together. Answers of whom no contact is known, such as those without
    an account, stand for nobody.
    """
    population = _population(scope)
    names = list(population)
    said = splits(scope, *names, of=of)
    known = {
        key: groups
        for key, groups in said.items()
        if all(each in population[name] for name, each in zip(names, key, strict=True))
    }
    joined, margins = {}, {}
    for place, name in enumerate(names):
        by_category: dict[str, Split] = defaultdict(lambda: NOBODY)
        for key, groups in known.items():
            by_category[key[place]] = added(by_category[key[place]], groups)
        collapsed, people = weighting.collapsed(by_category, population[name])
        joined[name] = {part: whole for whole in collapsed for part in whole.split(" + ")}
        margins[name] = {category: float(people[category]) for category in collapsed}
    found = Strata(sum(groups.n for groups in said.values()), {}, margins, joined)
    cells: dict[tuple[str, ...], Split] = defaultdict(lambda: NOBODY)
    for key, groups in known.items():
        together = found.place_of(dict(zip(names, key, strict=True)))
        if together is not None:
            cells[together] = added(cells[together], groups)
    return found._replace(cells=dict(cells))


def _population(scope: Scope) -> dict[str, dict[str, int]]:
    """Return how many contacts there are of each segment, tier and region that tells some from others."""
    people = Contact.objects.filter(account__in=scope.companies, erased_at=None).order_by()
    rows = people.values_list(*(f"account__{name}" for name in ATTRIBUTES)).annotate(contacts=Count("pk"))
    margins: dict[str, Counter[str]] = {name: Counter() for name in ATTRIBUTES}
    for *values, contacts in rows:
        for name, value in zip(ATTRIBUTES, values, strict=True):
            margins[name][value] += contacts
    return {name: dict(margin) for name, margin in margins.items() if len(margin) > 1}
