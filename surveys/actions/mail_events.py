"""Writes of what a mail provider says about the mails it took."""

from datetime import datetime
from enum import StrEnum

from django.db import transaction

from surveys.actions.leaving import suppress
from surveys.actions.sending import plan_reminders
from surveys.models import Invitation, Mail, MailEvent, Suppression


class Kind(StrEnum):
    """What providers say, in the words that anymail has for all of them."""

    DELIVERED = "delivered"
    OPENED = "opened"
    BOUNCED = "bounced"
    REJECTED = "rejected"
    COMPLAINED = "complained"
    UNSUBSCRIBED = "unsubscribed"


@transaction.atomic
def record_mail_event(
    event_id: str,
    kind: Kind,
    *,
    provider_id: str,
    address: str,
    occurred_at: datetime,
    mail: int | None = None,
) -> bool:
    """Return whether the event is news; a second delivery of it changes nothing (SECURITY T64).

    The mail is known by the provider's id of it, or by ours where we never learnt that. A bounce or a
    complaint suppresses the address; any word about a mail settles one that was unknown.
    """
    found = _mail(provider_id, mail)
    _, is_news = MailEvent.objects.get_or_create(
        event_id=event_id[:200], defaults={"kind": kind, "mail": found, "occurred_at": occurred_at}
    )
    if not is_news:
        return False
    if found:
        _note(found, kind, occurred_at)
        address = address or found.invitation.contact.email
    if not address:
        return True
    match kind:
        case Kind.BOUNCED:
            suppress(address, Suppression.Reason.BOUNCED, now=occurred_at)
        case Kind.COMPLAINED:
            suppress(address, Suppression.Reason.COMPLAINED, now=occurred_at)
        case Kind.UNSUBSCRIBED:
            suppress(address, Suppression.Reason.UNSUBSCRIBED, now=occurred_at)
    return True


def _mail(provider_id: str, own_id: int | None) -> Mail | None:
    rows = Mail.objects.select_related("invitation__contact").select_for_update(of=("self",))
    found = rows.filter(provider_id=provider_id).first() if provider_id else None
    return found or (rows.filter(pk=own_id).first() if own_id else None)


def _note(mail: Mail, kind: Kind, occurred_at: datetime) -> None:
    match kind:
        case Kind.DELIVERED | Kind.OPENED:
            mail.delivered_at = mail.delivered_at or occurred_at
            if kind == Kind.OPENED:
                mail.opened_at = mail.opened_at or occurred_at
        case Kind.BOUNCED | Kind.REJECTED:
            mail.bounced_at = mail.bounced_at or occurred_at
            Invitation.objects.filter(pk=mail.invitation_id, bounced_at=None).update(bounced_at=occurred_at)
        case Kind.COMPLAINED:
            mail.complained_at = mail.complained_at or occurred_at
    if mail.state == Mail.State.UNKNOWN:
        mail.state, mail.sent_at = Mail.State.SENT, mail.handed_at or occurred_at
        if Invitation.objects.filter(pk=mail.invitation_id, sent_at=None).update(sent_at=mail.sent_at):
            plan_reminders([mail.invitation], now=mail.sent_at)
    mail.save()
