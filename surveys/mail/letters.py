"""The words of a mail: a campaign's, in the language of its contact, with the first question's buttons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import formataddr, parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from surveys.definition import Definition
from surveys.kinds import KINDS, Scale, Sheet
from surveys.languages import choose_language, direction
from surveys.links import personal_link
from surveys.models import Campaign, Invitation, Message
from surveys.piping import fill
from surveys.versions import published_definition
from surveys.wording import wording


class NothingToSay(Exception):
    """A campaign has no words for a mail in any language."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail as it is read: in which language, its subject and its two bodies."""

    language: str
    subject: str
    text: str
    html: str


def write_letter(
    campaign: Campaign, messages: Sequence[Message], invitation: Invitation, *, number: int, variant: str
) -> Letter:
    """Return the mail of a number (0 invites, others remind) to the contact of an invitation.

    Raises NothingToSay. Every value is put in as text: markup in a name stays letters (SECURITY T6).
    """
    message = _message(messages, number, invitation.contact.language, campaign.survey.language)
    definition = published_definition(campaign.survey.live_version_id or 0)
    language = choose_language(definition.languages, (message.language, definition.language))
    link = f"{personal_link(bytes(invitation.nonce))}?lang={language}"
    values = pipeable(invitation, campaign)
    words = wording(message.language)
    subject = message.subject_b if variant == "b" and message.subject_b else message.subject
    context: dict[str, Any] = {
        "language": message.language,
        "direction": direction(message.language),
        "subject": fill(subject, values),
        "paragraphs": fill(message.body, values).strip().split("\n\n"),
        "link": link,
        "leave_link": f"{personal_link(bytes(invitation.nonce))}unsubscribe/",
        "words": words,
        "reason": words.say("mail_reason", company=sender_name(campaign)),
        "title": definition.title.into(language),
        "ask": _ask(definition, language, link),
    }
    # A name with a line end in it would otherwise end the header (SECURITY T12).
    return Letter(
        message.language,
        " ".join(context["subject"].split()),
        render_to_string("mail/campaign.txt", context),
        render_to_string("mail/campaign.html", context),
    )


def envelope(
    letter: Letter, campaign: Campaign, invitation: Invitation, *, number: int
) -> EmailMultiAlternatives:
    """Return the mail ready to be sent, with an id that is the same however often it is tried."""
    sender = campaign.sender or settings.DEFAULT_FROM_EMAIL
    leave_link = f"{personal_link(bytes(invitation.nonce))}unsubscribe/"
    message = EmailMultiAlternatives(
        letter.subject,
        letter.text,
        from_email=sender,
        to=[formataddr((invitation.contact.name, invitation.contact.email))],
        reply_to=[campaign.reply_to] if campaign.reply_to else None,
        headers={
            "Message-ID": f"<{bytes(invitation.token_hash).hex()[:32]}.{number}@{_domain(sender)}>",
            "List-Unsubscribe": f"<{leave_link}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "Auto-Submitted": "auto-generated",
            "Content-Language": letter.language,
        },
    )
    message.attach_alternative(letter.html, "text/html")
    return message


def pipeable(invitation: Invitation, campaign: Campaign) -> Mapping[str, str]:
    """Return the names that the words of a mail may hold, and what stands for them."""
    contact = invitation.contact
    return {
        "contact.name": contact.name,
        "contact.first_name": contact.name.partition(" ")[0],
        "contact.title": contact.title,
        "account.name": contact.account.name,
        "survey.title": campaign.survey.title,
    }


def sender_name(campaign: Campaign) -> str:
    """Return the name that mails come from, or the domain where the sender has none."""
    name, address = parseaddr(campaign.sender or settings.DEFAULT_FROM_EMAIL)
    return name or address.rpartition("@")[2]


def _message(messages: Sequence[Message], number: int, wanted: str, own: str) -> Message:
    """Return the message of a number in the wanted language; a reminder without words says it all again."""
    for which in (number, 0):
        offered = {message.language: message for message in messages if message.number == which}
        if offered:
            languages = sorted(offered, key=lambda language: language != own)
            return offered[choose_language(languages, filter(None, [wanted]))]
    raise NothingToSay("The campaign has no message.")


def _ask(definition: Definition, language: str, link: str) -> Mapping[str, Any] | None:
    """Return the first question as buttons, or None where it is none that one press can answer."""
    first = next(iter(definition), None)
    kind = KINDS[first.kind] if first and first.show_if is None else None
    if first is None or not isinstance(kind, Scale):
        return None
    sheet = Sheet({}, language, definition.language, wording(language))
    low_label, high_label = kind.ends(first, sheet)
    points = [
        {"value": point, "link": f"{link}&{first.key}={point}"} for point in kind.points(first.settings)
    ]
    return {
        "text": first.text.into(language),
        "points": points,
        "low_label": low_label,
        "high_label": high_label,
    }


def _domain(sender: str) -> str:
    return parseaddr(sender)[1].rpartition("@")[2] or "localhost"
