"""Writes of API keys."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache, partial

from django.db import DEFAULT_DB_ALIAS

from accounts.models import ApiKey, Team, User
from accounts.models.keys import PREFIX_LENGTH, READ, SCOPES, hash_of, new_secret
from accounts.prepared import once_more, prepared_row

SHORTHANDS = {"all": SCOPES, "read": READ}
# Knowing the minute of the last use is enough, and saves a write on almost every call.
ADMIT = """
WITH key AS ({usable}), used AS (
    UPDATE accounts_apikey AS used SET last_used_at = %s FROM key
    WHERE used.id = key.id
        AND (used.last_used_at IS NULL OR used.last_used_at < %s::timestamptz - interval '1 minute')
), counted AS (
    INSERT INTO accounts_callcount AS counted (api_key_id, minute, calls)
    SELECT key.id, date_trunc('minute', clock_timestamp()), 1 FROM key WHERE %s
    ON CONFLICT (api_key_id) DO UPDATE SET
        calls = CASE WHEN counted.minute = excluded.minute THEN counted.calls + 1 ELSE 1 END,
        minute = excluded.minute
    RETURNING calls
)
SELECT key.*, coalesce(counted.calls, 0), ceil(60 - extract(second FROM clock_timestamp()))::int
FROM key LEFT JOIN counted ON true
"""
EPOCH = datetime.fromtimestamp(0, UTC)
# What a call asks of its key, in the order of the table.
ASKED = {"id", "name", "prefix", "scopes", "team_id", "created_by_id"}
COLUMNS = [field.attname for field in ApiKey._meta.concrete_fields if field.attname in ASKED]


class ScopeUnknown(Exception):
    """A scope that there is not."""


def parse_scopes(names: Sequence[str]) -> list[str]:
    """Return the scopes that these names mean, shorthands spelt out. Raises ScopeUnknown."""
    wanted: set[str] = set()
    for name in names:
        if name not in SHORTHANDS and name not in SCOPES:
            raise ScopeUnknown(f"there is no scope {name!r}; there are {', '.join((*SHORTHANDS, *SCOPES))}")
        wanted.update(SHORTHANDS.get(name, (name,)))
    return [scope for scope in SCOPES if scope in wanted]


def create_api_key(
    name: str,
    scopes: Sequence[str],
    *,
    team: Team | None,
    expires_at: datetime | None,
    by: User | None,
    now: datetime,
) -> tuple[ApiKey, str]:
    """Return a new key's row and the key itself, which the row cannot give again."""
    secret = new_secret()
    key = ApiKey.objects.create(
        name=name,
        prefix=secret[:PREFIX_LENGTH],
        secret_hash=hash_of(secret),
        scopes=[*scopes],
        team=team,
        expires_at=expires_at,
        created_by=by,
        created_at=now,
    )
    return key, secret


def revoke_api_key(key: ApiKey, *, now: datetime) -> None:
    """Let the key's next request be refused; a key that is revoked already keeps its own instant."""
    ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now)


def admit_call(secret: str, *, is_counted: bool, now: datetime) -> ApiKey | None:
    """Return the usable key of this secret, knowing its calls of this minute with this one; None for none.

    One statement looks the key up, counts the call and notes the use. It is the first of a call, so it also
    finds out whether the kept connection lives.
    """
    values = [now, hash_of(secret), now, now, is_counted]
    row = once_more(partial(prepared_row, _admission(), values))
    if row is None:
        return None
    *columns, calls, seconds_left = row
    key = ApiKey.from_db(DEFAULT_DB_ALIAS, COLUMNS, columns)
    key.calls, key.seconds_left = calls, seconds_left
    return key


@cache
def _admission() -> str:
    """Return the statement; which keys are usable is said by their QuerySet alone, and compiled once."""
    usable = ApiKey.objects.usable_at(EPOCH).filter(secret_hash=b"").order_by()
    # It takes the instant, then the hash.
    text, _ = usable.values_list(*COLUMNS).query.sql_with_params()
    return ADMIT.format(usable=text)
