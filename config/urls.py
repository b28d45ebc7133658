"""The whole address space on one screen."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from config import docs, health, metrics
from config.console import console

urlpatterns = [
    path("health", health.health),
    path("ready", health.ready),
    path("metrics", metrics.metrics),
    path("openapi.json", docs.OpenApiDocument.as_view(), name="openapi"),
    path("docs", docs.OpenApiPage.as_view(url_name="openapi")),
    path("console", console, name="console"),
    path("admin", RedirectView.as_view(url="/admin/")),
    path("admin/", admin.site.urls),
    path("", include("vault.urls")),
    path("", include("checkout.urls")),
    path("", include("coins.urls")),
    path("", include("ocp.urls")),
    path("", include("payments.urls")),
    path("", include("spt.urls")),
    path("", include("payments.sandbox.urls")),  # answers for all of /v1/ that nobody above it does
]
handler400 = "config.errors.bad_request"
handler403 = "config.errors.forbidden"
handler404 = "config.errors.not_found"
handler500 = "config.errors.broken"
