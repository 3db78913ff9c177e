"""Leads for operators: what they are, why they scored and cost what they do, and the last word on doubtful ones."""

from collections.abc import Iterable
from typing import Any, ClassVar, cast
from uuid import UUID

from django import forms
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict

from aiqleads.core import sensitive
from aiqleads.core.admin import OperatorForm, ReadOnlyAdmin, ReasonField, bulk, door, may, typed
from aiqleads.core.refusals import Refusal
from leads import services
from leads.errors import LeadClosed
from leads.models import Lead
from marketplace.admin.corrections import CorrectionForm, TakeBackForm
from marketplace.dossier import dossier

OTHER = "Other"


class DecisionForm(OperatorForm):
    """Why leads are let on the marketplace or kept off it; one reason for all that were chosen."""

    reasons: ClassVar[tuple[str, ...]]
    done: ClassVar[str]

    reason = forms.ChoiceField(label="Why", widget=forms.RadioSelect, error_messages={"required": "Say why."})
    note = ReasonField(label="In your own words", required=False)

    def __init__(self, data: QueryDict | None = None, *, lead_ids: Iterable[UUID]) -> None:
        self.lead_ids = list(lead_ids)
        super().__init__(data)
        choice = cast("forms.ChoiceField", self.fields["reason"])
        choice.choices = [(reason, reason) for reason in (*self.reasons, OTHER)]

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        if said.get("reason") == OTHER and not said.get("note") and "note" not in self.errors:
            self.add_error("note", "Say what the other reason is.")
        return said

    def decide(self, *, lead_id: UUID, actor_id: int, reason: str) -> None:
        """Call the service for one lead."""
        raise NotImplementedError

    def write(self, *, actor_id: int) -> str:
        """Decide about each lead; one that is closed stays as it is and does not keep the others waiting.

        :raises Refusal: nothing could be decided
        """
        refusals = []
        for lead_id in self.lead_ids:
            try:
                self.decide(lead_id=lead_id, actor_id=actor_id, reason=self._reason())
            except LeadClosed as refusal:
                refusals.append(refusal.detail)
        decided = len(self.lead_ids) - len(refusals)
        if not decided:
            raise Refusal(" ".join(refusals))
        return " ".join([f"{decided} {'lead' if decided == 1 else 'leads'} {self.done}.", *refusals])

    def _reason(self) -> str:
        said = self.cleaned_data
        chosen = "" if said["reason"] == OTHER else said["reason"]
        return ": ".join(filter(None, [chosen, said["note"]]))


class ApprovalForm(DecisionForm):
    """Lets leads on the marketplace."""

    button = "Approve"
    done = "approved"
    reasons = ("The warning does not apply", "Checked against other sources")

    def decide(self, *, lead_id: UUID, actor_id: int, reason: str) -> None:
        services.approve_lead(lead_id=lead_id, actor_id=actor_id, reason=reason)


class RejectionForm(DecisionForm):
    """Keeps leads off the marketplace."""

    button = "Reject"
    done = "rejected"
    reasons = (
        "Very likely a fraud",
        "No home for sale or rent by its owner",
        "Offered by an agent",
        "Its facts contradict each other",
        "Not enough to sell",
    )

    def decide(self, *, lead_id: UUID, actor_id: int, reason: str) -> None:
        services.reject_lead(lead_id=lead_id, actor_id=actor_id, reason=reason)


@admin.register(Lead)
class LeadAdmin(ReadOnlyAdmin):
    """The review queue is the filter "Waits for review". Names, phones and house numbers are not shown here."""

    actions = ("approve", "reject")
    actions_detail = ("approve_this", "reject_this", "correct", "take_back")
    list_display = ("summary", "kind", "state", "state_reason", "city", "zip_code", "changed_at")
    list_filter = ("state", "kind")
    search_fields = ("city", "zip_code")
    search_help_text = "City or ZIP"
    list_per_page = 50
    fields = (
        ("summary", "kind"),
        ("state", "state_reason"),
        ("place", "merged_into"),
        ("is_operator_decided", "posted_at"),
    )
    labels = {"is_operator_decided": "Decided by an operator"}
    given_along = "observations__source"
    given_verbs = ("change", "look")
    has_look_permission = may("look")
    change_form_outer_after_template = "admin/lead_dossier.html"

    @admin.display(description="Place")
    def place(self, lead: Lead) -> str:
        """Without the house number, which nobody sees before they buy."""
        return ", ".join(filter(None, [lead.street, lead.city, f"{lead.state_code} {lead.zip_code}".strip()]))

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """The review queue begins with the longest waiting; every other list with the newest change."""
        is_queue = request.GET.get("state__exact") == Lead.State.REVIEW
        return ("changed_at", "pk") if is_queue else ("-changed_at", "pk")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        lead = self.find(request, object_id)
        told: dict[str, Any] = {"dossier": dossier(lead), "may_look": self.has_look_permission(request, object_id)}
        if "words" in request.GET:
            if not self.has_look_permission(request, object_id):
                raise PermissionDenied
            if asked := sensitive.ask_first(request):
                return asked
            told["adverts"] = services.look_at_adverts(lead_id=lead.pk, actor_id=cast("int", request.user.pk))
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **told})

    @bulk("Approve: let it on the marketplace")
    def approve(self, request: HttpRequest, leads: QuerySet[Lead]) -> HttpResponse:
        return self._decide_all(request, leads, ApprovalForm, "approve")

    @bulk("Reject: keep it off the marketplace")
    def reject(self, request: HttpRequest, leads: QuerySet[Lead]) -> HttpResponse:
        return self._decide_all(request, leads, RejectionForm, "reject")

    @door("Approve", icon="check")
    def approve_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._decide(request, object_id, ApprovalForm)

    @door("Reject", icon="block")
    def reject_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._decide(request, object_id, RejectionForm)

    @door("Correct a field", icon="edit")
    def correct(self, request: HttpRequest, object_id: str) -> HttpResponse:
        lead = self.find(request, object_id)
        form = CorrectionForm(typed(request), lead=lead)
        return self.serve_form(request, form, title=f"Correct: {lead.summary or lead}", subject=lead)

    @door("Take back a correction", icon="undo")
    def take_back(self, request: HttpRequest, object_id: str) -> HttpResponse:
        lead = self.find(request, object_id)
        form = TakeBackForm(typed(request), lead=lead)
        return self.serve_form(request, form, title=f"Take back: {lead.summary or lead}", subject=lead)

    def _decide(self, request: HttpRequest, object_id: str, form_class: type[DecisionForm]) -> HttpResponse:
        lead = self.find(request, object_id)
        form = form_class(typed(request), lead_ids=[lead.pk])
        return self.serve_form(request, form, title=f"{form.button}: {lead.summary or lead}", subject=lead)

    def _decide_all(
        self, request: HttpRequest, leads: QuerySet[Lead], form_class: type[DecisionForm], name: str
    ) -> HttpResponse:
        """The list's own form asks first, without a reason: that one only opens this form."""
        lead_ids = list(leads.order_by("changed_at").values_list("pk", flat=True))
        form = form_class(request.POST if "decide" in request.POST else None, lead_ids=lead_ids)
        count = "1 lead" if len(lead_ids) == 1 else f"{len(lead_ids)} leads"
        chosen = {
            "action": [name],
            "decide": ["yes"],
            ACTION_CHECKBOX_NAME: request.POST.getlist(ACTION_CHECKBOX_NAME),
            "select_across": [request.POST.get("select_across", "0")],
        }
        return self.serve_form(request, form, title=f"{form.button} {count}", carried=chosen)
