"""The sending of due mails: many conversations with the mail server at once, one with the database.

Only the thread that runs `send_due_mails` speaks to the database. A conversation that is about to hand over
the words of a mail asks it first, and it answers all who wait with one statement (`mark_handed_over`).
"""

import smtplib
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from queue import Empty, SimpleQueue

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend

from surveys.actions.claiming import claim_due_mails
from surveys.actions.sending import Claim, Outcome, Result, mark_handed_over, record_results
from surveys.mail.letters import NothingToSay, envelope, write_letter
from surveys.mail.smtp import EmailBackend, Withdrawn
from surveys.models import Campaign, Mail, Message
from surveys.versions import published_definition

PATIENCE = 60
# Seconds in which those who come to the desk are answered together.
GATHERING = 0.01
PERMANENT, TEMPORARY = 500, 400


@dataclass(frozen=True, slots=True)
class Question:
    """A conversation asks whether it may hand over the words of a mail now."""

    mail: int
    answer: SimpleQueue[bool] = field(default_factory=SimpleQueue)


Desk = SimpleQueue[Question | Result]
# Open lines to the mail server that nobody speaks on just now.
Lines = SimpleQueue[BaseEmailBackend]


def send_due_mails(
    *, clock: Callable[[], datetime], conversations: int | None = None, shift: timedelta | None = None
) -> int:
    """Return how many mails the server took; goes on until none is due, or no longer than a shift."""
    conversations = conversations or settings.MAIL_CONVERSATIONS
    ends_at = None if shift is None else clock() + shift
    lines: Lines = SimpleQueue()
    desk: Desk = SimpleQueue()
    on_their_way: dict[int, Claim] = {}
    sent, is_more = 0, True
    with ThreadPoolExecutor(conversations) as pool:
        try:
            while is_more or on_their_way:
                # Claimed while others are still under way, so that no line waits for the last of them.
                if is_more and len(on_their_way) <= conversations:
                    claim = claim_due_mails(now=clock(), limit=conversations * 4)
                    for mail, messages in _jobs(claim):
                        on_their_way[mail.pk] = claim
                        pool.submit(_deliver, mail, messages, desk, lines)
                    is_more = bool(claim.seen) and (ends_at is None or clock() < ends_at)
                else:
                    sent += _answer_desk(desk, on_their_way, clock)
        finally:
            open_lines = [lines.get() for _ in range(lines.qsize())]
            list(pool.map(_hang_up, open_lines))
    return sent


def _answer_desk(desk: Desk, on_their_way: dict[int, Claim], clock: Callable[[], datetime]) -> int:
    """Return how many of the mails whose conversations are at the desk the server took.

    What is known is stored before anything new goes out: only what is on a line just now can be lost.
    """
    waiting = [desk.get()]
    time.sleep(GATHERING)
    with suppress(Empty):
        while True:
            waiting.append(desk.get_nowait())
    sent = 0
    for claim in {on_their_way[one.mail].id: on_their_way[one.mail] for one in waiting}.values():
        mine = [one for one in waiting if on_their_way[one.mail] is claim]
        results = [one for one in mine if isinstance(one, Result)]
        record_results(results, claim, now=clock())
        questions = [one for one in mine if isinstance(one, Question)]
        allowed = mark_handed_over([one.mail for one in questions], claim, now=clock())
        for question in questions:
            question.answer.put(question.mail in allowed)
        sent += sum(result.outcome == Outcome.SENT for result in results)
    for one in waiting:
        if isinstance(one, Result):
            del on_their_way[one.mail]
    return sent


def _jobs(claim: Claim) -> Iterator[tuple[Mail, Sequence[Message]]]:
    """Return the claimed mails, each with the words of its campaign, once all they need has been read."""
    by_campaign = sorted(claim.mails, key=lambda mail: mail.invitation.campaign_id or 0)
    for campaign, group in groupby(by_campaign, key=lambda mail: mail.invitation.campaign):
        assert isinstance(campaign, Campaign)
        published_definition(campaign.survey.live_version_id or 0)
        messages = list(Message.objects.filter(campaign=campaign))
        yield from ((mail, messages) for mail in group)


def _message(mail: Mail, messages: Sequence[Message]) -> EmailMessage:
    """Return a mail ready to be sent. Raises NothingToSay, and ValueError where it cannot be written."""
    campaign = mail.invitation.campaign
    assert campaign is not None
    letter = write_letter(campaign, messages, mail.invitation, number=mail.number, variant=mail.variant)
    message = envelope(letter, campaign, mail.invitation, number=mail.number)
    # Comes back with the provider's events, also where its answer to the mail itself was lost.
    message.metadata = {"mail": str(mail.pk)}  # type: ignore[attr-defined]
    return message


def _deliver(mail: Mail, messages: Sequence[Message], desk: Desk, lines: Lines) -> None:
    """Write a mail, speak to the mail server about it, and put what became of it on the desk, whatever it is.

    Nothing here speaks to the database. What cannot even be written has failed and stops nobody.
    """

    def may_hand_over() -> bool:
        question = Question(mail.pk)
        desk.put(question)
        try:
            return question.answer.get(timeout=PATIENCE)
        except Empty:
            return False

    try:
        result = _attempt(mail.pk, _message(mail, messages), may_hand_over, lines)
    except (NothingToSay, ValueError) as error:
        result = Result(mail.pk, Outcome.HARD, str(error))
    except BaseException as error:
        desk.put(Result(mail.pk, Outcome.UNKNOWN, repr(error)))
        raise
    desk.put(result)


def _attempt(mail: int, message: EmailMessage, may_hand_over: Callable[[], bool], lines: Lines) -> Result:
    try:
        connection = lines.get_nowait()
    except Empty:
        connection = get_connection()
    try:
        if isinstance(connection, EmailBackend):
            connection.may_hand_over = may_hand_over
        elif not may_hand_over():
            raise Withdrawn
        connection.send_messages([message])
    except Withdrawn:
        _hang_up(connection)
        return Result(mail, Outcome.WITHDRAWN)
    except Exception as error:
        has_words = connection.has_handed_over if isinstance(connection, EmailBackend) else True
        _hang_up(connection)
        return Result(mail, outcome_of(error, has_words=has_words), f"{type(error).__name__}: {error}")
    lines.put(connection)
    status = getattr(message, "anymail_status", None)
    return Result(mail, Outcome.SENT, provider_id=str(getattr(status, "message_id", None) or ""))


def outcome_of(error: Exception, *, has_words: bool) -> Outcome:
    """Return what an error means for a mail: a reply is an answer, silence after the words is none."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _ in error.recipients.values()]
        return Outcome.BOUNCED if all(code >= PERMANENT for code in codes) else Outcome.SOFT
    if isinstance(error, smtplib.SMTPDataError):
        return Outcome.HARD if error.smtp_code >= PERMANENT else Outcome.SOFT
    status = getattr(error, "status_code", None)
    if isinstance(status, int) and status:  # of a provider's API
        if status in {408, 429}:
            return Outcome.SOFT
        return Outcome.HARD if TEMPORARY <= status < PERMANENT else Outcome.UNKNOWN
    if isinstance(error, ValueError):
        return Outcome.HARD  # an address or a header that cannot be sent
    return Outcome.UNKNOWN if has_words else Outcome.SOFT


def _hang_up(connection: BaseEmailBackend) -> None:
    with suppress(OSError):
        connection.close()
