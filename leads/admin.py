"""Leads for operators: what they are, why they scored as they did, and the last word on doubtful ones."""

from typing import Final, cast

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.models import User
from aiqleads.core.admin import ReadOnlyAdmin
from leads import services
from leads.errors import LeadClosed
from leads.models import Lead, Score

REJECTED: Final = "rejected by an operator"


@admin.register(Lead)
class LeadAdmin(ReadOnlyAdmin):
    """The review queue is the filter "Waits for review". Names, phones and e-mails are not shown here."""

    actions = ("approve", "reject")
    list_display = ("summary", "kind", "state", "state_reason", "city", "zip_code", "changed_at")
    list_filter = ("state", "kind")
    search_fields = ("city", "zip_code")
    ordering = ("-changed_at",)
    exclude = ("address_hash", "address_line", "latitude", "longitude")

    @admin.action(description="Approve: let it on the marketplace", permissions=["view"])
    def approve(self, request: HttpRequest, leads: QuerySet[Lead]) -> None:
        for lead in leads:
            try:
                services.approve_lead(lead_id=lead.pk, actor_id=_operator_id(request))
            except LeadClosed as refusal:
                self.message_user(request, refusal.detail, messages.ERROR)

    @admin.action(description="Reject: keep it off the marketplace", permissions=["view"])
    def reject(self, request: HttpRequest, leads: QuerySet[Lead]) -> None:
        for lead in leads:
            try:
                services.reject_lead(
                    lead_id=lead.pk, actor_id=_operator_id(request), reason="rejected by an operator"
                )
            except LeadClosed as refusal:
                self.message_user(request, refusal.detail, messages.ERROR)


def _operator_id(request: HttpRequest) -> int:
    return cast("User", request.user).pk  # the admin lets in nobody who is not logged in


@admin.register(Score)
class ScoreAdmin(ReadOnlyAdmin):
    list_display = ("lead", "quality_score", "fraud_score", "tier", "verdict", "model_version", "scored_at")
    list_select_related = ("lead",)
    list_filter = ("verdict", "tier")
