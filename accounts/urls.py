"""Addresses of the account's pages."""

from django.urls import path

from accounts.views import account, step_up

app_name = "accounts"

urlpatterns = [
    path("account/", account.account, name="account"),
    path("account/confirm/", step_up.confirm, name="confirm"),
    path("account/confirm/code/", step_up.code, name="confirm_code"),
    path("account/confirm/another/", step_up.another_code, name="confirm_another"),
    path("terms/", account.terms, name="terms"),
]
