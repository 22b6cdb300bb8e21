"""Tables that people upload: mapped, looked at, run by a worker, and undone where nothing changed since."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.core.files import File
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Exists

from accounts.actions.importing import Change, import_table
from accounts.actions.undoing import as_json, take_back
from accounts.interchange.columns import MappingRefused, map_columns
from accounts.interchange.dates import LONGEST, Dates
from accounts.interchange.delimited import EncodingUnknown
from accounts.interchange.guesses import guessed_fields
from accounts.interchange.report import Report
from accounts.interchange.rows import Row, Table, TableRefused
from accounts.interchange.specs import ACCOUNTS, CONTACTS, SERVICES, SIGNALS, SUBSCRIPTIONS, Spec
from accounts.interchange.tables import open_table
from accounts.models import ImportChange, TableImport, User

SPECS: Mapping[str, Spec] = {
    "accounts": ACCOUNTS,
    "contacts": CONTACTS,
    "subscriptions": SUBSCRIPTIONS,
    "services": SERVICES,
    "signals": SIGNALS,
}
FOLDER = "imports"
MAX_BYTES = 50 << 20
SAMPLE, PREVIEWED = 3, 500
BEAT_ROWS = 1_000
MAX_ATTEMPTS = 3


class UploadRefused(Exception):
    """A file that cannot be imported; the message is one line for who uploaded it."""


def take_upload(
    kind: str, upload: "UploadedFile[bytes]", *, encoding: str, date_format: str, by: User, now: datetime
) -> TableImport:
    """Keep the file and return its import, read as the last one with this header was. Raises UploadRefused.

    Without a format of dates it is that of the last one, too.
    """
    if (upload.size or 0) > MAX_BYTES:
        raise UploadRefused(f"The file is larger than {MAX_BYTES >> 20} MB: split it, or use the command.")
    name = default_storage.save(f"{FOLDER}/upload", File(upload))
    table_import = TableImport(
        kind=kind,
        user=by,
        file=name,
        file_name=Path(upload.name or "table").name[:200],
        encoding=encoding,
        date_format=date_format,
        created_at=now,
        header=[],
    )
    try:
        _dates(date_format)
        with opened(table_import) as table:
            table_import.header = [*table.header]
    except UploadRefused:
        default_storage.delete(name)
        raise
    before = _last_like(table_import)
    table_import.wishes = before.wishes if before else _guessed_wishes(table_import)
    if before and not date_format:
        table_import.date_format = before.date_format
    table_import.save()
    return table_import


@contextmanager
def opened(table_import: TableImport) -> Iterator[Table]:
    """Give the table of an import. Raises UploadRefused."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "table.xlsx")  # whatever it is: openpyxl wants the name, and nobody else looks
        with default_storage.open(table_import.file) as kept, path.open("wb") as file:
            file.writelines(kept.chunks())
        try:
            with open_table(path, encoding=table_import.encoding) as table:
                yield table
        except (TableRefused, EncodingUnknown) as refused:
            raise UploadRefused(str(refused)) from None


def fields_of(table_import: TableImport) -> list[str]:
    """Return the field that each column feeds, "" where it is kept out, "*" where it becomes an attribute."""
    by_column = dict(wish.rpartition("=")[::2] for wish in table_import.wishes)
    return [by_column.get(column, "*") for column in table_import.header]


def map_import(table_import: TableImport, fields: Sequence[str], *, date_format: str) -> None:
    """Store which field each column feeds and how dates are read, or raise UploadRefused."""
    if len(fields) != len(table_import.header):
        raise UploadRefused("Say of every column what it holds.")
    _dates(date_format)
    keeps_others = bool(SPECS[table_import.kind].keeps_others_in)
    pairs = zip(table_import.header, fields, strict=True)
    wishes = [
        f"{column}={field if field != '*' else ''}"
        for column, field in pairs
        if column and (field != "*" or not keeps_others)
    ]
    _columns(table_import, wishes)
    table_import.wishes, table_import.date_format = wishes, date_format
    table_import.save(update_fields=["wishes", "date_format"])


@dataclass(frozen=True, slots=True)
class Preview:
    """The first few rows, and what would become of the first 500, or why nothing would."""

    samples: list[Sequence[Any]]
    report: Report | None = None
    refusal: str = ""


def preview_import(table_import: TableImport) -> Preview:
    """Return what is to be seen before it is run. Raises UploadRefused where the file cannot be read."""
    with opened(table_import) as table:
        rows = list(islice(table.rows, PREVIEWED))
        samples = [row.cells for row in rows if not row.fault][:SAMPLE]
        try:
            columns = _columns(table_import, table_import.wishes)
        except UploadRefused as refused:
            # Whoever has still to say which column is what sees what the columns hold.
            return Preview(samples, refusal=str(refused))
        report = import_table(
            SPECS[table_import.kind],
            Table(table.header, iter(rows)),
            columns,
            dates=_dates(table_import.date_format),
            is_dry_run=True,
        )
    return Preview(samples, report)


def confirm_import(table_import: TableImport, *, now: datetime) -> None:
    """Let a worker run the import. Raises UploadRefused where its columns do not do."""
    _columns(table_import, table_import.wishes)
    TableImport.objects.filter(pk=table_import.pk, confirmed_at=None).update(confirmed_at=now)


def ask_undo(table_import: TableImport, *, now: datetime) -> None:
    """Let a worker take the import back; one that has not ended, stored nothing, or is taken back stays."""
    changed = ImportChange.objects.filter(table_import=table_import)
    ended = TableImport.objects.filter(Exists(changed), pk=table_import.pk, undo_asked_at=None)
    ended = ended.exclude(finished_at=None)
    ended.update(undo_asked_at=now, beat_at=None, attempts=0)


def run_next_import(*, clock: Callable[[], datetime]) -> bool:
    """Run or undo one import that waits, and return whether there was one."""
    now = clock()
    with transaction.atomic():
        waiting = TableImport.objects.waiting_at(now).order_by("created_at")
        table_import = waiting.select_for_update(skip_locked=True, of=("self",)).first()
        if table_import is None:
            return False
        table_import.attempts += 1
        table_import.beat_at = now
        table_import.save(update_fields=["attempts", "beat_at"])
    if table_import.attempts > MAX_ATTEMPTS:
        _end(table_import, now, fault="It was begun several times and never came to its end.")
    elif table_import.undo_asked_at:
        take_back(table_import, SPECS[table_import.kind], clock=clock)
        _end(table_import, clock())
    else:
        _run(table_import, clock)
    return True


def _run(table_import: TableImport, clock: Callable[[], datetime]) -> None:
    spec = SPECS[table_import.kind]
    try:
        with opened(table_import) as table:
            columns = _columns(table_import, table_import.wishes)
            report = import_table(
                spec,
                Table(table.header, _beating(table_import, table.rows, clock)),
                columns,
                dates=_dates(table_import.date_format),
                is_dry_run=False,
                journal=lambda changes: _note(table_import, changes),
            )
    except UploadRefused as refused:
        _end(table_import, clock(), fault=str(refused))
        return
    # A run that took over from one that died finds its rows unchanged: the journal knows them all.
    created = table_import.changes.filter(before__isnull=True).count()
    updated = table_import.changes.filter(before__isnull=False).count()
    _end(
        table_import,
        clock(),
        created=created,
        updated=updated,
        rejected=report.rejected,
        unchanged=max(report.total - report.rejected - created - updated, 0),
        rejections=report.rejections(),
    )


def _end(table_import: TableImport, now: datetime, *, fault: str = "", **outcome: Any) -> None:
    moment = "undone_at" if table_import.undo_asked_at else "finished_at"
    TableImport.objects.filter(pk=table_import.pk).update(**{moment: now}, fault=fault[:300], **outcome)


def _beating(table_import: TableImport, rows: Iterator[Row], clock: Callable[[], datetime]) -> Iterator[Row]:
    for done, row in enumerate(rows, start=1):
        if done % BEAT_ROWS == 0:
            TableImport.objects.filter(pk=table_import.pk).update(rows_done=done, beat_at=clock())
        yield row


def _note(table_import: TableImport, changes: Sequence[Change]) -> None:
    """Remember what a batch changed, in the transaction that changes it."""
    ImportChange.objects.bulk_create(
        ImportChange(
            table_import=table_import,
            key=as_json(change.key),
            before=None if change.before is None else as_json(change.before),
            after=as_json(change.after),
        )
        for change in changes
    )


def _columns(table_import: TableImport, wishes: Sequence[str]) -> Any:
    spec = SPECS[table_import.kind]
    try:
        return map_columns(table_import.header, spec.fields, wishes, needed=spec.key)
    except MappingRefused as refused:
        raise UploadRefused(str(refused)) from None


def _dates(date_format: str) -> Dates:
    if len(date_format) > LONGEST:
        raise UploadRefused(f"The format of dates has more than {LONGEST} characters.")
    try:
        return Dates.named(date_format)
    except ValueError as error:
        raise UploadRefused(f"The format of dates: {error}") from None


def _last_like(table_import: TableImport) -> TableImport | None:
    before = TableImport.objects.filter(kind=table_import.kind, header=table_import.header)
    return before.exclude(confirmed_at=None).order_by("-confirmed_at").first()


def _guessed_wishes(table_import: TableImport) -> list[str]:
    spec = SPECS[table_import.kind]
    guesses = guessed_fields(table_import.header, spec.fields)
    pairs = zip(table_import.header, guesses, strict=True)
    return [
        f"{column}={field or ''}" for column, field in pairs if column and (field or not spec.keeps_others_in)
    ]
