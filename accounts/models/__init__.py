from accounts.models.companies import Account, Contact
from accounts.models.keys import ApiKey
from accounts.models.people import Team, User, Viewer
from accounts.models.replies import Reply
from accounts.models.revenue import ExchangeRate, ServicesMonth, Subscription
from accounts.models.signals import Signal

__all__ = [
    "Account",
    "ApiKey",
    "Contact",
    "ExchangeRate",
    "Reply",
    "ServicesMonth",
    "Signal",
    "Subscription",
    "Team",
    "User",
    "Viewer",
]
