"""Upserts the rows of a table; each row is stored whole or not at all."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any, NamedTuple

from django.db import models, transaction
from django.db.models.functions import Lower

from accounts.actions.batches import in_batches, rehearsal, upsert, write_or_reject
from accounts.interchange.cells import quoted
from accounts.interchange.columns import Columns
from accounts.interchange.dates import Dates
from accounts.interchange.drafts import Draft, read_drafts
from accounts.interchange.report import Report
from accounts.interchange.rows import Table
from accounts.interchange.specs import NAMED_BY, REQUIRED, Spec
from accounts.models import User

# The rows that a table refers to, by field and by the name that the table gives them.
Named = Mapping[str, Mapping[str, models.Model]]
# Keeps, of the rows of a model, those that an import may find and change.
Reach = Callable[[Any], Any]


class Change(NamedTuple):
    """What an import changed of one row: the values of `Spec.written`, before None where it is new."""

    key: Sequence[Any]
    before: Sequence[Any] | None
    after: Sequence[Any]


# Told what a batch has changed, in the transaction that changes it.
Journal = Callable[[Sequence[Change]], None]


@dataclass(frozen=True, slots=True)
class _Terms:
    """How an import is done: whom it tells, what it may reach, and who keeps what it changed."""

    report: Report
    reach: Reach | None = None
    journal: Journal | None = None


def import_table(
    spec: Spec,
    table: Table,
    columns: Columns,
    *,
    dates: Dates,
    is_dry_run: bool,
    journal: Journal | None = None,
) -> Report:
    """Create or update a row of the model for each row of the table, and return what became of each.

    A missing column keeps what is stored, an empty cell clears it; a key that comes twice is taken once.
    Batches are committed one by one; a dry run stores everything and takes it back.
    """
    report = Report()
    drafts = read_drafts(spec, table, columns, dates=dates, report=report)
    import_drafts(spec, drafts, report=report, is_dry_run=is_dry_run, journal=journal)
    return report


def import_drafts(
    spec: Spec,
    drafts: Iterable[Draft],
    *,
    report: Report,
    is_dry_run: bool,
    reach: Reach | None = None,
    journal: Journal | None = None,
) -> None:
    """Create or update a row for each draft, and tell the report what became of it.

    Rows out of reach are neither found nor changed; without a reach there are none.
    """
    terms = _Terms(report, reach, journal)
    with rehearsal(is_dry_run):
        waiting: list[Draft] = []
        for batch in in_batches(drafts):
            waiting += _store(spec, batch, terms)
        # What these refer to stood further down: each pass stores at least one more link of every chain.
        while left := [draft for batch in in_batches(waiting) for draft in _store(spec, batch, terms)]:
            if len(left) == len(waiting):
                named = _named(spec, left, reach)
                for draft in left:
                    report.reject(draft.line, *_unknown(spec, draft, named))
                break
            waiting = left


def _store(spec: Spec, drafts: Sequence[Draft], terms: _Terms) -> Sequence[Draft]:
    """Store what can be stored and return the drafts that refer to rows of their own model not stored yet."""
    while drafts:
        named = _named(spec, drafts, terms.reach)
        ready = [draft for draft in drafts if not _waits(spec, draft, named)]
        if not ready:
            break
        with transaction.atomic():
            _upsert(spec, ready, named, terms)
        drafts = [draft for draft in drafts if _waits(spec, draft, named)]
    return drafts


def _named(spec: Spec, drafts: Sequence[Draft], reach: Reach | None) -> Named:
    """Return the rows that the drafts refer to: one query for each field."""
    named: dict[str, dict[str, models.Model]] = {}
    for field, target in spec.references.items():
        names = {name for draft in drafts if (name := draft.values.get(field))}
        rows = target._default_manager.all()
        rows = reach(rows) if reach else rows
        if target is User:
            users = rows.alias(lower=Lower("email")).filter(lower__in={name.lower() for name in names})
            by_email = {user.email.lower(): user for user in users}
            named[field] = {name: by_email[name.lower()] for name in names if name.lower() in by_email}
        else:
            named[field] = rows.in_bulk(names, field_name=NAMED_BY[target])
    return named


def _waits(spec: Spec, draft: Draft, named: Named) -> bool:
    own = ((field, draft.values.get(field)) for field in spec.own_references)
    return any(name and name not in named[field] for field, name in own)


def _unknown(spec: Spec, draft: Draft, named: Named) -> list[str]:
    return [
        f"{field}: there is no {target._meta.verbose_name} {quoted(name)}"
        for field, target in spec.references.items()
        if (name := draft.values.get(field)) and name not in named[field]
    ]


def _upsert(spec: Spec, drafts: Sequence[Draft], named: Named, terms: _Terms) -> None:
    report, reach = terms.report, terms.reach
    drafts = [draft for draft in drafts if not _rejected(report, draft, _unknown(spec, draft, named))]
    stored = _stored(spec, [_key(spec, draft, named) for draft in drafts])
    hidden = _out_of_reach(spec.model, {row.pk for row in stored.values()}, reach)
    veiled = _veiled(spec, stored.values(), reach)
    changed: list[tuple[Draft, Any, list[Any] | None]] = []
    for draft in drafts:
        row = stored.get(_key(spec, draft, named)) or spec.model()
        if row.pk in hidden:
            report.reject(draft.line, f"{', '.join(spec.key)}: is taken")
            continue
        before = _state(spec, row)
        faults = _keep_veiled(draft, row, veiled) or _apply(spec, draft, row, named)
        if _rejected(report, draft, faults):
            continue
        if row._state.adding or _state(spec, row) != before:
            changed.append((draft, row, None if row._state.adding else before))
        else:
            report.keep(draft.line)
    written = write_or_reject(
        changed,
        write=lambda items: upsert(
            spec.model, [row for _, row, _ in items], key=spec.key, fields=set(spec.written) - set(spec.key)
        ),
        reject=lambda item, reason: report.reject(item[0].line, reason),
    )
    for draft, _, before_it in written:
        report.store(draft.line, is_new=before_it is None)
    if terms.journal and written:
        keys = spec.attributes(spec.key)
        terms.journal(
            [Change([getattr(row, name) for name in keys], was, _state(spec, row)) for _, row, was in written]
        )


def _out_of_reach(model: type[models.Model], keys: Set[int], reach: Reach | None) -> Set[int]:
    """Return those of the primary keys whose rows the reach does not hold."""
    if reach is None or not keys:
        return set()
    return keys - set(reach(model._default_manager.filter(pk__in=keys)).values_list("pk", flat=True))


def _veiled(spec: Spec, rows: Collection[Any], reach: Reach | None) -> Mapping[str, Set[int]]:
    """Return, by field, the primary keys of rows out of reach to which the stored rows refer."""
    return {
        name: _out_of_reach(target, {key for row in rows if (key := getattr(row, f"{name}_id"))}, reach)
        for name, target in spec.references.items()
        if hasattr(target._default_manager, "visible_to")
    }


def _keep_veiled(draft: Draft, row: Any, veiled: Mapping[str, Set[int]]) -> list[str]:
    """Let the draft clear no reference out of its writer's sight, and return what it would change of one."""
    kept = [name for name, keys in veiled.items() if getattr(row, f"{name}_id", None) in keys]
    return [
        f"{name}: refers to a row out of sight, and stays" for name in kept if draft.values.pop(name, None)
    ]


def _rejected(report: Report, draft: Draft, faults: Sequence[str]) -> bool:
    if faults:
        report.reject(draft.line, *faults)
    return bool(faults)


def _key(spec: Spec, draft: Draft, named: Named) -> tuple[Any, ...]:
    """Return the values that find the draft's row, in which another row stands by its primary key."""
    return tuple(
        named[name][draft.values[name]].pk if name in spec.references else draft.values[name]
        for name in spec.key
    )


def _stored(spec: Spec, keys: Sequence[tuple[Any, ...]]) -> dict[tuple[Any, ...], Any]:
    """Return the stored rows by their keys, locked: what a table leaves out is kept as it is."""
    *group, last = spec.key
    lasts: dict[tuple[Any, ...], list[Any]] = defaultdict(list)
    for key in keys:
        lasts[key[:-1]].append(key[-1])
    wanted = [
        models.Q(**dict(zip(group, values, strict=True)), **{f"{last}__in": ends})
        for values, ends in lasts.items()
    ]
    if not wanted:
        return {}
    rows = (
        spec.model._default_manager.filter(reduce(or_, wanted)).order_by("pk").select_for_update(of=("self",))
    )
    if spec.complete:
        rows = rows.select_related("account")
    attributes = spec.attributes(spec.key)
    return {tuple(getattr(row, name) for name in attributes): row for row in rows}


def _state(spec: Spec, row: Any) -> list[Any]:
    return [getattr(row, name) for name in spec.attributes(spec.written)]


def _apply(spec: Spec, draft: Draft, row: Any, named: Named) -> list[str]:
    """Put the draft into the row and return what is wrong with the two together."""
    if row._state.adding:
        missing = [
            name
            for name, field in spec.fields.items()
            if field.empty is REQUIRED and name not in draft.values
        ]
        if missing:
            return [f"{name}: is missing, and this row is new" for name in missing]
    for name, value in draft.values.items():
        setattr(row, name, named[name][value] if name in spec.references and value else value)
    if draft.others:
        kept = getattr(row, spec.keeps_others_in) | draft.others
        setattr(row, spec.keeps_others_in, {name: text for name, text in kept.items() if text != ""})
    if spec.complete:
        spec.complete(row)
    return [
        f"{late}: is before {early} ({getattr(row, early)})"
        for early, late in spec.in_order
        if getattr(row, early) and getattr(row, late) and getattr(row, late) < getattr(row, early)
    ]
