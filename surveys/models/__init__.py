from surveys.models.design import Choice, Programme, Question, Survey, Version
from surveys.models.outreach import Collector, Invitation
from surveys.models.responses import Response

__all__ = ["Choice", "Collector", "Invitation", "Programme", "Question", "Response", "Survey", "Version"]
