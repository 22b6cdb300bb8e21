from django.contrib import admin
from django.urls import path

from metrics.pages.account import account
from metrics.pages.audience import audience
from metrics.pages.backtest import backtest
from metrics.pages.campaign import campaign, dry_run
from metrics.pages.drivers import drivers
from metrics.pages.overrides import override
from metrics.pages.scorecard import scorecard
from metrics.pages.survey_results import survey_results

urlpatterns = [
    path("account/<int:pk>/", admin.site.admin_view(account), name="account"),
    path("audience/<int:pk>/", admin.site.admin_view(audience), name="audience"),
    path("campaign/<int:pk>/", admin.site.admin_view(campaign), name="campaign"),
    path("campaign/<int:pk>/dry-run/", admin.site.admin_view(dry_run), name="dry_run"),
    path("account/<int:pk>/override/", admin.site.admin_view(override), name="override"),
    path("scorecard/", admin.site.admin_view(scorecard), name="scorecard"),
    path("backtest/", admin.site.admin_view(backtest), name="backtest"),
    path("survey/<slug:slug>/drivers/", admin.site.admin_view(drivers), name="drivers"),
    path("survey/<slug:slug>/results/", admin.site.admin_view(survey_results), name="survey_results"),
]
