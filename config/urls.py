from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from config import documentation, health, telemetry

urlpatterns = [
    path("", RedirectView.as_view(url="/admin/", permanent=False), name="home"),
    path("", include("surveys.urls")),
    path("admin/", include("metrics.urls")),
    path("admin/", include("followups.urls")),
    path("admin/", admin.site.urls),
    path("api/v1/", include("config.api")),
    path("api/schema/", documentation.schema, name="api-schema"),
    path("api/docs/", documentation.docs, name="api-docs"),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", telemetry.metrics),
]

handler400 = "config.errors.bad_request"
handler404 = "config.errors.page_not_found"
handler500 = "config.errors.server_error"
