"""Writes of API keys."""

from collections.abc import Sequence
from datetime import datetime

from accounts.models import ApiKey, Team, User
from accounts.models.keys import PREFIX_LENGTH, READ, SCOPES, hash_of, new_secret

SHORTHANDS = {"all": SCOPES, "read": READ}


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
