from accounts.models.companies import Account, Contact
from accounts.models.events import Event, SignalRule
from accounts.models.exports import Export
from accounts.models.hand_overs import HandOver
from accounts.models.imports import ImportChange, TableImport
from accounts.models.keys import ApiKey, CallCount
from accounts.models.notes import Note
from accounts.models.people import Team, User, Viewer
from accounts.models.replies import Reply
from accounts.models.revenue import ExchangeRate, ServicesMonth, Subscription
from accounts.models.signals import Signal

__all__ = [
    "Account",
    "ApiKey",
    "CallCount",
    "Contact",
    "Event",
    "ExchangeRate",
    "Export",
    "HandOver",
    "ImportChange",
    "Note",
    "Reply",
    "ServicesMonth",
    "Signal",
    "SignalRule",
    "Subscription",
    "TableImport",
    "Team",
    "User",
    "Viewer",
]
