"""Addresses of the pages of people whose data we may hold."""

from django.urls import path

from accounts.views import data_map, privacy

urlpatterns = [
    path("", privacy.ask, name="privacy"),
    path("data/", data_map.data, name="privacy_data"),
    path("sent/", privacy.sent, name="privacy_sent"),
    path("requests/<str:token>/", privacy.request_page, name="privacy_request"),
    path("requests/<str:token>/code/", privacy.ask_for_code, name="privacy_ask_for_code"),
    path("requests/<str:token>/proof/", privacy.enter_code, name="privacy_enter_code"),
    path("requests/<str:token>/document/", privacy.bring_document, name="privacy_bring_document"),
    path("requests/<str:token>/withdraw/", privacy.withdraw, name="privacy_withdraw"),
    path("requests/<str:token>/receipt/", privacy.receipt, name="privacy_receipt"),
    path("requests/<str:token>/receipt.json", privacy.receipt_document, name="privacy_receipt_document"),
]
