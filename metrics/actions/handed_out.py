"""What left as a file, on record: who took which list, how long it was and when (SECURITY T40)."""

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType

from accounts.models import Account, User
from metrics.models import Comment


def record_portfolio(*, by: User, accounts: int, kind: str) -> None:
    """Write that somebody took so many accounts as a file; the line holds nothing of what was in it."""
    LogEntry.objects.create(
        user=by,
        content_type=ContentType.objects.get_for_model(Account),
        object_repr="Portfolio",
        action_flag=CHANGE,
        change_message=f"Exported {accounts:,} {'account' if accounts == 1 else 'accounts'} as {kind}.",
    )


def record_comments(*, by: User, kind: str) -> None:
    """Write that somebody took comments as a file; how many is not known before the last has gone."""
    LogEntry.objects.create(
        user=by,
        content_type=ContentType.objects.get_for_model(Comment),
        object_repr="Comments",
        action_flag=CHANGE,
        change_message=f"Exported comments as {kind}.",
    )
