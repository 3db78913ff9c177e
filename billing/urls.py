"""Addresses of the credits pages, and of the sandbox's."""

from django.conf import settings
from django.urls import path

from billing.views import buying, invoices, ledger, plans, recharging, sandbox, webhooks

app_name = "billing"

urlpatterns = [
    *(
        path(f"webhooks/{name}/", webhooks.message, {"provider": name}, name=f"message_of_{name}")
        for name in settings.PAYMENT_ADAPTERS
    ),
    path("credits/", ledger.credits, name="credits"),
    path("credits/buy/", buying.buy, name="buy"),
    path("credits/payments/", buying.payment_list, name="payment_list"),
    path("credits/payments/<uuid:payment_id>/", buying.payment, name="payment"),
    path("credits/plans/", plans.plan_list, name="plan_list"),
    path("credits/plans/begun/<uuid:subscription_id>/", plans.begun, name="plan_begun"),
    path("credits/plans/<slug:code>/", plans.change, name="plan_change"),
    path("credits/plans/<slug:code>/begin/", plans.begin, name="plan_begin"),
    path("credits/settings/", plans.billing_settings, name="settings"),
    path("credits/settings/cancel/", plans.cancel, name="plan_cancel"),
    path("credits/settings/pause/", plans.pause, name="plan_pause"),
    path("credits/settings/resume/", plans.resume, name="plan_resume"),
    path("credits/settings/recharge/", recharging.recharge, name="recharge"),
    path("credits/settings/recharge/off/", recharging.recharge_off, name="recharge_off"),
    path("credits/methods/", recharging.keep_method, name="keep_method"),
    path("credits/methods/<uuid:setup_id>/", recharging.method, name="method"),
    path("credits/settings/paying/<slug:provider>/", plans.portal, name="portal"),
    path("credits/statement.csv", ledger.statement_as_table, name="statement_as_table"),
    path("credits/statement.pdf", ledger.statement_to_print, name="statement_to_print"),
    path("credits/invoices/", invoices.invoices, name="invoices"),
    path("credits/invoices/<uuid:invoice_id>.pdf", invoices.invoice_to_print, name="invoice_to_print"),
    path("credits/billing-profile/", invoices.billing_profile, name="billing_profile"),
    path("sandbox-checkout/desk/", sandbox.at_the_desk, name="sandbox_desk"),
    path("sandbox-checkout/<slug:page_id>/", sandbox.checkout, name="sandbox_checkout"),
    path("sandbox-checkout/<slug:page_id>/bank/", sandbox.bank, name="sandbox_bank"),
]
