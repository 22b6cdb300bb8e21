from metrics.models.asked import AskedAccounts, AskedDay
from metrics.models.closes import Close, RateMonth, RevenueMonth, TallyMonth
from metrics.models.findings import Finding
from metrics.models.health import Health, HealthOverride, Scorecard
from metrics.models.known import (
    FormerResponse,
    KnownAccount,
    KnownContact,
    KnownRate,
    KnownServices,
    KnownSubscription,
    KnownSurvey,
    Snapshot,
)
from metrics.models.picks import Pick, PickTally
from metrics.models.portfolio import AccountHeard, AccountNps, SavedView
from metrics.models.recounts import Recount
from metrics.models.scores import Absorbed, Comment, Score, Slice, Tally
from metrics.models.sheets import ScoreSheet
from metrics.models.targets import Target
from metrics.models.totals import SliceTotal, Total
from metrics.models.words import Taxonomy, WordModel
from metrics.models.years import AccountYear

__all__ = [
    "Absorbed",
    "AccountHeard",
    "AccountNps",
    "AccountYear",
    "AskedAccounts",
    "AskedDay",
    "Close",
    "Comment",
    "Finding",
    "FormerResponse",
    "Health",
    "HealthOverride",
    "KnownAccount",
    "KnownContact",
    "KnownRate",
    "KnownServices",
    "KnownSubscription",
    "KnownSurvey",
    "Pick",
    "PickTally",
    "RateMonth",
    "Recount",
    "RevenueMonth",
    "SavedView",
    "Score",
    "ScoreSheet",
    "Scorecard",
    "Slice",
    "SliceTotal",
    "Snapshot",
    "Tally",
    "TallyMonth",
    "Target",
    "Taxonomy",
    "Total",
    "WordModel",
]
