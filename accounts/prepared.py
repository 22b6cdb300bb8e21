"""Statements that the server plans once a connection, on a connection that is not asked first if it lives."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connections
from django.db.backends.postgresql.base import ServerBindingCursor
from django.db.backends.utils import CursorWrapper

T = TypeVar("T")


def prepared_cursor() -> CursorWrapper:
    """Return a cursor whose statements the server parses and plans once a connection, not once a request.

    Django puts the values into the text and sends it anew each time: planning the one that stores a response
    took three quarters of its time. `prepare_threshold` in the settings says when a statement is kept.
    """
    # Looked up once: every attribute of Django's `connection` is looked up by thread.
    database = connections[DEFAULT_DB_ALIAS]
    database.ensure_connection()
    wrap = database.make_debug_cursor if database.queries_logged else database.make_cursor
    return wrap(ServerBindingCursor(database.connection))  # type: ignore[call-arg, arg-type]


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
