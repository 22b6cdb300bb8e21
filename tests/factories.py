"""Rows that tests begin with: each function makes one, valid and dull where a test says nothing else."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from accounts.models import Account, Contact, Event, Signal, Subscription, Team, User
from surveys.actions.authoring import create_survey, publish_survey
from surveys.interchange.native import from_json
from surveys.links import new_nonce, token_for, token_hash
from surveys.models import Audience, Campaign, ContactPolicy, Invitation, Message, Programme, Response, Survey

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
NPS: dict[str, Any] = {"key": "nps", "kind": "nps", "text": "How likely are you to recommend us?"}
CSAT: dict[str, Any] = {"key": "csat", "kind": "csat", "text": "How satisfied are you?"}
CES: dict[str, Any] = {"key": "ces", "kind": "ces", "text": "They made it easy for me."}
WHY: dict[str, Any] = {"key": "why", "kind": "long_text", "text": "What is the main reason?"}

numbers = count(1)


def user(**fields: Any) -> User:
    """Someone who may log in but has no role."""
    fields.setdefault("email", f"user{next(numbers)}@example.com")
    teams: Sequence[Team] = fields.pop("teams", ())
    made = User.objects.create_user(**fields)
    made.teams.set(teams)
    return made


def account(**fields: Any) -> Account:
    """A customer company."""
    number = next(numbers)
    return Account.objects.create(**{"external_id": f"a{number}", "name": f"Company {number}", **fields})


def contact(account: Account, **fields: Any) -> Contact:
    """A person at the account."""
    number = next(numbers)
    own = {"external_id": f"c{number}", "name": f"Person {number}", "email": f"person{number}@example.com"}
    return Contact.objects.create(account=account, **{**own, **fields})


def subscription(
    account: Account, starts_on: date, ends_on: date | None, annual_value: int, **fields: Any
) -> Subscription:
    """What the account pays a year over one term, in USD."""
    own = {"external_id": f"s{next(numbers)}", "currency": "USD", "annual_value": Decimal(annual_value)}
    return Subscription.objects.create(
        account=account, starts_on=starts_on, ends_on=ends_on, **{**own, **fields}
    )


def many_terms(count: int, *, on: date) -> None:
    """So many contracts of a year that end on a day, each of an account of its own, and are not renewed."""
    accounts = Account.objects.bulk_create(
        Account(external_id=f"m{next(numbers)}", name="Many", created_on=on) for _ in range(count)
    )
    Subscription.objects.bulk_create(
        Subscription(
            account=account,
            external_id=f"m{next(numbers)}",
            starts_on=on - timedelta(days=365),
            ends_on=on,
            annual_value=100,
            currency="USD",
        )
        for account in accounts
    )


def signal(account: Account, key: str, observed_on: date, value: float) -> Signal:
    """One imported measure of the account."""
    return Signal.objects.create(account=account, key=key, observed_on=observed_on, value=Decimal(str(value)))


def event(account: Account, **fields: Any) -> Event:
    """Something that happened to the account."""
    own = {"event_id": f"e{next(numbers)}", "name": "ticket.closed", "occurred_at": NOON, "received_at": NOON}
    return Event.objects.create(account=account, **{**own, **fields})


def programme(mode: str = Programme.Mode.RELATIONSHIP) -> Programme:
    """A listening programme."""
    number = next(numbers)
    return Programme.objects.create(slug=f"programme-{number}", name=f"Programme {number}", mode=mode)


def published_survey(
    questions: Sequence[Mapping[str, Any]] = (NPS, CSAT, WHY),
    *,
    of: Programme | None = None,
    now: datetime = NOON,
    **texts: Any,
) -> Survey:
    """A live survey of these questions, in a relationship programme of its own unless one is named."""
    number = next(numbers)
    definition = from_json({"title": f"Survey {number}", "questions": [*questions], **texts})
    survey = create_survey(definition, programme=of or programme(), slug=f"survey-{number}")
    publish_survey(survey, by=None, now=now)
    survey.refresh_from_db()
    return survey


def invitation(
    survey: Survey, contact: Contact, *, sent_at: datetime | None = NOON, **fields: Any
) -> Invitation:
    """An ask to the contact, sent unless `sent_at` is None."""
    nonce = new_nonce()
    return Invitation.objects.create(
        survey=survey,
        contact=contact,
        nonce=nonce,
        token_hash=token_hash(token_for(nonce)),
        **{"created_at": sent_at or NOON, "sent_at": sent_at, **fields},
    )


def respond(
    survey: Survey,
    answers: Mapping[str, Any],
    *,
    at: datetime = NOON,
    contact: Contact | None = None,
    account: Account | None = None,
    **fields: Any,
) -> Response:
    """A complete response to the live version, written at the instant or, when that is before noon, at noon.

    A partial one with `submitted_at=None`.
    """
    own = {
        "submission_key": f"key-{next(numbers)}",
        "started_at": at,
        "submitted_at": at,
        "changed_at": max(at, NOON),
        "language": survey.language,
        "channel": "link",
    }
    return Response.objects.create(
        survey=survey,
        version_id=survey.live_version_id,
        contact=contact,
        account=account or (contact.account if contact else None),
        answers=dict(answers),
        **{**own, **fields},
    )


def audience(*conditions: tuple[str, str, Any]) -> Audience:
    """A saved filter of these conditions: field, operator and value each."""
    document = [dict(zip(("field", "operator", "value"), one, strict=True)) for one in conditions]
    return Audience.objects.create(name=f"Audience {next(numbers)}", conditions=document)


def campaign(survey: Survey, **fields: Any) -> Campaign:
    """An approved campaign with words, to every contact from the day of NOON on, around the clock."""
    of = fields.pop("audience", None) or audience()
    own = {
        "name": f"Campaign {next(numbers)}",
        "starts_on": NOON.date(),
        "approved_at": NOON,
        "opens": time(0),
        "closes": time(0),
        "weekdays": list(range(7)),
    }
    made = Campaign.objects.create(survey=survey, audience=of, **{**own, **fields})
    Message.objects.create(
        campaign=made,
        language="en",
        subject="How are we doing, {{contact.first_name|there}}?",
        body="Dear {{contact.first_name|customer}},\n\nhow is {{account.name}}?",
    )
    return made


def contact_policy(**fields: Any) -> ContactPolicy:
    """The contact policy, with these fields."""
    made, _ = ContactPolicy.objects.update_or_create(pk=1, defaults=fields)
    return made
