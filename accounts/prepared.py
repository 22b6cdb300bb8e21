"""Statements that the server plans once a connection, on a connection that is not asked first if it lives."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connections
from django.db.backends.postgresql.base import ServerBindingCursor

T = TypeVar("T")
# By the statement, for each thread's connection.
_CURSORS: WeakKeyDictionary[Any, dict[str, Any]] = WeakKeyDictionary()


def prepared_row(sql: str, values: Sequence[Any] | Mapping[str, Any]) -> Sequence[Any] | None:
    """Return the first row of a statement, or None.

    The server parses and plans it once a connection, not once a request: Django puts the values into the
    text and sends it anew each time, and planning the statement that stores a response took three quarters of
    its time. `prepare_threshold` in the settings says when it is kept. The cursor is kept as well, for it
    knows after the first time how to write these values and read these columns.
    """
    # Looked up once: every attribute of Django's `connection` is looked up by thread.
    database: Any = connections[DEFAULT_DB_ALIAS]
    database.ensure_connection()
    cursor = _cursor(database, sql)
    if database.queries_logged:
        cursor = database.make_debug_cursor(cursor)
    elif database.execute_wrappers:
        cursor = database.make_cursor(cursor)
    else:
        database.validate_no_broken_transaction()
    with database.wrap_database_errors:
        cursor.execute(sql, values)
        row: Sequence[Any] | None = cursor.fetchone()
    return row


def _cursor(database: Any, sql: str) -> Any:
    kept = _CURSORS.setdefault(database, {})
    cursor = kept.get(sql)
    if cursor is None or cursor.connection is not database.connection:
        cursor = kept[sql] = ServerBindingCursor(database.connection)  # type: ignore[call-arg]
    return cursor


def once_more(work: Callable[[], T]) -> T:
    """Return what the work does, done once more on a new connection when the kept one turns out to be dead.

    Cheaper than asking each time whether it lives, and right for what may be done twice. What comes after it
    on this connection need not ask either.
    """
    connection: Any = connections[DEFAULT_DB_ALIAS]
    try:
        done = work()
    except (OperationalError, InterfaceError):
        if connection.is_usable():
            raise
        connection.close()
        done = work()
    connection.health_check_done = True
    return done
