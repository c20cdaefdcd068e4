from django.urls import URLPattern, path

from recweb.pages import about, home, palette, taste
from recweb.pages import help as help_pages

urlpatterns: list[URLPattern] = [
    path("", home.home, name="home"),
    path("home/cards/", home.cards, name="home-cards"),
    path("home/checklist/", home.checklist, name="checklist"),
    path("home/jobs/", home.pill, name="jobs-pill"),
    path("home/demo/", home.demo, name="demo"),
    path("search", palette.search, name="search"),
    path("help/", help_pages.glossary, name="help"),
    path("help/models/", help_pages.models, name="help-models"),
    path("about/", about.about, name="about"),
    path("language/", taste.set_language, name="set-language"),
    path("theme/", taste.set_theme, name="set-theme"),
]
