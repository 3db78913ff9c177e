"""Payments and what was agreed to about automatic ones: to look at, and to ask a provider about once more."""

from collections.abc import Collection
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString

from aiqleads.core.admin import OperatorForm, ReadOnlyAdmin, door, typed
from aiqleads.core.refusals import Refusal
from billing import selectors, services
from billing.admin import columns
from billing.admin.going_back import RefundForm
from billing.models import AutoRecharge, Payment
from billing.providers.port import ProviderMisunderstood, ProviderRefused, ProviderUnreachable


class LookAgainForm(OperatorForm):
    """Asks the provider what became of a payment; what it says is acted upon as always."""

    button = "Ask the provider"

    def __init__(self, data: Any = None, *, payment: Payment) -> None:
        super().__init__(data)
        self.payment = payment

    def write(self, *, actor_id: int) -> str:
        try:
            found = services.look_again(self.payment.pk)
        except (ProviderUnreachable, ProviderMisunderstood, ProviderRefused) as error:
            raise Refusal(f"The provider gave no answer that counts: {error}.") from error
        return f"The payment is {found.get_status_display()}."


@admin.register(Payment)
class PaymentAdmin(ReadOnlyAdmin):
    """Money in: for packs, automatic top-ups and plans."""

    actions_detail = ("refund", "look_again")
    list_display = ("created_at", "organisation", "purpose", "credits", "total", "status", "provider", "paid_at")
    list_select_related = ("organisation",)
    list_filter = ("status", "purpose", "provider", "created_at")
    search_fields = ("organisation__name", "capture_id", "checkout_id", "bill_id")
    search_help_text = "Organisation, or the provider's id of the page, the money or the bill"
    ordering = ("-created_at",)
    fields = (
        ("organisation", "member"),
        ("purpose", "credits"),
        ("pack", "subscription"),
        ("net", "tax"),
        ("total", "status"),
        "says",
        ("provider", "code"),
        "checkout_id",
        "capture_id",
        "bill_id",
        ("created_at", "paid_at"),
        ("expires_at", "looked_at"),
        "journal",
        "followed",
    )
    labels = {
        "says": "What the buyer is told",
        "code": "The provider's word for it",
        "checkout_id": "The provider's page",
        "capture_id": "The provider's money",
        "bill_id": "The provider's bill",
        "created_at": "Begun",
        "expires_at": "The page ends",
        "looked_at": "The provider was asked",
        "paid_at": "Paid",
    }
    when_empty = "Nobody has paid anything yet."
    credits = columns.credits()
    net = columns.dollars("net_cents", "Price")
    tax = columns.dollars("tax_cents", "Tax")
    total = columns.dollars("total_cents", "Total")

    def closed_doors(self, row: Payment) -> Collection[str]:
        if row.status != Payment.Status.PAID:
            return ("refund",) if row.purpose != Payment.Purpose.BILL else ("refund", "look_again")
        return ("look_again",) if selectors.whole_of(row).amount_credits else ("refund", "look_again")

    @admin.display(description="What followed")
    def followed(self, payment: Payment) -> SafeString:
        papers: QuerySet[Any] = payment.invoices.defer("pdf", "snapshot")
        return columns.links([*papers, *payment.refunds.all(), *payment.disputes.all()])

    @door("Refund", icon="undo", is_sensitive=True)
    def refund(self, request: HttpRequest, object_id: str) -> HttpResponse:
        payment = self.find(request, object_id)
        form = RefundForm(typed(request), payment=payment)
        return self.serve_form(request, form, title="Refund this payment", subject=payment)

    @door("Ask the provider again", icon="refresh")
    def look_again(self, request: HttpRequest, object_id: str) -> HttpResponse:
        payment = self.find(request, object_id)
        form = LookAgainForm(typed(request), payment=payment)
        return self.serve_form(request, form, title="Ask the provider about this payment?", subject=payment)


@admin.register(AutoRecharge)
class AutoRechargeAdmin(ReadOnlyAdmin):
    """Who lets packs be bought automatically, on which terms, and who agreed to them when."""

    list_display = ("organisation", "is_on", "pack_code", "below_credits", "most_a_day", "declines", "consented_at")
    list_select_related = ("organisation",)
    list_filter = ("is_on", "provider")
    search_fields = ("organisation__name",)
    ordering = ("organisation__name",)
    fields = (
        ("organisation", "is_on", "declines"),
        ("provider", "pack_code", "agreed_cents"),
        ("below_credits", "most_a_day"),
        ("consented_by", "consented_at", "consent_version"),
    )
