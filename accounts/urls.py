"""Addresses of the account's pages."""

from django.urls import path

from accounts.views import account, keys, step_up

app_name = "accounts"

urlpatterns = [
    path("account/", account.account, name="account"),
    path("account/confirm/", step_up.confirm, name="confirm"),
    path("account/confirm/code/", step_up.code, name="confirm_code"),
    path("account/confirm/another/", step_up.another_code, name="confirm_another"),
    path("account/keys/", keys.keys, name="keys"),
    path("account/keys/new/", keys.make_key, name="make_key"),
    path("account/keys/<uuid:key_id>/revoke/", keys.revoke_key, name="revoke_key"),
    path("account/programs/<uuid:session_id>/end/", keys.end_session, name="end_api_session"),
    path("account/programs/end/", keys.end_sessions, name="end_api_sessions"),
    path("terms/", account.terms, name="terms"),
]
