from followups.models.cases import FollowUp, FollowUps, Rule
from followups.models.reports import Alert, Alerts, Delivery, Mailing

__all__ = ["Alert", "Alerts", "Delivery", "FollowUp", "FollowUps", "Mailing", "Rule"]
