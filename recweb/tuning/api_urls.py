from django.urls import URLPattern, path

from recweb.tuning import api, policy_api

RUN = "experiments/<int:experiment_id>/"
POLICY = "policies/<int:policy_id>/"
urlpatterns: list[URLPattern] = [
    path(f"{RUN}frontier/", api.frontier, name="api-frontier"),
    path(f"{RUN}lists/", api.lists, name="api-lists"),
    path(f"{RUN}finalise/", api.finalise, name="api-finalise"),
    path("policies/", policy_api.policies_, name="api-policies"),
    path(POLICY, policy_api.policy, name="api-policy"),
    path(f"{POLICY}publish/", policy_api.publish, name="api-policy-publish"),
    path(f"{POLICY}rollback/", policy_api.rollback, name="api-policy-rollback"),
]
