from django.urls import URLPattern, path

from recweb.tuning import item_lists, policies, policy_form, user_lists, views

urlpatterns: list[URLPattern] = [
    path("tradeoff/", views.tradeoff, name="tradeoff"),
    path("tradeoff/lists/", views.lists, name="tradeoff-lists"),
    path("experiments/<int:experiment_id>/frontier/", views.start, name="frontier-start"),
    path("experiments/<int:experiment_id>/finalise/", views.finalise, name="experiment-finalise"),
    path("policies/", policies.policies, name="policies"),
    path("policies/new/", policy_form.new, name="policy-new"),
    path("policies/<int:policy_id>/", policies.policy, name="policy"),
    path("policies/<int:policy_id>/publish/", policies.publish, name="policy-publish"),
    path("policies/<int:policy_id>/rollback/", policies.rollback, name="policy-rollback"),
    path("lists/users/<slug:slug>/<outside:outside_id>/", user_lists.user_lists, name="user-lists"),
    path("lists/items/<slug:slug>/<outside:outside_id>/", item_lists.item_lists, name="item-lists"),
]
