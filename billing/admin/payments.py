"""Payments and what was agreed to about automatic ones: to look at, and to ask a provider about once more."""

from collections.abc import Collection, Iterator
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.safestring import SafeString

from aiqleads.core.admin import OperatorForm, ReadOnlyAdmin, ReasonField, door, typed
from aiqleads.core.refusals import Refusal
from billing import selectors, services
from billing.admin import columns
from billing.admin.going_back import RefundForm
from billing.models import AutoRecharge, Payment
from billing.papers import dollars
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


class SettleForm(OperatorForm):
    """What becomes of money that came in in another amount than was asked for."""

    button = "Settle it"
    asks_first = True

    how = forms.ChoiceField(label="What becomes of it")
    reason = ReasonField(help_text="Kept in the audit trail; the buyer reads what became of the money.")

    def __init__(self, data: QueryDict | None = None, *, payment: Payment, came: services.CameIn) -> None:
        super().__init__(data)
        self.payment, self.came = payment, came
        cast("forms.ChoiceField", self.fields["how"]).choices = [
            ("back", f"Give back {dollars(came.total_cents)}, all that came in"),
            ("credit", f"Give {came.amount_credits:,} credits for it, at the price that was asked for"),
        ]

    def review(self) -> list[tuple[str, Any]]:
        gives_back = self.cleaned_data["how"] == "back"
        return [
            ("Who", self.payment.organisation.name),
            ("Was asked for", f"{dollars(self.payment.total_cents)} for {self.payment.amount_credits:,} credits"),
            ("Came in", f"{dollars(self.came.total_cents)}, of which tax {dollars(self.came.tax_cents)}"),
            ("Gets", dollars(self.came.total_cents) if gives_back else f"{self.came.amount_credits:,} credits"),
            ("On paper", "an invoice and its credit note" if gives_back else "an invoice of what came in"),
            ("Why", self.cleaned_data["reason"]),
        ]

    def write(self, *, actor_id: int) -> str:
        said = self.cleaned_data
        counted = services.settle_other_amount(
            payment_id=self.payment.pk, gives_back=said["how"] == "back", actor_id=actor_id, reason=said["reason"]
        )
        if refund := counted.refunds.first():
            return f"{refund}: {refund.get_status_display()}."
        return f"{counted.amount_credits:,} credits given."


@admin.register(Payment)
class PaymentAdmin(ReadOnlyAdmin):
    """Money in: for packs, automatic top-ups and plans."""

    actions_detail = ("settle", "refund", "look_again")
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
        "instead_of",
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
        "instead_of": "Counted instead of",
    }
    when_empty = "Nobody has paid anything yet."
    credits = columns.credits()
    net = columns.dollars("net_cents", "Price")
    tax = columns.dollars("tax_cents", "Tax")
    total = columns.dollars("total_cents", "Total")

    def closed_doors(self, row: Payment) -> Collection[str]:
        return set(self.actions_detail) - set(_open_doors(row))

    @admin.display(description="What followed")
    def followed(self, payment: Payment) -> SafeString:
        papers: QuerySet[Any] = payment.invoices.defer("pdf", "snapshot")
        counted = Payment.objects.filter(instead_of=payment)
        return columns.links([*counted, *papers, *payment.refunds.all(), *payment.disputes.all()])

    @door("Settle", icon="balance", is_sensitive=True)
    def settle(self, request: HttpRequest, object_id: str) -> HttpResponse:
        payment = self.find(request, object_id)
        try:
            came = services.look_at_other_amount(payment.pk)
        except Refusal as refusal:
            messages.error(request, refusal.detail)
            return redirect(self.address(payment))
        form = SettleForm(typed(request), payment=payment, came=came)
        return self.serve_form(request, form, title="Another amount came in", subject=payment)

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


def _open_doors(row: Payment) -> Iterator[str]:
    """What can be done with a payment as it is."""
    if row.waits_for_a_person:
        yield "settle"
    if row.status == Payment.Status.PAID and selectors.whole_of(row).amount_credits:
        yield "refund"
    if row.status != Payment.Status.PAID and row.purpose != Payment.Purpose.BILL:
        yield "look_again"


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
