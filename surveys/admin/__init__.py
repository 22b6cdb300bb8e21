from surveys.admin.collectors import CollectorAdmin
from surveys.admin.outreach import InvitationAdmin
from surveys.admin.programmes import ProgrammeAdmin
from surveys.admin.quotas import QuotaAdmin
from surveys.admin.responses import ResponseAdmin
from surveys.admin.surveys import SurveyAdmin
from surveys.admin.versions import VersionAdmin

__all__ = [
    "CollectorAdmin",
    "InvitationAdmin",
    "ProgrammeAdmin",
    "QuotaAdmin",
    "ResponseAdmin",
    "SurveyAdmin",
    "VersionAdmin",
]
