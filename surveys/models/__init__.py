from surveys.models.campaigns import Audience, AudienceMember, Campaign, Message
from surveys.models.design import Choice, Ending, Logo, Page, Programme, Question, Survey, Version
from surveys.models.drafts import DraftStep
from surveys.models.limits import Footprint, Quota
from surveys.models.mails import Mail, MailEvent, Skip
from surveys.models.outreach import Collector, Invitation
from surveys.models.protection import ContactCap, ContactPolicy, Preference, Suppression
from surveys.models.responses import Response

__all__ = [
    "Audience",
    "AudienceMember",
    "Campaign",
    "Choice",
    "Collector",
    "ContactCap",
    "ContactPolicy",
    "DraftStep",
    "Ending",
    "Footprint",
    "Invitation",
    "Logo",
    "Mail",
    "MailEvent",
    "Message",
    "Page",
    "Preference",
    "Programme",
    "Question",
    "Quota",
    "Response",
    "Skip",
    "Suppression",
    "Survey",
    "Version",
]
