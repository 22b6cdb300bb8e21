"""Mails to read before anyone gets one."""

from accounts.models import Account, Contact, User
from surveys.links import new_nonce, token_for, token_hash
from surveys.mail.letters import Letter, NothingToSay, pipeable, write_letter
from surveys.models import Campaign, Invitation
from surveys.piping import fill


def sample_reader(user: User, language: str) -> Invitation:
    """Return an invitation to a user, as if they were a contact; it is stored nowhere."""
    company = Account(name="Example Ltd")
    name = user.get_full_name() or "Anna Example"
    contact = Contact(
        account=company, name=name, email=user.email, language=language, title="Head of Purchasing"
    )
    nonce = new_nonce()
    return Invitation(contact=contact, nonce=nonce, token_hash=token_hash(token_for(nonce)))


def sample_letter(campaign: Campaign, reader: Invitation, *, number: int, variant: str) -> Letter:
    """Return a mail of a campaign to a reader. Raises NothingToSay."""
    if campaign.survey.live_version_id is None:
        raise NothingToSay("The survey has not been published yet.")
    return write_letter(campaign, list(campaign.messages.all()), reader, number=number, variant=variant)


def sample_subject(campaign: Campaign, reader: Invitation, subject: str) -> str:
    """Return a subject of a campaign as a reader gets it, also while the survey is not live."""
    return " ".join(fill(subject, pipeable(reader, campaign)).split())
