from surveys.admin.outreach import CollectorAdmin, InvitationAdmin
from surveys.admin.programmes import ProgrammeAdmin
from surveys.admin.responses import ResponseAdmin
from surveys.admin.surveys import SurveyAdmin
from surveys.admin.versions import VersionAdmin

__all__ = [
    "CollectorAdmin",
    "InvitationAdmin",
    "ProgrammeAdmin",
    "ResponseAdmin",
    "SurveyAdmin",
    "VersionAdmin",
]
