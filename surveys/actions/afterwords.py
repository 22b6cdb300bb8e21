"""What someone says once everything is answered: praise that may be quoted, or where to call back."""

from datetime import datetime

from django.db.models import F, QuerySet

from surveys.models import Response
from surveys.privacy import IDENTIFIED, coarse

QUOTE, CALL_BACK = "quote", "call_back"


def keep_afterword(
    response: QuerySet[Response], *, ask: str, text: str, consent: str, privacy: str, now: datetime
) -> bool:
    """Put the words and the sentence consented to beside a complete response; False if some were there.

    The revision goes up, so that whoever reads responses sees this one anew.
    """
    changed_at = now if privacy == IDENTIFIED else coarse(now)
    kept = response.filter(afterword__isnull=True).exclude(submitted_at=None)
    return bool(
        kept.update(
            afterword={"ask": ask, "text": text, "consent": consent},
            revision=F("revision") + 1,
            changed_at=changed_at,
        )
    )
