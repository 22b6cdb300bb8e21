"""Writes of whom we ask."""

from datetime import datetime

from accounts.models import Contact
from surveys.links import new_nonce, personal_link, token_for, token_hash
from surveys.models import Invitation, Survey


def create_invitation(
    survey: Survey,
    contact: Contact,
    *,
    now: datetime,
    sent_at: datetime | None = None,
    expires_at: datetime | None = None,
) -> tuple[Invitation, str]:
    """Return a new invitation and its absolute personal link, which the row alone cannot give again."""
    nonce = new_nonce()
    invitation = Invitation.objects.create(
        survey=survey,
        contact=contact,
        nonce=nonce,
        token_hash=token_hash(token_for(nonce)),
        created_at=now,
        sent_at=sent_at,
        expires_at=expires_at,
    )
    return invitation, personal_link(nonce)
