from surveys.admin.audiences import AudienceAdmin
from surveys.admin.campaigns import CampaignAdmin
from surveys.admin.collectors import CollectorAdmin
from surveys.admin.mails import MailAdmin
from surveys.admin.outreach import InvitationAdmin
from surveys.admin.programmes import ProgrammeAdmin
from surveys.admin.protection import ContactPolicyAdmin, SuppressionAdmin
from surveys.admin.quotas import QuotaAdmin
from surveys.admin.responses import ResponseAdmin
from surveys.admin.surveys import SurveyAdmin
from surveys.admin.versions import VersionAdmin

__all__ = [
    "AudienceAdmin",
    "CampaignAdmin",
    "CollectorAdmin",
    "ContactPolicyAdmin",
    "InvitationAdmin",
    "MailAdmin",
    "ProgrammeAdmin",
    "QuotaAdmin",
    "ResponseAdmin",
    "SuppressionAdmin",
    "SurveyAdmin",
    "VersionAdmin",
]
