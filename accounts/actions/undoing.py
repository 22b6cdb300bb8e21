"""Imports taken back: what they changed is put back, what they made is deleted, unless it moved on since."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.db.models import ProtectedError, Q

from accounts.actions.batches import in_batches, write_or_reject
from accounts.interchange.specs import Spec
from accounts.models import ImportChange, TableImport

MAX_KEPT = 1_000


def take_back(table_import: TableImport, spec: Spec, *, clock: Callable[[], datetime]) -> None:
    """Put back what the import changed, the last first; what is different by now stays and is named."""
    undone, kept = table_import.undone, list(table_import.kept)
    newest_first = table_import.changes.order_by("-pk").iterator(chunk_size=1000)
    for batch in in_batches(newest_first):
        with transaction.atomic():
            stays = _take_back(spec, batch)
            undone += len(batch) - len(stays)
            kept = [*kept, *stays][:MAX_KEPT]
            # What is taken back is forgotten, so that a worker who takes over goes on from here.
            ImportChange.objects.filter(pk__in=[change.pk for change in batch]).delete()
            TableImport.objects.filter(pk=table_import.pk).update(undone=undone, kept=kept, beat_at=clock())


def as_json(values: Any) -> list[Any]:
    """Return the values as JSON holds them."""
    plain: list[Any] = json.loads(json.dumps(list(values), default=str))
    return plain


def _take_back(spec: Spec, changes: Sequence[ImportChange]) -> list[str]:
    """Undo a batch of changes, and return which stay and why."""
    names, stays, made = spec.attributes(spec.written), [], {}
    rows = _rows(spec, changes)
    for change in changes:
        row = rows.get((*change.key,))
        if row is None:
            stays.append(f"{_named(change)}: is not there any more")
        elif as_json(getattr(row, name) for name in names) != change.after:
            stays.append(f"{_named(change)}: has changed since")
        elif change.before is None:
            made[row] = change
        else:
            _put_back(row, spec, dict(zip(names, change.before, strict=True)))
    reasons = _delete(spec.model, [*made])
    return [*stays, *(f"{_named(change)}: {reasons[row]}" for row, change in made.items() if row in reasons)]


def _rows(spec: Spec, changes: Sequence[ImportChange]) -> dict[tuple[Any, ...], Any]:
    """Return the rows that were changed and are still there, locked, by their keys."""
    names = spec.attributes(spec.key)
    keys = (Q(**dict(zip(names, change.key, strict=True))) for change in changes)
    rows: Any = spec.model._default_manager.select_for_update(of=("self",))
    found = rows.filter(Q(*keys, _connector=Q.OR))
    return {(*as_json(getattr(row, name) for name in names),): row for row in found}


def _named(change: ImportChange) -> str:
    return ", ".join(map(str, change.key))


def _put_back(row: Any, spec: Spec, before: dict[str, Any]) -> None:
    columns = {column.attname: column for column in row._meta.concrete_fields}
    for name, value in before.items():
        setattr(row, name, None if value is None else columns[name].to_python(value))
    row.save(update_fields=spec.written)


def _delete(model: Any, rows: Sequence[Any]) -> dict[Any, str]:
    """Delete rows that the import made, unless something hangs on them by now; return what, by row.

    They go together, for one after the other took twenty statements each; what will not go so is halved.
    """
    reasons: dict[Any, str] = {}
    for relation in model._meta.related_objects:
        # What other apps derive from a row goes with it; what was told about it stays, and so does the row.
        is_told = relation.related_model._meta.app_label == model._meta.app_label
        if relation.on_delete is models.CASCADE and is_told:
            names = relation.related_model._meta.verbose_name_plural
            hanging = relation.related_model._default_manager.filter(**{f"{relation.field.name}__in": rows})
            held = set(hanging.values_list(relation.field.attname, flat=True))
            reasons |= {row: f"has {names} by now" for row in rows if row.pk in held}
    free = [row for row in rows if row not in reasons]

    def write(part: Sequence[Any]) -> None:
        model._default_manager.filter(pk__in=[row.pk for row in part]).delete()

    def reject(row: Any, rule: str) -> None:
        reasons[row] = _protected(row) or rule

    write_or_reject(free, write=write, reject=reject)
    return reasons


def _protected(row: Any) -> str | None:
    """Return what keeps the row from being deleted, None for nothing of ours."""
    try:
        with transaction.atomic():
            row.delete()
            transaction.set_rollback(True)
    except ProtectedError as error:
        protected: Any = next(iter(error.protected_objects))
        return f"has {protected._meta.verbose_name_plural} by now"
    return None
