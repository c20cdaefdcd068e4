from django.urls import URLPattern, path

from recweb.serving import api

urlpatterns: list[URLPattern] = [
    path("recommend/", api.recommend_, name="api-recommend"),
]
