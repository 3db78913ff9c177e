"""Addresses of the credits pages, and of the sandbox's."""

from django.conf import settings
from django.urls import path

from billing.views import ledger, sandbox, webhooks

app_name = "billing"

urlpatterns = [
    *(
        path(f"webhooks/{name}/", webhooks.message, {"provider": name}, name=f"message_of_{name}")
        for name in settings.PAYMENT_ADAPTERS
    ),
    path("credits/", ledger.credits, name="credits"),
    path("credits/statement.csv", ledger.statement_as_table, name="statement_as_table"),
    path("credits/statement.pdf", ledger.statement_to_print, name="statement_to_print"),
    path("sandbox-checkout/desk/", sandbox.at_the_desk, name="sandbox_desk"),
    path("sandbox-checkout/<slug:page_id>/", sandbox.checkout, name="sandbox_checkout"),
    path("sandbox-checkout/<slug:page_id>/bank/", sandbox.bank, name="sandbox_bank"),
]
