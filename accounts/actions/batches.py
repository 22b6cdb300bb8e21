"""How imports write: in batches, a refused row alone, and a dry run with everything taken back."""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import TypeVar

from django.db import DatabaseError, connection, models, transaction

BATCH = 1000

T = TypeVar("T")


@contextmanager
def rehearsal(is_dry_run: bool) -> Iterator[None]:
    """Take everything back at the end of a dry run."""
    if not is_dry_run:
        yield
        return
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def in_batches(items: Iterable[T]) -> Iterator[list[T]]:
    """Yield the items a thousand at a time."""
    iterator = iter(items)
    while batch := list(islice(iterator, BATCH)):
        yield batch


def upsert(
    model: type[models.Model], rows: Iterable[models.Model], *, key: Collection[str], fields: Collection[str]
) -> None:
    """Insert the rows in one statement; of those whose unique key is stored already, update the fields.

    The rows travel as one JSON parameter: with one placeholder for each value, as in `bulk_create`, binding
    took ten times as long as the insert.
    """
    stored = [column for column in model._meta.concrete_fields if not column.primary_key]
    quoted = {column.name: connection.ops.quote_name(column.attname) for column in stored}
    table, every = connection.ops.quote_name(model._meta.db_table), ", ".join(quoted.values())
    updates = ", ".join(f"{quoted[name]} = EXCLUDED.{quoted[name]}" for name in fields)
    document = [{column.attname: getattr(row, column.attname) for column in stored} for row in rows]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({every}) "  # noqa: S608 -- names of our own models
            f"SELECT {every} FROM json_populate_recordset(NULL::{table}, %s) "
            f"ON CONFLICT ({', '.join(quoted[name] for name in key)}) DO UPDATE SET {updates}",
            [json.dumps(document, default=str)],
        )


def write_or_reject(
    items: Sequence[T], *, write: Callable[[Sequence[T]], None], reject: Callable[[T, str], None]
) -> list[T]:
    """Write the items in one statement and return them; what the database refuses is found by halving."""
    if not items:
        return []
    try:
        with transaction.atomic():
            write(items)
            connection.check_constraints()  # foreign keys too are looked at now and not at the commit
    except DatabaseError as error:
        if len(items) == 1:
            reject(items[0], _broken_rule(error))
            return []
        half = len(items) // 2
        halves = items[:half], items[half:]
        return [item for part in halves for item in write_or_reject(part, write=write, reject=reject)]
    return list(items)


def _broken_rule(error: DatabaseError) -> str:
    # Our constraints are named for the rule they keep.
    rule = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
    if rule:
        return f"breaks the rule '{rule.replace('_', ' ')}'"
    return f"was refused by the database: {str(error).partition(chr(10))[0]}"
