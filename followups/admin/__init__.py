from followups.admin.cases import FollowUpAdmin, RuleAdmin
from followups.admin.reports import DeliveryAdmin, MailingAdmin

__all__ = ["DeliveryAdmin", "FollowUpAdmin", "MailingAdmin", "RuleAdmin"]
