from django.contrib import admin
from django.urls import path

from metrics.pages.account import account
from metrics.pages.survey_results import survey_results

urlpatterns = [
    path("account/<int:pk>/", admin.site.admin_view(account), name="account"),
    path("survey/<slug:slug>/results/", admin.site.admin_view(survey_results), name="survey_results"),
]
