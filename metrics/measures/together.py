"""Many questions about parts of one whole, answered from reads that they share.

A page of goals asks for the same metrics of every segment, team and owner: asked one by one each would read
the same rows again. What comes back is what asking one by one says; a test holds both to it.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from django.db.models import Q

from accounts.models import Account
from metrics.measures.answers import Answers, question_settings
from metrics.measures.cells import Cell, read_cells
from metrics.measures.confidentiality import Disclosed, confidential_surveys, disclosed
from metrics.measures.health import healthy_accounts, standings
from metrics.measures.ledger import Ledger
from metrics.measures.lifetime import clv
from metrics.measures.measure import Measure
from metrics.measures.memory import CONTRACTS, COUNTS, remembered
from metrics.measures.outreach import response_rates
from metrics.measures.query import ask, require_known
from metrics.measures.renewals import renewals_among
from metrics.measures.retention import retained
from metrics.measures.scope import PART, Part, Scope
from metrics.measures.sentiment import measure_of

# By what the questions may differ; anything else is asked one by one.
PARTS = frozenset({"segment", "team", "owner", "programme"})
NOTHING = Disclosed([], frozenset())


class Question(NamedTuple):
    """One metric of the whole, or of one segment, team, owner or programme of it."""

    metric: str
    scope: Scope


def ask_each(whole: Scope, questions: Sequence[Question]) -> list[Measure]:
    """Return the measure of each question, in their order; raise NotAsked or PermissionDenied as `ask` does.

    Every question is the whole's, of the same viewer and days, narrowed by one dimension or none.
    """
    shared, found = _Shared(whole), dict[int, Measure]()
    places: dict[_Reader, list[int]] = defaultdict(list)
    for place, (metric, scope) in enumerate(questions):
        require_known(metric, scope)
        if metric in READERS and scope.narrowings <= PARTS and not (scope.unsaid or scope.known_on):
            places[READERS[metric]].append(place)
        else:
            found[place] = ask(metric, scope)
    for read, asked in places.items():
        found.update(zip(asked, read(shared, [questions[place] for place in asked]), strict=True))
    return [found[place] for place in range(len(questions))]


class _Shared:
    """What the readers of several metrics stand on, read once."""

    def __init__(self, whole: Scope) -> None:
        self.whole = whole
        self._parts: dict[Any, frozenset[int]] = {}

    @cached_property
    def accounts(self) -> Mapping[Part, Sequence[int]]:
        """The accounts in question by segment, team and owner, of which there are much fewer."""
        found = defaultdict(list)
        for account, *own in self.whole.accounts.order_by().values_list("pk", *PART):
            found[tuple(own)].append(account)
        return found

    def accounts_of(self, wanted: Part) -> frozenset[int]:
        """Return the accounts of a part."""
        if wanted not in self._parts:
            asked = [(place, value) for place, value in enumerate(wanted) if value is not None]
            self._parts[wanted] = frozenset(
                account
                for own, accounts in self.accounts.items()
                if all(own[place] == value for place, value in asked)
                for account in accounts
            )
        return self._parts[wanted]


def _said(shared: _Shared, questions: Sequence[Question]) -> list[Measure]:
    """Return scores from two reads, kept until something is counted again.

    What confidential surveys may show depends on the question, so they are asked one by one.
    """
    whole, kinds = shared.whole, frozenset(metric for metric, _ in questions)
    confidential = confidential_surveys(whole)
    owners = frozenset(scope.owner.pk for _, scope in questions if scope.owner)
    teams = frozenset(scope.team.pk for _, scope in questions if scope.team)
    by_slice, by_person = remembered(_cells, whole, COUNTS, kinds, confidential, owners, teams)
    promised = dict[Any, Disclosed]()
    parts = []
    for metric, scope in questions:
        part = (metric, scope.attributes.get("segment"), scope.owner, scope.team, scope.programme)
        if confidential and part not in promised:
            own = confidential_surveys(scope) if scope.programme else confidential
            promised[part] = disclosed(scope, (metric,), None, own) if own else NOTHING
        more = promised.get(part, NOTHING)
        read = by_person if scope.owner or scope.team else by_slice
        given = [cell for cell in read if cell.kind == metric and _is_of(cell, scope)]
        parts.append(Answers(given + more.cells, {}, more.hidden))
    settings = question_settings(
        {(cell.survey, cell.question_key): cell.kind for part in parts for cell in part.cells}
    )
    return [
        measure_of(scope, Answers(part.cells, settings, part.hidden), metric)
        for (metric, scope), part in zip(questions, parts, strict=True)
    ]


def _cells(
    whole: Scope,
    kinds: frozenset[str],
    confidential: frozenset[int],
    owners: frozenset[int],
    teams: frozenset[int],
) -> tuple[list[Cell], list[Cell]]:
    """Return the counts of answers by segment, and by owner and team those of the people in question."""
    told = ~Q(survey__in=confidential)
    by_slice = read_cells(whole, kinds, "segment", only=told)
    if not owners | teams:
        return by_slice, []
    theirs = Account.objects.filter(Q(owner__in=owners) | Q(team__in=teams)).order_by()
    of_people = told & Q(account__in=theirs.values("pk"))
    return by_slice, read_cells(whole, kinds, "owner", "team", only=of_people)


def _is_of(cell: Cell, scope: Scope) -> bool:
    if scope.owner:
        return bool(cell.groups[0] == scope.owner.email)
    if scope.team:
        return bool(cell.groups[1] == scope.team.name)
    if scope.programme:
        return cell.programme == scope.programme.pk
    segment = scope.attributes.get("segment")
    return segment is None or cell.group == segment


def _healths(shared: _Shared, questions: Sequence[Question]) -> list[Measure]:
    found = standings(shared.whole)
    return [
        healthy_accounts(scope, {key: found[key] for key in shared.accounts_of(scope.part) & found.keys()})
        for _, scope in questions
    ]


def _paid(shared: _Shared, questions: Sequence[Question]) -> list[Measure]:
    """Return retention, renewals and lifetime value, kept until a contract changes."""
    parts = dict.fromkeys(scope.part for _, scope in questions)
    found = remembered(_paid_of, shared.whole, CONTRACTS, *parts)
    return [found[scope.part][metric] for metric, scope in questions]


def _paid_of(whole: Scope, *parts: Part) -> dict[Part, dict[str, Measure]]:
    """Return the same of parts, by metric, from one read of the subscriptions and one of what fell due."""
    assert whole.start is not None
    shared, ledger = _Shared(whole), Ledger(whole)
    first = ledger.rates(whole.start)
    before, after = ledger.arr(whole.start, first), ledger.arr(whole.closes_on, first)
    today = ledger.arr(whole.closes_on, ledger.rates(whole.closes_on))
    accounts = [shared.accounts_of(part) for part in parts]
    renewed = renewals_among(whole, [(whole, own) for own in accounts], first)
    found = {}
    for part, own, renewals in zip(parts, accounts, renewed, strict=True):
        kept = retained(whole, before.among(own), after.among(own), ledger.takeovers)
        worth = clv(whole, retained=kept.grr, arr=today.among(own))
        found[part] = {measure.metric: measure for measure in (*kept, *renewals, worth)}
    return found


def _answered(shared: _Shared, questions: Sequence[Question]) -> list[Measure]:
    return response_rates(shared.whole, [scope for _, scope in questions])


_Reader = Callable[[_Shared, Sequence[Question]], Collection[Measure]]
READERS: Mapping[str, _Reader] = {
    **dict.fromkeys(("nps", "csat", "ces"), _said),
    "health": _healths,
    **dict.fromkeys(("grr", "nrr", "logo_churn", "clv"), _paid),
    **dict.fromkeys(("renewal_rate", "net_renewal_rate", "logo_renewal_rate"), _paid),
    "response_rate": _answered,
}
