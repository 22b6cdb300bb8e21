"""Writes the exports that wait, one after the other."""

from collections.abc import Callable
from datetime import datetime

from django.conf import settings

from accounts.actions.exports import claim_export, fail_export, fill_export, viewer_of
from accounts.models import ApiKey, Export, User
from metrics.exports import Order, OrderRefused, checked, dataset_of, may_export
from metrics.formulas.days import reporting_day


def write_next_export(*, clock: Callable[[], datetime]) -> bool:
    """Write one export that waits, and return whether there was one.

    A worker that dies leaves it to the next one; what its maker may not read any more is not written.
    """
    now = clock()
    export = claim_export(now=now)
    if export is None:
        return False
    if export.finished_at is None:
        _write(export, clock=clock)
    return True


def _write(export: Export, *, clock: Callable[[], datetime]) -> None:
    now = clock()
    viewer, order = viewer_of(export), Order.from_document(export.order)
    if not is_valid(viewer, now) or not may_export(viewer, order.dataset):
        fail_export(export, "Its maker may no longer read these data.", now=now)
        return
    try:
        dataset = dataset_of(checked(order), viewer, today=reporting_day(now, settings.REPORTING_ZONE))
    except OrderRefused as refused:
        fail_export(export, str(refused), now=now)
        return
    fill_export(export, dataset, clock=clock)


def is_valid(viewer: User | ApiKey, now: datetime) -> bool:
    """Whether the user may log in, or the key is neither revoked nor expired."""
    if isinstance(viewer, User):
        return viewer.is_active
    return ApiKey.objects.usable_at(now).filter(pk=viewer.pk).exists()
