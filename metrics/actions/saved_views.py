"""Writes of saved views: one's own, as many as a list of links stays readable."""

from django.db import transaction
from django.http import QueryDict

from accounts.models import User
from metrics.models import SavedView

MOST = 30
LONGEST = 2_000


class ViewRefused(ValueError):
    """A view without a name, one too many, or of an address that is too long."""


@transaction.atomic
def save_view(user: User, *, page: str, name: str, query: str) -> SavedView:
    """Keep a page's query under a name; the same name again replaces it. Raises ViewRefused."""
    name, query = " ".join(name.split()), QueryDict(query).urlencode()
    if not 1 <= len(name) <= 80 or "\0" in name:
        raise ViewRefused("A view needs a name of at most 80 characters.")
    if len(query) > LONGEST:
        raise ViewRefused("The address of this list is too long to be kept.")
    # Whoever saves twice at once is counted one after the other.
    User.objects.select_for_update().get(pk=user.pk)
    own = SavedView.objects.filter(user=user, page=page)
    if own.exclude(name=name).count() >= MOST:
        raise ViewRefused(f"You have {MOST} views: delete one first.")
    made, _ = SavedView.objects.update_or_create(user=user, page=page, name=name, defaults={"query": query})
    return made


def forget_view(user: User, *, page: str, name: str) -> bool:
    """Delete one of the user's views; return whether there was one."""
    return "\0" not in name and bool(SavedView.objects.filter(user=user, page=page, name=name).delete()[0])
