"""So many calls a minute for each key, counted by the database: no other server has to be up for it."""

from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection
from rest_framework.throttling import BaseThrottle

from accounts.models import ApiKey

COUNT = """
INSERT INTO accounts_callcount AS counted (api_key_id, minute, calls)
VALUES (%s, date_trunc('minute', clock_timestamp()), 1)
ON CONFLICT (api_key_id) DO UPDATE SET
    calls = CASE WHEN counted.minute = excluded.minute THEN counted.calls + 1 ELSE 1 END,
    minute = excluded.minute
RETURNING calls, ceil(60 - extract(second FROM clock_timestamp()))::int
"""


class Allowance(NamedTuple):
    """How many calls a key may make in a minute, how many are left, and in how many seconds it ends."""

    limit: int
    remaining: int
    reset: int

    def headers(self) -> dict[str, str]:
        """Return what an answer says of it."""
        return {f"RateLimit-{name.title()}": str(value) for name, value in self._asdict().items()}


class CallsPerMinute(BaseThrottle):
    """Refuses the calls beyond `API_CALLS_PER_MINUTE`; 0 lets all pass."""

    reset = 0

    def allow_request(self, request: Any, view: Any) -> bool:
        """Whether the key's minute has room for this call; the view's answer says how much is left."""
        limit = settings.API_CALLS_PER_MINUTE
        if not limit or not isinstance(request.auth, ApiKey):
            return True
        with connection.cursor() as cursor:
            cursor.execute(COUNT, [request.auth.pk])
            calls, self.reset = cursor.fetchone()
        view.allowance = Allowance(limit, max(limit - calls, 0), self.reset)
        return bool(calls <= limit)

    def wait(self) -> float:
        """Return the seconds until the next minute."""
        return self.reset
