from collections.abc import Collection

from django.db.models import BooleanField, F, Func, Value


def among(accounts: Collection[int], path: str = "account") -> Func:
    """Return the condition that the account at the path is one of these, as one array of the column's type.

    With a parameter for each of two thousand accounts psycopg took longer to read the statement than
    PostgreSQL to run it; an array of another type is searched from its beginning for every row. Written
    here it takes a sixth of the time that psycopg needs for the elements of a list.
    """
    return Func(
        F(path),
        Value(f"{{{','.join(map(str, accounts))}}}"),
        template="(%(expressions)s::bigint[]))",
        arg_joiner=" = ANY(",
        output_field=BooleanField(),
    )
