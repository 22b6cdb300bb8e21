"""Writes of who wants less mail, or none. What someone wishes is kept by the hash of their address."""

from datetime import datetime
from enum import StrEnum

from django.db import transaction

from accounts.models import Contact
from surveys.asking.addresses import address_hash
from surveys.models import Invitation, Preference, Suppression

# "Less often" is at most once in half a year.
SELDOM = 182


class Wish(StrEnum):
    """What the owner of an address may ask for."""

    NEVER = "never"
    LESS = "less"
    ONLY = "only"


@transaction.atomic
def heed_wish(invitation: Invitation, wish: Wish, *, now: datetime) -> None:
    """Keep what the contact of an invitation wishes; it holds for every mail that is not yet handed over."""
    address = invitation.contact.email
    if not address:
        return
    if wish == Wish.NEVER:
        suppress(address, Suppression.Reason.UNSUBSCRIBED, now=now)
        return
    Preference.objects.update_or_create(
        address_hash=address_hash(address),
        defaults={
            "quiet_days": SELDOM if wish == Wish.LESS else 0,
            "only_programme_id": invitation.survey.programme_id if wish == Wish.ONLY else None,
            "changed_at": now,
        },
    )


@transaction.atomic
def suppress(address: str, reason: Suppression.Reason, *, now: datetime) -> None:
    """Send no mail to an address any more, whichever contact has it now or later."""
    Suppression.objects.bulk_create(
        [Suppression(address_hash=address_hash(address), reason=reason, created_at=now)],
        ignore_conflicts=True,
    )
    contacts = Contact.objects.filter(email__iexact=address.strip())
    if reason == Suppression.Reason.BOUNCED:
        contacts.filter(bounced_at=None).update(bounced_at=now)
    else:
        contacts.filter(unsubscribed_at=None).update(unsubscribed_at=now)
