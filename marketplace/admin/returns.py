"""Returns for operators: what waits for a person, what the buyer says and shows, and the decision in two steps."""

from collections.abc import Collection, Sequence
from dataclasses import asdict
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.formats import localize
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from aiqleads.core import audit, sensitive
from aiqleads.core.admin import OperatorForm, ReadOnlyAdmin, ReasonField, door, operator_id, typed
from marketplace import evidence, return_rules, selectors, services
from marketplace.models import Return, ReturnEvidence, ReturnPolicy


class WaitingFilter(admin.SimpleListFilter):
    """What a person has to decide."""

    title = "decision"
    parameter_name = "waits"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Waits for a person")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Return]) -> QuerySet[Return]:
        return queryset.filter(pk__in=selectors.return_queue()) if self.value() else queryset


class DecisionForm(OperatorForm):
    """Why a return is accepted or refused; the buyer reads it."""

    is_accepted: ClassVar[bool]
    asks_first = True

    says = ReasonField(label="Why", help_text="The buyer reads this.")

    def __init__(self, data: QueryDict | None = None, *, asked: Return) -> None:
        self.asked = asked
        super().__init__(data)

    def review(self) -> Sequence[tuple[str, Any]]:
        purchase = self.asked.purchase
        said = [
            ("Lead", purchase.lead),
            ("Bought by", purchase.organisation),
            ("Because", self.asked.get_reason_display()),
            ("Why", self.cleaned_data["says"]),
        ]
        return [*said, *self.outcome()]

    def outcome(self) -> Sequence[tuple[str, Any]]:
        """What the decision does."""
        raise NotImplementedError

    def write(self, *, actor_id: int) -> str:
        asked = services.decide_return(
            return_id=self.asked.pk,
            is_accepted=self.is_accepted,
            says=self.cleaned_data["says"],
            actor_id=actor_id,
        )
        return f"{asked.get_state_display()}. The buyer is told."


class AcceptForm(DecisionForm):
    """Credits the purchase."""

    button = "Accept the return"
    is_accepted = True

    def outcome(self) -> Sequence[tuple[str, Any]]:
        is_sold_again = self.asked.reason in return_rules.SOLD_AGAIN
        return [
            ("Gets back", f"{self.asked.purchase.price_credits:,} credits"),
            ("The contact", "Is closed to the buyer at once"),
            ("The lead", "May be sold once more, saying so" if is_sold_again else "Is taken off the marketplace"),
        ]


class RefuseForm(DecisionForm):
    """Leaves the purchase as it is."""

    button = "Refuse the return"
    is_accepted = False

    def outcome(self) -> Sequence[tuple[str, Any]]:
        can_appeal = self.asked.appealed_at is None
        return [("The buyer", "May appeal once, to a person" if can_appeal else "Has appealed: this is final")]


@admin.register(Return)
class ReturnAdmin(ReadOnlyAdmin):
    """Purchases that came back or are asked to. The queue is the filter "Waits for a person"."""

    actions_detail = ("accept", "refuse")
    list_display = ("reason", "state", "lead", "organisation", "credits", "requested_at", "decided_by")
    list_select_related = ("purchase__lead", "purchase__organisation", "membership__user", "decided_by")
    list_filter = (WaitingFilter, "state", "reason")
    search_fields = ("purchase__organisation__name",)
    search_help_text = "Organisation"
    ordering = ("requested_at",)
    fields = (
        ("reason", "state"),
        ("lead", "organisation"),
        ("credits", "bought_at"),
        "said",
        "appealed",
        "shown",
        "what_we_know",
        "person_because",
        ("requested_at", "asked_by"),
        ("decided_at", "decided_by"),
        "decision",
    )
    labels = {"person_because": "Why no check decides"}
    empty_value_display = "-"

    def closed_doors(self, row: Return) -> Collection[str]:
        return () if row.is_open else self.actions_detail

    @admin.display(description="Lead")
    def lead(self, asked: Return) -> SafeString:
        lead = asked.purchase.lead
        return format_html('<a href="{}">{}</a>', reverse("admin:leads_lead_change", args=[lead.pk]), lead)

    @admin.display(description="Bought by")
    def organisation(self, asked: Return) -> str:
        return asked.purchase.organisation.name

    @admin.display(description="Asked by")
    def asked_by(self, asked: Return) -> str:
        return str(asked.membership.user) if asked.membership else "The product"

    @admin.display(description="Paid")
    def credits(self, asked: Return) -> str:
        return f"{asked.purchase.price_credits:,} credits"

    @admin.display(description="Bought")
    def bought_at(self, asked: Return) -> str:
        return str(localize(asked.purchase.bought_at))

    @admin.display(description="In the buyer's words")
    def said(self, asked: Return) -> str:
        return asked.explanation or "Nothing"

    @admin.display(description="The appeal")
    def appealed(self, asked: Return) -> str:
        return asked.appeal or "None"

    @admin.display(description="Evidence")
    def shown(self, asked: Return) -> SafeString | str:
        told = (
            (reverse("admin:marketplace_return_evidence", args=[asked.pk, item.pk]), number, item)
            for number, item in enumerate(asked.evidence.order_by("brought_at", "pk"), start=1)
        )
        links = format_html_join("", '<p><a href="{}">File {}</a> ({})</p>', told)
        return format_html("<div>{}</div>", links) if links else "None"

    @admin.display(description="What our records say")
    def what_we_know(self, asked: Return) -> SafeString:
        return format_html_join("", "<p>{}</p>", ((line,) for line in selectors.return_findings(asked.purchase)))

    def get_urls(self) -> list[URLPattern]:
        """One address more: a file that was brought."""
        view = self.admin_site.admin_view(self.evidence)
        address = path("<uuid:return_id>/evidence/<uuid:evidence_id>/", view, name="marketplace_return_evidence")
        return [address, *super().get_urls()]

    def evidence(self, request: HttpRequest, return_id: UUID, evidence_id: UUID) -> HttpResponse:
        """Hand a file out. Each look is audited."""
        if not self.has_act_permission(request):
            raise PermissionDenied
        if asked := sensitive.ask_first(request):
            return asked
        row = get_object_or_404(ReturnEvidence, pk=evidence_id, of_return=return_id)
        audit.record(actor_id=operator_id(request), action="return.evidence_seen", subject=row.of_return)
        answer = HttpResponse(evidence.body_of(row), content_type=row.media_type)
        answer["Content-Disposition"] = (
            f'{"inline" if row.is_picture else "attachment"}; filename="{row.file_name}"'
        )
        return answer

    @door("Accept", icon="check", is_sensitive=True)
    def accept(self, request: HttpRequest, object_id: str) -> HttpResponse:
        asked = self.find(request, object_id)
        form = AcceptForm(typed(request), asked=asked)
        return self.serve_form(request, form, title="Accept this return?", subject=asked)

    @door("Refuse", icon="block", is_sensitive=True)
    def refuse(self, request: HttpRequest, object_id: str) -> HttpResponse:
        asked = self.find(request, object_id)
        form = RefuseForm(typed(request), asked=asked)
        return self.serve_form(request, form, title="Refuse this return?", subject=asked)


class PolicyForm(OperatorForm):
    """The next version of what is promised about returns, filled in with the one in force."""

    button = "Put it in force"
    asks_first = True

    name = forms.CharField(max_length=60, help_text="What this version is for, such as “Spring 2027”.")
    window_days = forms.IntegerField(label="Days to return a purchase", min_value=1, max_value=90)
    cap_percent = forms.IntegerField(
        label="Returns that checks may decide",
        min_value=0,
        max_value=100,
        help_text="In percent of the purchases below.",
    )
    cap_purchases = forms.IntegerField(label="Of the last purchases", min_value=5, max_value=200)
    cap_days = forms.IntegerField(label="Within days", min_value=7, max_value=365)

    def __init__(self, data: QueryDict | None = None) -> None:
        self.before = asdict(selectors.return_terms())
        super().__init__(data, initial=self.before)

    def review(self) -> Sequence[tuple[str, Any]]:
        changed = audit.changes(self.before, {name: self.cleaned_data[name] for name in self.before})
        told = [(str(self.fields[name].label), f"{old} → {new}") for name, (old, new) in changed.items()]
        return [("New version", self.cleaned_data["name"]), *(told or [("Changes", "none")])]

    def write(self, *, actor_id: int) -> str:
        policy = services.set_return_policy(**self.cleaned_data, actor_id=actor_id)
        return f"“{policy.name}” is in force. What was bought before keeps the terms it was bought under."


@admin.register(ReturnPolicy)
class ReturnPolicyAdmin(ReadOnlyAdmin):
    """Every version of the return policy, the one in force first. A version is replaced, never edited."""

    actions_list = ("set_policy",)
    list_display = ("name", "in_force_at", "window_days", "cap_percent", "cap_purchases", "cap_days")
    ordering = ("-in_force_at", "-pk")

    @door("New version", icon="add", is_sensitive=True)
    def set_policy(self, request: HttpRequest) -> HttpResponse:
        return self.serve_form(request, PolicyForm(typed(request)), title="A new version of the return policy")
