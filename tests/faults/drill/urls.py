"""A drill has no pages."""

urlpatterns: list[object] = []
