from django.http import HttpResponse
from django.urls import path, include
from django.views.i18n import JavaScriptCatalog
from django.contrib import admin
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
APPS = ("people","runtime","jobs","datasets","tuning","labeling","serving","pages")
def stub(request, **kw): return HttpResponse("stub")
api=[path("", include(f"recweb.{a}.api_urls")) for a in APPS]
urlpatterns=[*(path("", include(f"recweb.{a}.urls")) for a in APPS),
 path("experiments/", stub, name="experiments"), path("experiments/new/", stub, name="experiment-new"),
 path("experiments/compare/", stub, name="experiment-compare"),
 path("experiments/<int:experiment_id>/", stub, name="experiment"),
 path("api/v1/", include(api)),
 path("api/schema/", SpectacularAPIView.as_view(), name="api-schema"),
 path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="api-schema"), name="api-docs"),
 path("jsi18n/", JavaScriptCatalog.as_view(packages=["recweb.pages"]), name="jsi18n"),
 path("admin/", admin.site.urls)]
