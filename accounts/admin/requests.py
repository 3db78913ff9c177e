"""Privacy requests for operators: the queue by time left, one request with its clocks, and what is decided.

What a person wrote is shown to whoever proved of late who they are, and each look is audited.
"""

import base64
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.formats import localize
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from accounts.models import IdentityDocument, PrivacyRequest, ReportedBuyer
from accounts.models.privacy import CLOSED
from accounts.privacy import due, holders
from accounts.privacy.people import Person
from accounts.services import privacy, privacy_outcomes, reports
from aiqleads.core import audit, clock, sensitive
from aiqleads.core.admin import OperatorForm, ReadOnlyAdmin, ReasonField, door, operator_id, typed

Kind = PrivacyRequest.Kind
State = PrivacyRequest.State
SEEN = [
    ("document", "compared a document that they sent"),
    ("spoke", "spoke with them at an address or number that we hold"),
    ("authority", "saw what allows their agent to ask"),
]


class RequestForm(OperatorForm):
    """A form about one request."""

    def __init__(self, data: QueryDict | None = None, *, request: PrivacyRequest) -> None:
        self.request = request
        super().__init__(data)


class VerifyForm(RequestForm):
    """An operator's word that the person is who they say, or that their agent may ask."""

    button = "It is this person"
    how = forms.ChoiceField(label="I am sure who asks: I", choices=SEEN, widget=forms.RadioSelect)

    def write(self, *, actor_id: int) -> str:
        how = self.cleaned_data["how"]
        request = privacy.verify_by_operator(request_id=self.request.pk, how=how, actor_id=actor_id)
        return f"{request}: the identity is proven, and its documents are deleted."


class RefuseForm(RequestForm):
    """Closes a request without doing what it asks."""

    button = "Refuse"
    refusal = forms.ChoiceField(label="Why", choices=PrivacyRequest.Refusal.choices, widget=forms.RadioSelect)

    def write(self, *, actor_id: int) -> str:
        refusal = self.cleaned_data["refusal"]
        request = privacy.refuse_request(request_id=self.request.pk, refusal=refusal, actor_id=actor_id)
        return f"{request} is refused. The person is told why, and to whom they can complain."


class ExtendForm(RequestForm):
    """45 days more, once, where the law gives them."""

    button = "Take 45 days more"
    because = ReasonField(help_text="The person reads this.")

    def write(self, *, actor_id: int) -> str:
        because = self.cleaned_data["because"]
        request = privacy.extend_request(request_id=self.request.pk, because=because, actor_id=actor_id)
        return f"{request} has to be answered by {localize(request.complete_by)}. The person is told."


class CorrectForm(RequestForm):
    """Lets what a proven person says count."""

    button = "Correct it everywhere"
    asks_first = True

    def review(self) -> Sequence[tuple[str, Any]]:
        person = privacy.proven_person(self.request)
        corrections = (self.request.said or {}).get("corrections", {})
        held = [one for holder in holders.everywhere() for one in holder.export(person)]
        rows = [(f"{name}: right is", value) for name, value in corrections.items()]
        return [*rows, *((f"{one.holder} says, {one.what}", one.value) for one in held[:30])]

    def write(self, *, actor_id: int) -> str:
        request = privacy_outcomes.apply_corrections(request_id=self.request.pk, actor_id=actor_id)
        return f"{request}: corrected wherever we hold it. The person is told."


class CompleteForm(RequestForm):
    """Closes a report whose buyers are all decided about."""

    button = "Complete"

    def write(self, *, actor_id: int) -> str:
        request = privacy_outcomes.complete_report(request_id=self.request.pk, actor_id=actor_id)
        return f"{request} is done. The reporter is told what was decided."


class OpenFilter(admin.SimpleListFilter):
    """Whether something is still to be done."""

    title = "open"
    parameter_name = "open"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Open"), ("no", "Closed")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "yes":
            return queryset.exclude(state__in=CLOSED)
        return queryset.filter(state__in=CLOSED) if self.value() == "no" else queryset


@admin.register(PrivacyRequest)
class PrivacyRequestAdmin(ReadOnlyAdmin):
    """The queue of what people ask about their data, by the time that is left."""

    actions_detail = ("look", "verify", "correct", "complete", "extend", "refuse")
    list_display = ("reference", "kind", "state", "light", "left", "state_code", "received_at")
    list_filter = (OpenFilter, "kind", "state")
    search_fields = ("reference__startswith",)
    search_help_text = "Reference"
    ordering = (F("closed_at").asc(nulls_first=True), "complete_by")
    fields = (
        ("reference", "kind", "state"),
        ("light", "left"),
        ("received_at", "acknowledge_by", "complete_by"),
        ("state_code", "is_covered_person", "is_by_agent", "has_privacy_signal"),
        ("proven_by", "verified_at"),
        ("extended_at", "extended_because"),
        ("refusal", "closed_at", "kept_until"),
        "timeline",
        "found",
        "buyers",
        "papers",
    )
    labels = {"state_code": "Lives in", "is_covered_person": "Daniel’s Law", "is_by_agent": "By an agent"}
    empty_value_display = "-"

    def closed_doors(self, row: PrivacyRequest) -> Collection[str]:
        is_open = row.is_open
        opened = {
            "look": True,
            "verify": privacy.waits_for_identity(row),
            "correct": row.kind == Kind.CORRECT and row.state in {State.VERIFIED, State.IN_PROGRESS},
            "complete": row.kind == Kind.REPORT and row.state == State.IN_PROGRESS,
            "extend": is_open and row.needs_identity and row.extended_at is None,
            "refuse": is_open,
        }
        return [name for name, is_there in opened.items() if not is_there]

    @admin.display(description="Light")
    def light(self, request: PrivacyRequest) -> str:
        """Red: 3 days or 2 business days are left, or none. Amber: 10 days. Green: more."""
        if not request.is_open:
            return "Closed"
        if any(one.request_id == request.pk for one in self._running_out()):
            return "🔴 Now"
        days = (request.complete_by - clock.now()).days if request.complete_by else 0
        return "🟠 Soon" if days < 10 else "🟢 In time"

    @admin.display(description="Time left", ordering="complete_by")
    def left(self, request: PrivacyRequest) -> str:
        if not request.is_open or request.complete_by is None:
            return "-"
        days = (request.complete_by - clock.now()).days
        return f"{days} days" if days >= 0 else f"{-days} days late"

    def _running_out(self) -> list[due.RunningOut]:
        return due.running_out()

    @admin.display(description="Every step")
    def timeline(self, request: PrivacyRequest) -> SafeString:
        steps = request.steps.order_by("id").values_list("step", "at")
        rows = ((step.replace("_", " ").capitalize(), localize(at)) for step, at in steps)
        return format_html_join("", "<p>{}: {}</p>", rows)

    @admin.display(description="Found, by holder and source")
    def found(self, request: PrivacyRequest) -> SafeString | str:
        """Counts alone: what is held of whom they say they are, or proved to be."""
        person = Person.from_document(request.proven) if request.proven else privacy.person_of(request)
        counts = Counter((held.holder, held.source or "our own records") for held in holders.find(person))
        if not counts:
            return "Nothing"
        rows = ((holder, source, count) for (holder, source), count in sorted(counts.items()))
        return format_html_join("", "<p>{}, {}: {}</p>", rows)

    @admin.display(description="Reported buyers")
    def buyers(self, request: PrivacyRequest) -> SafeString | str:
        rows = (
            (reverse("admin:accounts_reportedbuyer_change", args=[one.pk]), one)
            for one in request.reported.select_related("organisation").order_by("bought_at")
        )
        return format_html_join("", '<p><a href="{}">{}</a></p>', rows) or "None"

    @admin.display(description="Documents")
    def papers(self, request: PrivacyRequest) -> SafeString | str:
        rows = (
            (reverse("admin:accounts_privacyrequest_document", args=[request.pk, one.pk]), one)
            for one in request.documents.defer("body").order_by("brought_at")
        )
        return format_html_join("", '<p><a href="{}">{}</a></p>', rows) or "None"

    def get_urls(self) -> list[URLPattern]:
        """One address more: a document that was brought."""
        view = self.admin_site.admin_view(self.document)
        name = "accounts_privacyrequest_document"
        return [path("<uuid:request_id>/documents/<uuid:document_id>/", view, name=name), *super().get_urls()]

    def document(self, request: HttpRequest, request_id: UUID, document_id: UUID) -> HttpResponse:
        """Hand a document out as a file. Each look is audited."""
        if not self.has_act_permission(request):
            raise PermissionDenied
        if asked := sensitive.ask_first(request):
            return asked
        row = get_object_or_404(IdentityDocument, pk=document_id, request=request_id)
        audit.record(actor_id=operator_id(request), action="identity_document.seen", subject=row.request)
        answer = HttpResponse(base64.b64decode(row.body or ""), content_type=row.media_type)
        answer["Content-Disposition"] = f'attachment; filename="document-{str(row.pk)[:8]}"'
        answer["X-Content-Type-Options"] = "nosniff"
        return answer

    @door("What they wrote", icon="visibility", is_sensitive=True)
    def look(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What the person wrote. Each look is audited."""
        row = self.find(request, object_id)
        audit.record(actor_id=operator_id(request), action="privacy_request.seen", subject=row)
        shown = {
            **self.admin_site.each_context(request),
            "title": f"What was written: {row}",
            "rows": _in_rows({**(row.said or {}), "answer_to": row.answer_to}),
            "back": self.address(row),
            "opts": self.opts,
            "original": row,
        }
        return TemplateResponse(request, "admin/privacy_request_said.html", shown)

    @door("Verify", icon="how_to_reg", is_sensitive=True)
    def verify(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._serve(request, object_id, VerifyForm, "Who asks is who they say?")

    @door("Correct", icon="edit", is_sensitive=True)
    def correct(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._serve(request, object_id, CorrectForm, "Let this count?")

    @door("Complete", icon="check", is_sensitive=True)
    def complete(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._serve(request, object_id, CompleteForm, "Is everything decided?")

    @door("Take more time", icon="more_time")
    def extend(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._serve(request, object_id, ExtendForm, "45 days more?")

    @door("Refuse", icon="block", is_sensitive=True)
    def refuse(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._serve(request, object_id, RefuseForm, "Refuse this request?")

    def _serve(self, request: HttpRequest, object_id: str, form: type[RequestForm], title: str) -> HttpResponse:
        row = self.find(request, object_id)
        return self.serve_form(request, form(typed(request), request=row), title=title, subject=row)


def _in_rows(said: dict[str, Any]) -> list[tuple[str, str]]:
    """What was written, as (what, value); what stands within a part is told behind it."""
    rows = []
    for what, value in said.items():
        if isinstance(value, dict):
            rows += [(f"{what}, {inner}".replace("_", " "), str(told)) for inner, told in value.items()]
        elif value:
            rows.append((what.replace("_", " "), ", ".join(value) if isinstance(value, list) else str(value)))
    return rows


class DecisionForm(OperatorForm):
    """What is decided about one reported buyer."""

    button = "Decide"
    asks_first = True

    outcome = forms.ChoiceField(
        label="Decision",
        choices=[one for one in ReportedBuyer.Outcome.choices if one[0] != ReportedBuyer.Outcome.WAITING],
        widget=forms.RadioSelect,
    )
    because = ReasonField(
        help_text="The organisation reads this. Nothing of what the reporter wrote, nor who it was."
    )

    def __init__(self, data: QueryDict | None = None, *, reported: ReportedBuyer) -> None:
        self.reported = reported
        super().__init__(data)

    def review(self) -> Sequence[tuple[str, Any]]:
        outcome = ReportedBuyer.Outcome(self.cleaned_data["outcome"])
        is_out = outcome == ReportedBuyer.Outcome.SUSPENDED
        return [
            ("Organisation", str(self.reported.organisation)),
            ("Decision", outcome.label),
            ("Its members", "Are let in nowhere any more" if is_out else "Go on as before"),
            ("The reporter", "Is on our own do-not-contact list from now on"),
        ]

    def write(self, *, actor_id: int) -> str:
        said = self.cleaned_data
        reported = reports.decide_report(
            reported_id=self.reported.pk, outcome=said["outcome"], because=said["because"], actor_id=actor_id
        )
        return f"{reported}. The organisation is told."


@admin.register(ReportedBuyer)
class ReportedBuyerAdmin(ReadOnlyAdmin):
    """Buyers whom somebody reports, those that wait for a decision first."""

    actions_detail = ("decide",)
    list_display = ("organisation", "request", "outcome", "bought_at", "decided_by", "decided_at")
    list_select_related = ("organisation", "request", "decided_by")
    list_filter = ("outcome",)
    search_fields = ("organisation__name",)
    search_help_text = "Organisation"
    ordering = (F("decided_at").asc(nulls_first=True), "bought_at")
    fields = (("organisation", "request"), ("outcome", "because"), ("bought_at", "decided_by", "decided_at"))
    empty_value_display = "-"

    def closed_doors(self, row: ReportedBuyer) -> Collection[str]:
        return () if row.outcome == ReportedBuyer.Outcome.WAITING else self.actions_detail

    @door("Decide", icon="gavel", is_sensitive=True)
    def decide(self, request: HttpRequest, object_id: str) -> HttpResponse:
        reported = self.find(request, object_id)
        form = DecisionForm(typed(request), reported=reported)
        return self.serve_form(request, form, title=f"About {reported.organisation}", subject=reported)
