"""Addresses of the account's pages."""

from django.urls import path

from accounts.views import account

app_name = "accounts"

urlpatterns = [
    path("account/", account.account, name="account"),
    path("terms/", account.terms, name="terms"),
]
