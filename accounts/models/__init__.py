from accounts.models.companies import Account, Contact
from accounts.models.people import Team, User
from accounts.models.revenue import ExchangeRate, ServicesMonth, Subscription
from accounts.models.signals import Signal

__all__ = [
    "Account",
    "Contact",
    "ExchangeRate",
    "ServicesMonth",
    "Signal",
    "Subscription",
    "Team",
    "User",
]
