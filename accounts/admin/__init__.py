from accounts.admin.companies import AccountAdmin, ContactAdmin
from accounts.admin.history import HistoryAdmin
from accounts.admin.imports import TableImportAdmin
from accounts.admin.keys import KeyAdmin
from accounts.admin.people import GroupAdmin, TeamAdmin, UserAdmin
from accounts.admin.revenue import ExchangeRateAdmin, ServicesMonthAdmin, SubscriptionAdmin
from accounts.admin.signals import EventAdmin, SignalAdmin, SignalRuleAdmin

__all__ = [
    "AccountAdmin",
    "ContactAdmin",
    "EventAdmin",
    "ExchangeRateAdmin",
    "GroupAdmin",
    "HistoryAdmin",
    "KeyAdmin",
    "ServicesMonthAdmin",
    "SignalAdmin",
    "SignalRuleAdmin",
    "SubscriptionAdmin",
    "TableImportAdmin",
    "TeamAdmin",
    "UserAdmin",
]
