"""Takes over responses that were given elsewhere."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from django.db import transaction

from accounts.actions.batches import in_batches, rehearsal, upsert, write_or_reject
from accounts.interchange.cells import plain, quoted
from accounts.interchange.dates import Dates
from accounts.interchange.report import Report
from accounts.interchange.tables import open_table
from accounts.models import Account, Contact
from surveys.actions.revealing import reveal_imported
from surveys.interchange.foreign_responses import open_export, plan_import, read_export
from surveys.interchange.responses import ResponseDraft, map_responses, read_responses
from surveys.models import Response, Version
from surveys.models.responses import IMPORTED
from surveys.versions import published_definition

WRITTEN = (
    *("version", "account", "contact", "started_at", "submitted_at", "changed_at", "revision"),
    *("language", "answers", "revealed_at"),
)
FLAT = "flat"
SAMPLED = 3


@dataclass(frozen=True, slots=True)
class Source:
    """A file of responses and how it is to be read; what is "" is told from the file."""

    path: Path
    dates: Dates
    format: str = ""
    wishes: Sequence[str] = ()
    encoding: str = ""
    delimiter: str = ""


@dataclass(frozen=True, slots=True)
class Columns:
    """What a file shows of itself: its tool, FLAT for a plain table, its columns and a few cells of each."""

    format: str
    header: Sequence[str]
    samples: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of the rows of a file, what wrote it (FLAT: no tool), and the columns that fed nothing."""

    report: Report
    format: str
    left_out: Sequence[str]


def columns_in(source: Source) -> Columns:
    """Return what a file shows of itself. Raises TableRefused, EncodingUnknown and OSError."""
    if source.format != FLAT:
        with open_export(
            source.path, tool=source.format, encoding=source.encoding, delimiter=source.delimiter
        ) as lines:
            if lines.tool:
                header = [plain(cell) for cell in lines.first[0][1]] if lines.first else []
                return Columns(lines.tool, header, [])
    with open_table(source.path, encoding=source.encoding, delimiter=source.delimiter) as table:
        rows = [row.cells for row in islice(table.rows, SAMPLED) if not row.fault]
        return Columns(FLAT, table.header, [[plain(cell) for cell in row] for row in rows])


def import_file(
    version: Version, source: Source, *, zone: tzinfo, clock: Callable[[], datetime], is_dry_run: bool
) -> Imported:
    """Take over the responses in a file and return what became of it.

    Raises MappingRefused where no column is about a question, TableRefused, EncodingUnknown and OSError.
    """
    definition, report = published_definition(version.pk), Report()
    if source.format != FLAT:
        with open_export(
            source.path, tool=source.format, encoding=source.encoding, delimiter=source.delimiter
        ) as lines:
            if lines.tool:
                plan = plan_import(definition, lines, source.wishes)
                drafts = read_export(definition, lines, plan, dates=source.dates, zone=zone, report=report)
                import_responses(version, drafts, report=report, clock=clock, is_dry_run=is_dry_run)
                return Imported(report, lines.tool, plan.left_out)
    with open_table(source.path, encoding=source.encoding, delimiter=source.delimiter) as table:
        columns = map_responses(definition, table.header, source.wishes)
        drafts = read_responses(definition, table, columns, dates=source.dates, zone=zone, report=report)
        import_responses(version, drafts, report=report, clock=clock, is_dry_run=is_dry_run)
        return Imported(report, FLAT, [*columns.others])


class _Known(NamedTuple):
    """The rows that a batch may name: accounts, and contacts with their accounts, by external id."""

    accounts: Mapping[str, int]
    contacts: Mapping[str, tuple[int, int]]


def import_responses(
    version: Version,
    drafts: Iterable[ResponseDraft],
    *,
    report: Report,
    clock: Callable[[], datetime],
    is_dry_run: bool,
) -> Report:
    """Create or update a response to a survey for each draft, and return the report with what became of each.

    A draft holds every answer of its response, allowed by the version; other fields are kept where its table
    has no column for them. A response that changed gets its next revision. Drafts keep their dates; without
    one the time of the import is their date. Each batch is stamped by the clock when it is stored: metrics
    look for what changed a moment ago. Of a survey that promised confidentiality five are shown or none.
    """
    definition = published_definition(version.pk)
    with rehearsal(is_dry_run):
        for batch in in_batches(drafts):
            with transaction.atomic():
                _store(version, definition.language, batch, now=clock(), report=report)
        if Version.objects.promising().filter(survey=version.survey_id).exists():
            reveal_imported(version.survey_id, now=clock())
    return report


def _store(
    version: Version, language: str, drafts: Sequence[ResponseDraft], *, now: datetime, report: Report
) -> None:
    known = _known(drafts)
    keys = [draft.submission_key for draft in drafts]
    # Locked in one order, so that two imports at a time wait for each other and not in a circle.
    locked = Response.objects.filter(survey=version.survey_id, submission_key__in=keys).order_by("pk")
    stored = {response.submission_key: response for response in locked.select_for_update()}
    changed: list[tuple[ResponseDraft, Response]] = []
    for draft in drafts:
        response = stored.get(draft.submission_key) or Response(
            survey_id=version.survey_id,
            submission_key=draft.submission_key,
            submitted_at=now if draft.is_complete else None,
            revision=0,
            language=language,
            channel=IMPORTED,
        )
        before = _state(response)
        faults = _apply(draft, response, known, now)
        if faults:
            report.reject(draft.line, *faults)
        elif response.revision and _state(response) == before:
            report.unchanged += 1
        else:
            response.version = version
            response.started_at = draft.values.get("started_at") or response.submitted_at or now
            response.changed_at, response.revealed_at = now, None
            response.revision += 1
            changed.append((draft, response))
    _write(changed, report)


def _write(changed: Sequence[tuple[ResponseDraft, Response]], report: Report) -> None:
    written = write_or_reject(
        changed,
        write=lambda items: upsert(
            Response, [response for _, response in items], key=("survey", "submission_key"), fields=WRITTEN
        ),
        reject=lambda item, reason: report.reject(item[0].line, reason),
    )
    created = sum(response.revision == 1 for _, response in written)
    report.created += created
    report.updated += len(written) - created


def _known(drafts: Sequence[ResponseDraft]) -> _Known:
    def names(field: str) -> set[str]:
        return {name for draft in drafts if (name := draft.values.get(field))}

    accounts = Account.objects.filter(external_id__in=names("account"))
    contacts = Contact.objects.filter(external_id__in=names("contact"))
    return _Known(
        dict(accounts.values_list("external_id", "pk")),
        {name: (pk, account) for name, pk, account in contacts.values_list("external_id", "pk", "account")},
    )


def _state(response: Response) -> tuple[object, ...]:
    return (
        response.account_id,
        response.contact_id,
        response.submitted_at,
        response.language,
        response.answers,
    )


def _apply(draft: ResponseDraft, response: Response, known: _Known, now: datetime) -> list[str]:
    """Put the draft into the response and return what is wrong with it."""
    values = draft.values
    named = (("account", known.accounts), ("contact", known.contacts))
    faults = [
        f"{field}: there is no {field} {quoted(name)}"
        for field, ids in named
        if (name := values.get(field)) and name not in ids
    ]
    if faults:
        return faults
    # A day without a time is its noon, which today may still be to come.
    if (values.get("submitted_at") or now) > now + timedelta(days=1):
        return [f"submitted_at: {values['submitted_at']:%Y-%m-%d} lies in the future"]
    account = known.accounts.get(values.get("account", ""))
    contact, account_of_contact = known.contacts.get(values.get("contact", ""), (None, None))
    if account and account_of_contact and account != account_of_contact:
        return ["contact: belongs to another account"]
    if "contact" in values:
        response.contact_id = contact
    if account or contact or "account" in values:
        response.account_id = account or account_of_contact
    response.submitted_at = values.get("submitted_at", response.submitted_at) if draft.is_complete else None
    response.language = values.get("language", response.language)
    response.answers = draft.answers
    return []
