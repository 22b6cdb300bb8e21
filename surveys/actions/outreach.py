"""Writes of whom we ask."""

from datetime import datetime

from accounts.models import Contact
from surveys.asking.addresses import address_hash
from surveys.links import new_nonce, personal_link, token_for, token_hash
from surveys.models import Invitation, Suppression, Survey


class SurveyNotLive(Exception):
    """A draft or closed survey has no page that an invitation could lead to."""


class ContactNotAskable(Exception):
    """The contact unsubscribed, or was erased, and is left alone."""


def refuse_unless_askable(survey: Survey, contact: Contact, *, now: datetime) -> None:
    """Raise SurveyNotLive or ContactNotAskable where nobody may be invited."""
    if survey.status(now) != Survey.Status.LIVE:
        raise SurveyNotLive(f"The survey is not live; it is {survey.status(now)}.")
    is_suppressed = Suppression.objects.filter(address_hash=address_hash(contact.email)).exists()
    if contact.unsubscribed_at or contact.erased_at or is_suppressed:
        raise ContactNotAskable("The contact does not want to be asked.")


def create_invitation(
    survey: Survey,
    contact: Contact,
    *,
    now: datetime,
    sent_at: datetime | None = None,
    expires_at: datetime | None = None,
) -> tuple[Invitation, str]:
    """Return a new invitation and its absolute personal link, which the row alone cannot give again.

    Raises SurveyNotLive or ContactNotAskable.
    """
    refuse_unless_askable(survey, contact, now=now)
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
