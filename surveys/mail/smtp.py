"""A mail server, spoken to so that it is known whether it may have the words of a mail."""

import re
import smtplib
from collections.abc import Callable, Sequence
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend as SMTPBackend

START_OF_CONTENT = 354
LEADING_DOT = re.compile(rb"(?m)^\.")


class Withdrawn(Exception):
    """The mail was withdrawn before its words went out."""


class Conversation(smtplib.SMTP):
    """An SMTP session that asks before it hands over the words, and remembers that it did."""

    may_hand_over: Callable[[], bool] | None = None
    has_handed_over = False

    def data(self, msg: Any) -> tuple[int, bytes]:
        """Return the server's answer to the words; raise SMTPDataError where it did not ask for them.

        Raises Withdrawn where we may not hand them over any more.
        """
        self.putcmd("data")
        code, answer = self.getreply()
        if code != START_OF_CONTENT:
            raise smtplib.SMTPDataError(code, answer)
        if self.may_hand_over and not self.may_hand_over():
            raise Withdrawn  # and hang up: without the final dot the server keeps nothing
        self.has_handed_over = True
        words = msg.encode("ascii") if isinstance(msg, str) else bytes(msg)
        quoted = LEADING_DOT.sub(b"..", words)
        self.send(quoted + (b".\r\n" if quoted.endswith(b"\r\n") else b"\r\n.\r\n"))
        return self.getreply()


class SecureConversation(Conversation, smtplib.SMTP_SSL):
    """The same over TLS from the first byte."""


class EmailBackend(SMTPBackend):
    """Django's SMTP backend, whose sessions ask `may_hand_over` before the words of a mail go out."""

    may_hand_over: Callable[[], bool] | None = None

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        """The kind of session."""
        return SecureConversation if self.use_ssl else Conversation

    @property
    def has_handed_over(self) -> bool:
        """Whether the server got the words of the last mail, so that it may have kept them."""
        return isinstance(self.connection, Conversation) and self.connection.has_handed_over

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Return how many mails the server took; errors are raised as smtplib knows them."""
        self.open()
        if isinstance(self.connection, Conversation):
            self.connection.may_hand_over, self.connection.has_handed_over = self.may_hand_over, False
        return super().send_messages(email_messages)
