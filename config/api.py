from django.urls import include, path
from rest_framework.routers import SimpleRouter

from accounts.api import resources as accounts
from accounts.api.events import EventViewSet
from metrics.api import exports, health, receipts, themes
from metrics.api import views as metrics
from surveys.api import views as surveys
from surveys.api.audiences import AudienceViewSet
from surveys.api.campaigns import CampaignViewSet
from surveys.api.responses import ResponseViewSet

# No slash at the end: a redirect to one would lose the body of a POST.
router = SimpleRouter(trailing_slash=False)
router.register("accounts", accounts.AccountViewSet, "api-account")
router.register("contacts", accounts.ContactViewSet, "api-contact")
router.register("subscriptions", accounts.SubscriptionViewSet, "api-subscription")
router.register("services", accounts.ServicesViewSet, "api-services")
router.register("signals", accounts.SignalViewSet, "api-signal")
router.register("events", EventViewSet, "api-event")
router.register("programmes", surveys.ProgrammeViewSet, "api-programme")
router.register("surveys", surveys.SurveyViewSet, "api-survey")
router.register("collectors", surveys.CollectorViewSet, "api-collector")
router.register("audiences", AudienceViewSet, "api-audience")
router.register("campaigns", CampaignViewSet, "api-campaign")
router.register("invitations", surveys.InvitationViewSet, "api-invitation")
router.register("responses", ResponseViewSet, "api-response")

router.register("exports", exports.ExportViewSet, "api-export")

urlpatterns = [
    path("responses/export", exports.ResponsesStream.as_view(), name="api-stream-responses"),
    path("scores/export", exports.ScoresStream.as_view(), name="api-stream-scores"),
    path("accounts/export", exports.AccountsStream.as_view(), name="api-stream-accounts"),
    path("accounts/<int:pk>/health", health.AccountHealthView.as_view(), name="api-account-health"),
    path("scorecards", health.ScorecardsView.as_view(), name="api-scorecards"),
    path("metrics/backtest", health.BacktestView.as_view(), name="api-backtest"),
    path("metrics/drivers", health.DriversView.as_view(), name="api-drivers"),
    path("metrics/anomalies", health.AnomaliesView.as_view(), name="api-anomalies"),
    path("metrics/themes", themes.ThemesView.as_view(), name="api-themes"),
    path("metrics/<slug:metric>/rows", receipts.ReceiptView.as_view(), name="api-receipt"),
    path("metrics/<slug:metric>", metrics.MeasureView.as_view(), name="api-metric"),
    path("", include(router.urls)),
]
