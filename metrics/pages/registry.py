"""Every page that shows numbers: its address, who may open it, and whether the menu names it.

URLs, the menu, the benchmark and the tests that open every page as every role all read this list.
"""

from collections.abc import Callable, Iterable
from functools import cache, wraps
from typing import Any, NamedTuple

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, path, reverse

from metrics.pages.account import account
from metrics.pages.audience import audience, audience_typed
from metrics.pages.backtest import backtest
from metrics.pages.backtest_rows import backtest_rows
from metrics.pages.campaign import campaign
from metrics.pages.comments import comments, comments_export
from metrics.pages.cross_tab import cross
from metrics.pages.definition import metric, metric_list, metric_rows
from metrics.pages.drivers import drivers
from metrics.pages.dry_run import dry_run
from metrics.pages.goals import goals
from metrics.pages.hand_over import hand_over
from metrics.pages.notes import note, notes
from metrics.pages.overrides import override
from metrics.pages.portfolio import portfolio, portfolio_file
from metrics.pages.programme import programme, programme_drivers, programme_list, programme_reach
from metrics.pages.programme_responses import programme_responses
from metrics.pages.renewals import renewals
from metrics.pages.response import response
from metrics.pages.revenue import revenue
from metrics.pages.saved_views import saved_views
from metrics.pages.scorecard import scorecard
from metrics.pages.survey_responses import survey_responses
from metrics.pages.survey_results import survey_results
from metrics.pages.teams import teams

REVENUE = "accounts.view_revenue"
SEE_ACCOUNTS = ("accounts.view_account", "metrics.view_health")


class Page(NamedTuple):
    """One page: the name and route of its URL below /admin/, its view, and the permissions it takes, all.

    With a title it is in the menu, which has no place for a page about one row.
    """

    name: str
    route: str
    view: Callable[..., HttpResponseBase]
    permissions: tuple[str, ...]
    title: str = ""
    icon: str = ""

    def is_for(self, user: Any) -> bool:
        """Whether the user may open it."""
        return bool(user.has_perms(self.permissions))


# The menu keeps this order.
PAGES = (
    Page("account", "account/<int:pk>/", account, ("accounts.view_account",)),
    Page("notes", "account/<int:pk>/notes/", notes, ("accounts.view_account", "accounts.add_note")),
    Page(
        "note", "account/<int:pk>/notes/<int:note_pk>/", note, ("accounts.view_account", "accounts.view_note")
    ),
    Page("override", "account/<int:pk>/override/", override, ("metrics.add_healthoverride",)),
    Page("audience_typed", "audience/typed/", audience_typed, ("surveys.view_audience",)),
    Page("audience", "audience/<int:pk>/", audience, ("surveys.view_audience",)),
    Page("campaign", "campaign/<int:pk>/", campaign, ("surveys.view_campaign",)),
    Page("dry_run", "campaign/<int:pk>/dry-run/", dry_run, ("surveys.view_campaign",)),
    Page("drivers", "survey/<slug:slug>/drivers/", drivers, ("surveys.view_survey",)),
    Page("survey_results", "survey/<slug:slug>/results/", survey_results, ("surveys.view_survey",)),
    Page(
        "survey_responses",
        "survey/<slug:slug>/responses/",
        survey_responses,
        ("surveys.view_survey", "surveys.view_response"),
    ),
    Page("programmes", "programme/", programme_list, ("metrics.view_tally",), "Programme scores", "hearing"),
    Page("programme", "programme/<slug:slug>/", programme, ("metrics.view_tally",)),
    Page("programme_drivers", "programme/<slug:slug>/drivers/", programme_drivers, ("metrics.view_tally",)),
    Page(
        "programme_responses",
        "programme/<slug:slug>/responses/",
        programme_responses,
        ("metrics.view_tally", "surveys.view_response"),
    ),
    Page("programme_reach", "programme/<slug:slug>/reach/", programme_reach, ("metrics.view_tally",)),
    Page("cross_tab", "survey/<slug:slug>/cross-tab/", cross, ("surveys.view_survey",)),
    Page("response", "response/<uuid:public_id>/", response, ("surveys.view_response",)),
    Page("comments", "comments/", comments, ("metrics.view_comment",), "Comments", "forum"),
    Page("comments_export", "comments/export/", comments_export, ("metrics.view_comment",)),
    Page("portfolio", "portfolio/", portfolio, SEE_ACCOUNTS, "Portfolio", "table_rows"),
    Page("portfolio_file", "portfolio/file/<str:kind>/", portfolio_file, SEE_ACCOUNTS),
    Page("saved_views", "portfolio/views/", saved_views, SEE_ACCOUNTS),
    Page(
        "hand_over", "portfolio/owner/", hand_over, ("accounts.change_account", "accounts.view_all_accounts")
    ),
    Page("goals", "goals/", goals, ("metrics.view_target",), "Goals", "flag"),
    Page("teams", "teams/", teams, SEE_ACCOUNTS, "Teams", "groups"),
    Page("metrics", "metric/", metric_list, ("metrics.view_tally",), "Metrics", "functions"),
    Page("metric", "metric/<slug:name>/", metric, ("metrics.view_tally",)),
    Page("metric_rows", "metric/<slug:name>/rows/", metric_rows, ("metrics.view_tally",)),
    Page("renewals", "renewals/", renewals, (*SEE_ACCOUNTS, REVENUE), "Renewals", "event_repeat"),
    Page("revenue", "revenue/", revenue, ("accounts.view_account", REVENUE), "Revenue", "payments"),
    Page("scorecard", "scorecard/", scorecard, ("metrics.view_scorecard",), "Scorecard", "tune"),
    Page("backtest_rows", "backtest/rows/", backtest_rows, (*SEE_ACCOUNTS, REVENUE)),
    Page("backtest", "backtest/", backtest, ("metrics.view_health",), "Back-test", "fact_check"),
)


def patterns(pages: Iterable[Page] = PAGES) -> list[URLPattern]:
    """Return the URL of each page, behind the login and its permissions."""
    return [path(page.route, admin.site.admin_view(_guarded(page)), name=page.name) for page in pages]


def menu(user: Any, pages: Iterable[Page] = PAGES) -> list[dict[str, Any]]:
    """Return the links of the menu that the user may follow."""
    return [
        {"title": page.title, "icon": page.icon, "link": _address(page.name)}
        for page in pages
        if page.title and page.is_for(user)
    ]


# Looked up once: every page shows the menu.
_address = cache(reverse)


def _guarded(page: Page) -> Callable[..., HttpResponseBase]:
    @wraps(page.view)
    def view(request: HttpRequest, **of: Any) -> HttpResponseBase:
        if not page.is_for(request.user):
            raise PermissionDenied
        return page.view(request, **of)

    return view
