"""The file of an export as an answer, to who may still see all that is in it (SECURITY T20)."""

from datetime import datetime

from django.core.files.storage import default_storage
from django.http import FileResponse

from accounts.actions.exports import ExportOutOfReach, refuse_unless_in_reach, viewer_of
from accounts.interchange.writers import FORMATS
from accounts.models import Export
from metrics.exports import Order, may_export


class ExportGone(Exception):
    """The export has no file: not yet, or no longer."""


def download(export: Export, *, now: datetime) -> FileResponse:
    """Return the file, for its maker only to ask. Raises ExportGone and ExportOutOfReach."""
    order = Order.from_document(export.order)
    if not export.file or export.expires_at is None or export.expires_at <= now:
        raise ExportGone
    if not may_export(viewer_of(export), order.dataset):
        raise ExportOutOfReach
    refuse_unless_in_reach(export)
    response = FileResponse(
        default_storage.open(export.file),
        as_attachment=True,
        filename=file_name(order),
        content_type=FORMATS[order.format].media_type,
    )
    response["Cache-Control"] = "no-store"
    return response


def file_name(order: Order) -> str:
    """Return what a browser calls the file."""
    return f"{order.survey or order.dataset}.{order.format}"
