"""Money that went back, or was taken back: to look at, to ask the provider about, and the form that gives back."""

from collections.abc import Collection, Sequence
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, QueryDict

from aiqleads.core.admin import OperatorForm, ReadOnlyAdmin, ReasonField, door, typed
from billing import selectors, services, undoing
from billing.admin import columns
from billing.admin.looking import LookForm
from billing.models import Dispute, Payment, Refund


class RefundForm(OperatorForm):
    """How many unspent credits go back. ``key`` is fixed when the form is opened: sent twice, it refunds once."""

    button = "Refund"
    asks_first = True

    amount_credits = forms.IntegerField(label="Credits", min_value=1, max_value=1_000_000)
    reason = ReasonField(help_text="Kept in the audit trail; neither the buyer nor the provider reads it.")
    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, data: QueryDict | None = None, *, payment: Payment) -> None:
        self.payment = payment
        unspent = selectors.refundable_credits(payment)
        super().__init__(data, initial={"key": uuid4(), "amount_credits": unspent or None})
        self.fields["amount_credits"].help_text = f"{unspent:,} of {payment.amount_credits:,} can go back."

    def clean_amount_credits(self) -> int:
        amount_credits: int = self.cleaned_data["amount_credits"]
        if amount_credits > (unspent := selectors.refundable_credits(self.payment)):
            raise forms.ValidationError(f"{unspent:,} credits of this payment can go back.")
        return amount_credits

    def review(self) -> Sequence[tuple[str, Any]]:
        said = self.cleaned_data
        back = undoing.of_credits(
            said["amount_credits"],
            whole=selectors.whole_of(self.payment),
            gone=selectors.gone_of(self.payment),
        )
        return [
            ("Payment", self.payment),
            ("Who", self.payment.organisation.name),
            ("Loses", f"{back.amount_credits:,} credits"),
            ("Gets back", f"{_dollars(back.total_cents)}, of which tax {_dollars(back.tax_cents)}"),
            ("By", self.payment.provider),
            ("Why", said["reason"]),
        ]

    def write(self, *, actor_id: int) -> str:
        said = self.cleaned_data
        refund = services.refund_payment(
            payment_id=self.payment.pk,
            amount_credits=said["amount_credits"],
            actor_id=actor_id,
            reason=said["reason"],
            refund_id=said["key"],
        )
        return f"{refund}: {refund.get_status_display()}."


def _dollars(cents: int) -> str:
    return f"{cents / 100:,.2f} USD"


@admin.register(Refund)
class RefundAdmin(ReadOnlyAdmin):
    """Money that goes back: asked for here, or made at the provider's own desk."""

    actions_detail = ("look",)
    list_display = ("created_at", "organisation", "total", "credits", "status", "by", "closed_at")
    list_select_related = ("payment__organisation", "payment__pack", "asked_by", "set_aside", "settled")
    list_filter = ("status", "payment__provider", "created_at")
    search_fields = ("payment__organisation__name", "refund_id")
    search_help_text = "Organisation, or the provider's id of the refund"
    ordering = ("-created_at",)
    fields = (
        ("organisation", "payment"),
        ("total", "credits"),
        ("status", "code"),
        ("reason", "by"),
        ("refund_id", "attempts"),
        ("created_at", "closed_at"),
        "set_aside",
        "settled",
    )
    labels = {
        "code": "The provider's word for it",
        "refund_id": "The provider's refund",
        "attempts": "Times asked for",
        "set_aside": "Set aside by",
        "settled": "Booked by",
    }
    when_empty = "Nothing went back yet. A payment's screen has the button."
    credits = columns.credits()
    empty_value_display = "-"

    def closed_doors(self, row: Refund) -> Collection[str]:
        return self.actions_detail if row.status == Refund.Status.FAILED else ()

    @admin.display(description="Organisation")
    def organisation(self, refund: Refund) -> str:
        return refund.payment.organisation.name

    @admin.display(description="Total", ordering="net_cents")
    def total(self, refund: Refund) -> str:
        return _dollars(refund.net_cents + refund.tax_cents)

    @admin.display(description="Asked by", ordering="asked_by")
    def by(self, refund: Refund) -> str:
        return str(refund.asked_by or "The provider's desk")

    @door("Ask the provider", icon="sync")
    def look(self, request: HttpRequest, object_id: str) -> HttpResponse:
        refund = self.find(request, object_id)
        form = LookForm(typed(request), look=partial(services.look_at_refund, refund_id=refund.pk))
        return self.serve_form(request, form, title="What became of this refund?", subject=refund)


@admin.register(Dispute)
class DisputeAdmin(ReadOnlyAdmin):
    """Payments that a buyer's bank takes back. Evidence is sent at the provider's own desk."""

    actions_detail = ("look",)
    list_display = ("opened_at", "organisation", "amount", "credits", "status", "reason", "evidence_due_at")
    list_select_related = ("payment__organisation", "payment__pack", "clawed_back", "closed")
    list_filter = ("status", "payment__provider", "opened_at")
    search_fields = ("payment__organisation__name", "dispute_id")
    search_help_text = "Organisation, or the provider's id of the dispute"
    ordering = ("-opened_at",)
    fields = (
        ("organisation", "payment"),
        ("amount", "credits"),
        ("status", "reason"),
        ("dispute_id", "fee"),
        ("opened_at", "evidence_due_at"),
        "closed_at",
        "clawed_back",
        "closed",
    )
    labels = {
        "reason": "The bank's reason",
        "dispute_id": "The provider's dispute",
        "evidence_due_at": "Evidence until",
        "clawed_back": "Taken back by",
        "closed": "Closed by",
    }
    when_empty = "No bank has taken a payment back."
    credits = columns.credits(says="Credits taken back")
    amount = columns.dollars("amount_cents", "Amount")
    fee = columns.dollars("fee_cents", "The provider's fee")
    empty_value_display = "-"

    def closed_doors(self, row: Dispute) -> Collection[str]:
        return () if row.status == Dispute.Status.OPEN else self.actions_detail

    @admin.display(description="Organisation")
    def organisation(self, dispute: Dispute) -> str:
        return dispute.payment.organisation.name

    @door("Ask the provider", icon="sync")
    def look(self, request: HttpRequest, object_id: str) -> HttpResponse:
        dispute = self.find(request, object_id)
        form = LookForm(typed(request), look=partial(_look_at, dispute.pk))
        return self.serve_form(request, form, title="What became of this dispute?", subject=dispute)


def _look_at(dispute_id: UUID) -> Dispute:
    dispute = Dispute.objects.select_related("payment").get(pk=dispute_id)
    services.look_at_dispute(provider=dispute.payment.provider, dispute_id=dispute.dispute_id)
    return Dispute.objects.get(pk=dispute_id)
