"""After a test that commits: what it wrote goes, what the migrations laid (roles, rights, policies) stays.

Django's own way lays rights and content types again, but no role, and takes ten times as long.
"""

from django.db import OperationalError, connection, transaction
from psycopg.errors import DeadlockDetected

LAID = "laid"


def keep_what_is_laid() -> None:
    """Remember the rows of every table that is not empty, in a schema of their own."""
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        cursor.execute(f"DROP SCHEMA IF EXISTS {LAID} CASCADE; CREATE SCHEMA {LAID}")
        for table in written(cursor, tables):
            cursor.execute(f"CREATE TABLE {LAID}.{quote(table)} AS TABLE {quote(table)}")


def empty() -> None:
    """Leave no row but those that were remembered, each as it was.

    A request that a closing page left behind may hold one table and wait for another; then it goes first.
    """
    while True:
        try:
            return empty_at_once()
        except OperationalError as error:
            if not isinstance(error.__cause__, DeadlockDetected):
                raise


def empty_at_once() -> None:
    """Do it, or raise OperationalError where somebody and we wait for each other."""
    quote = connection.ops.quote_name
    with transaction.atomic(), connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s ORDER BY tablename", [LAID])
        laid = [table for (table,) in cursor.fetchall()]
        # What still runs elsewhere is waited for, and what it wrote goes too.
        cursor.execute(f"LOCK TABLE {', '.join(map(quote, tables))} IN ACCESS EXCLUSIVE MODE")
        if dirty := written(cursor, [table for table in tables if table not in laid]):
            cursor.execute(f"TRUNCATE {', '.join(map(quote, dirty))} CASCADE")
        for table in changed(cursor, laid):
            cursor.execute(f"DELETE FROM {quote(table)}")
            cursor.execute(f"INSERT INTO {quote(table)} TABLE {LAID}.{quote(table)}")


def written(cursor, tables: list[str]) -> list[str]:
    """Return those of the tables that have rows."""
    quote = connection.ops.quote_name
    cursor.execute("SELECT " + ", ".join(f"EXISTS (TABLE {quote(table)})" for table in tables))
    return [table for table, has_rows in zip(tables, cursor.fetchone(), strict=True) if has_rows]


def changed(cursor, laid: list[str]) -> list[str]:
    """Return those of the remembered tables whose rows are no longer the same."""
    quote = connection.ops.quote_name
    pairs = [(quote(table), f"{LAID}.{quote(table)}") for table in laid]
    cursor.execute(
        "SELECT "
        + ", ".join(
            f"EXISTS ((TABLE {now} EXCEPT ALL TABLE {then}) UNION ALL (TABLE {then} EXCEPT ALL TABLE {now}))"
            for now, then in pairs
        )
    )
    return [table for table, differs in zip(laid, cursor.fetchone(), strict=True) if differs]
