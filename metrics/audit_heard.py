"""When accounts last answered, looked for once more among all that they answered."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Max

from metrics.models import AccountHeard
from surveys.models import Response


def heard_differences(*, until: datetime) -> Iterator[str]:
    """Yield a sentence for each account whose last answer is not the one noted.

    Of what changed since the instant some may still be on its way.
    """
    answered = Response.objects.exclude(account=None).order_by()
    on_their_way = set(answered.filter(changed_at__gt=until).values_list("account", flat=True))
    rows = answered.filter(is_test=False, submitted_at__isnull=False).values_list("account")
    expected = dict(rows.annotate(Max("submitted_at")))
    noted = dict(AccountHeard.objects.values_list("account", "heard_at"))
    for account in sorted((expected.keys() | noted.keys()) - on_their_way):
        was, should = noted.get(account), expected.get(account)
        if was != should:
            yield f"the last answer of account {account} is noted as {was}, should be {should}"
