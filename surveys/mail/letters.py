"""The words of a mail: a campaign's, in the language of its contact, with the first question's buttons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import formataddr, parseaddr
from functools import lru_cache
from textwrap import wrap
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils.html import escape

from surveys.definition import Definition
from surveys.filling import values_for
from surveys.kinds import KINDS, Scale, Sheet
from surveys.languages import choose_language, direction
from surveys.links import personal_link
from surveys.models import Campaign, Invitation, Message
from surveys.piping import fill, placeholder
from surveys.versions import published_definition
from surveys.wording import wording

# What stands in a mail for the links of whoever gets it.
LINK, LEAVE_LINK = "mail.link", "mail.leave_link"
LONGEST_LINE = 500


class NothingToSay(Exception):
    """A campaign has no words for a mail in any language."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail as it is read: its language, subject and two bodies, and the link by which one leaves."""

    language: str
    subject: str
    text: str
    html: str
    leave_link: str


@dataclass(frozen=True, slots=True)
class Blank:
    """The two bodies of a mail before the names in them are filled in: the same for everyone who reads it."""

    text: str
    html: str


def write_letter(
    campaign: Campaign, messages: Sequence[Message], invitation: Invitation, *, number: int, variant: str
) -> Letter:
    """Return the mail of a number (0 invites, others remind) to the contact of an invitation.

    Raises NothingToSay. Every value is put in as text: markup in a name stays letters (SECURITY T6).
    """
    message = _message(messages, number, invitation.contact.language, campaign.survey.language)
    version = campaign.survey.live_version_id or 0
    subject = message.subject_b if variant == "b" and message.subject_b else message.subject
    blank = _blank(version, message.language, subject, message.body, sender_name(campaign))
    definition = published_definition(version)
    language = _language(definition, message.language)
    link, person = personal_link(bytes(invitation.nonce)), pipeable(invitation, campaign)
    values = {
        **values_for(definition, {}, language=language, person=person),
        **person,
        LINK: f"{link}?lang={language}",
        LEAVE_LINK: f"{link}unsubscribe/",
    }
    return Letter(
        message.language,
        # A name with a line end in it would otherwise end the header (SECURITY T12).
        " ".join(fill(subject, values).split()),
        fill(blank.text, values),
        fill(blank.html, {name: escape(value) for name, value in values.items()}),
        values[LEAVE_LINK],
    )


@lru_cache(maxsize=64)
def _blank(version: int, message_language: str, subject: str, body: str, company: str) -> Blank:
    """Return a mail with its placeholders; drawing it anew for everyone took half of the time of sending."""
    definition = published_definition(version)
    language = _language(definition, message_language)
    words = wording(message_language)
    link = placeholder(LINK)
    context: dict[str, Any] = {
        "language": message_language,
        "direction": direction(message_language),
        "subject": subject,
        "paragraphs": body.strip().split("\n\n"),
        "link": link,
        "leave_link": placeholder(LEAVE_LINK),
        "words": words,
        "reason": words.say("mail_reason", company=company),
        "ask": _ask(definition, language, link),
    }
    html = " ".join(render_to_string("mail/campaign.html", context).split())
    return Blank(
        render_to_string("mail/campaign.txt", context),
        # Half of its letters were indentation. A line of more than 998 would have to be encoded (RFC 5322).
        "\n".join(wrap(html, LONGEST_LINE, break_long_words=False, break_on_hyphens=False)),
    )


def envelope(
    letter: Letter, campaign: Campaign, invitation: Invitation, *, number: int
) -> EmailMultiAlternatives:
    """Return the mail ready to be sent, with an id that is the same however often it is tried."""
    sender = campaign.sender or settings.DEFAULT_FROM_EMAIL
    message = EmailMultiAlternatives(
        letter.subject,
        letter.text,
        from_email=sender,
        to=[formataddr((invitation.contact.name, invitation.contact.email))],
        reply_to=[campaign.reply_to] if campaign.reply_to else None,
        headers={
            "Message-ID": f"<{bytes(invitation.token_hash).hex()[:32]}.{number}@{_domain(sender)}>",
            "List-Unsubscribe": f"<{letter.leave_link}>",
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


def _language(definition: Definition, wanted: str) -> str:
    """Return the language in which a reader of a message answers the survey."""
    return choose_language(definition.languages, (wanted, definition.language))


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
