"""Writes of exports: asked for, written by one worker at a time, kept for some days, fetched by who may."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from tempfile import TemporaryFile
from typing import Any

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import F

from accounts.interchange.datasets import Dataset, Value
from accounts.interchange.writers import FORMATS
from accounts.models import Account, ApiKey, Export, User, Viewer
from accounts.models.exports import KEPT_FOR, MAX_ATTEMPTS

FOLDER = "exports"
BEAT_ROWS = 2_000
MAX_WAITING = 20


class TooManyExports(Exception):
    """Someone has as many exports waiting as one may have."""


class ExportOutOfReach(Exception):
    """Its maker may no longer see what is in it."""


def request_export(viewer: User | ApiKey, order: Mapping[str, Any], *, now: datetime) -> Export:
    """Return a new export that waits for a worker. Raises TooManyExports."""
    if Export.objects.of(viewer).filter(finished_at=None).count() >= MAX_WAITING:
        raise TooManyExports
    maker = {"api_key": viewer} if isinstance(viewer, ApiKey) else {"user": viewer}
    return Export.objects.create(order=dict(order), created_at=now, **maker)


def claim_export(*, now: datetime) -> Export | None:
    """Return an export that nobody else writes now, or None; one that failed too often is given up."""
    with transaction.atomic():
        waiting = Export.objects.waiting_at(now).order_by("created_at")
        export = waiting.select_for_update(skip_locked=True, of=("self",)).first()
        if export is None:
            return None
        export.attempts += 1
        export.beat_at = now
        if export.attempts > MAX_ATTEMPTS:
            export.finished_at, export.fault = now, "It was begun several times and never came to its end."
            export.expires_at = now + KEPT_FOR
        export.rows_done = 0
        export.save()
    return export


def fill_export(export: Export, dataset: Dataset, *, clock: Any) -> None:
    """Write the file of a claimed export and say how far it is meanwhile."""
    viewer = viewer_of(export)
    Export.objects.filter(pk=export.pk).update(
        rows_total=dataset.count(),
        accounts_seen=_accounts_seen(viewer),
        saw_revenue=viewer.sees_revenue,
        saw_people=viewer.sees_people,
    )
    watched = Dataset(
        dataset.name, dataset.columns, _beating(export, dataset.rows, clock), dataset.faults, dataset.count
    )
    with TemporaryFile() as file:
        file.writelines(FORMATS[export.order["format"]].write(watched))
        size = file.tell()
        file.seek(0)
        name = default_storage.save(f"{FOLDER}/{export.token}", File(file))
    now = clock()
    Export.objects.filter(pk=export.pk).update(
        file=name,
        size=size,
        left_out=len(dataset.faults),
        finished_at=now,
        expires_at=now + KEPT_FOR,
    )


def fail_export(export: Export, fault: str, *, now: datetime) -> None:
    """Let an export end without a file, and say why."""
    Export.objects.filter(pk=export.pk).update(fault=fault[:300], finished_at=now, expires_at=now + KEPT_FOR)


def discard_exports(exports: Iterable[Export]) -> int:
    """Delete exports and their files, and return how many there were."""
    count = 0
    for export in exports:
        if export.file:
            default_storage.delete(export.file)
        export.delete()
        count += 1
    return count


def viewer_of(export: Export) -> User | ApiKey:
    """Return who asked for the export."""
    viewer = export.user or export.api_key
    assert viewer is not None
    return viewer


def refuse_unless_in_reach(export: Export) -> None:
    """Raise ExportOutOfReach where its maker sees less than when it was written (SECURITY T20)."""
    viewer = viewer_of(export)
    has_lost = (
        (export.saw_revenue and not viewer.sees_revenue)
        or (export.saw_people and not viewer.sees_people)
        or (not viewer.sees_all_accounts and export.accounts_seen is None)
    )
    if not has_lost and not viewer.sees_all_accounts:
        has_lost = bool(set(export.accounts_seen or ()) - set(_accounts_seen(viewer) or ()))
    if has_lost:
        raise ExportOutOfReach


def _accounts_seen(viewer: Viewer) -> Sequence[int] | None:
    """Return the accounts that a limited viewer sees, None for who sees all."""
    if viewer.sees_all_accounts:
        return None
    return list(Account.objects.visible_to(viewer).values_list("pk", flat=True))


def _beating(export: Export, rows: Iterable[Sequence[Value]], clock: Any) -> Iterator[Sequence[Value]]:
    """Yield the rows, and note now and then that they still come."""
    for done, row in enumerate(rows, start=1):
        if done % BEAT_ROWS == 0:
            Export.objects.filter(pk=export.pk).update(rows_done=F("rows_done") + BEAT_ROWS, beat_at=clock())
        yield row
