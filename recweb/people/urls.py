from django.urls import URLPattern, path

from recweb.people import account, doors

urlpatterns: list[URLPattern] = [
    path("login/", doors.enter, name="login"),
    path("logout/", doors.leave, name="logout"),
    path("account/", account.account, name="account"),
    path("account/preferences/", account.preferences, name="account-preferences"),
    path("account/keys/", account.keys, name="account-keys"),
    path("account/password/", account.password, name="account-password"),
    path("account/tokens/", account.token, name="account-token"),
    path("account/tokens/<int:token_id>/revoke/", account.revoke, name="account-token-revoke"),
    path("account/sessions/end/", account.end_session, name="account-session-end"),
]
