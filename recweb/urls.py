"""Pages first, the API below /api/v1/, each app's own list included."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, register_converter
from django.views.i18n import JavaScriptCatalog
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from recweb.lib.paths import OutsideId

register_converter(OutsideId, "outside")

APPS = (
    "people",
    "runtime",
    "jobs",
    "datasets",
    "experiments",
    "studies",
    "tuning",
    "labeling",
    "serving",
    "pages",
)

api: list[URLPattern | URLResolver] = [path("", include(f"recweb.{app}.api_urls")) for app in APPS]

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", include(api)),  # first: a program asks more often than a person
    *(path("", include(f"recweb.{app}.urls")) for app in APPS),
    path("api/schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="api-schema"), name="api-docs"),
    path("jsi18n/", JavaScriptCatalog.as_view(packages=["recweb.pages"]), name="jsi18n"),
    path("admin/", admin.site.urls),
]

handler400 = "recweb.pages.errors.bad_request"
handler403 = "recweb.pages.errors.forbidden"
handler404 = "recweb.pages.errors.not_found"
handler500 = "recweb.pages.errors.failed"
