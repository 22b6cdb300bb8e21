from surveys.models.design import Choice, Ending, Logo, Page, Programme, Question, Survey, Version
from surveys.models.outreach import Collector, Invitation
from surveys.models.responses import Response

__all__ = [
    "Choice",
    "Collector",
    "Ending",
    "Invitation",
    "Logo",
    "Page",
    "Programme",
    "Question",
    "Response",
    "Survey",
    "Version",
]
