"""Credits that operators give or take: one asks here, another confirms or refuses."""

from collections.abc import Collection
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, QueryDict

from accounts.models import Organisation
from aiqleads.core.admin import OperatorForm, ReadOnlyAdmin, ReasonField, door, typed
from billing import selectors, services
from billing.admin import columns
from billing.models import MOST_CREDITS, Adjustment

Kind = Adjustment.Kind
State = Adjustment.State


class AskForm(OperatorForm):
    """What another operator is to confirm. ``key`` is fixed when the form is opened: sent twice, it asks once."""

    button = "Ask another operator"
    asks_first = True

    organisation = forms.ModelChoiceField(Organisation.objects.order_by("name"), empty_label="Choose one")
    kind = forms.ChoiceField(
        choices=[
            (Kind.GOODWILL, "Goodwill: we give something"),
            (Kind.CORRECTION, "Correction: the books were wrong"),
        ]
    )
    amount_credits = forms.IntegerField(
        label="Credits",
        min_value=-MOST_CREDITS,
        max_value=MOST_CREDITS,
        help_text="Below zero they are taken, which a correction alone may do.",
    )
    reason = ReasonField(label="What for", help_text="The organisation reads this in its ledger.")
    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, data: QueryDict | None = None, *, organisation_id: str = "") -> None:
        super().__init__(data, initial={"key": uuid4(), "organisation": organisation_id})

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        amount_credits = said.get("amount_credits")
        if amount_credits == 0:
            self.add_error("amount_credits", "Nothing is no adjustment.")
        if amount_credits and amount_credits < 0 and said.get("kind") == Kind.GOODWILL:
            self.add_error("amount_credits", "Goodwill gives; what is taken is a correction.")
        return said

    def review(self) -> list[tuple[str, Any]]:
        said = self.cleaned_data
        return [
            ("What", Kind(said["kind"]).label.capitalize()),
            *_told(said["organisation"], said["amount_credits"], said["reason"]),
            ("When", "When another operator has confirmed it"),
        ]

    def write(self, *, actor_id: int) -> str:
        said = self.cleaned_data
        services.ask_for_adjustment(
            organisation_id=said["organisation"].pk,
            kind=said["kind"],
            amount_credits=said["amount_credits"],
            reason=said["reason"],
            actor_id=actor_id,
            key=said["key"],
        )
        return f"{said['amount_credits']:+,} credits for {said['organisation'].name} wait for another operator."


class ConfirmForm(OperatorForm):
    """The second pair of eyes."""

    button = "Post it"
    asks_first = True

    def __init__(self, data: QueryDict | None = None, *, asked: Adjustment) -> None:
        super().__init__(data)
        self.asked = asked

    def review(self) -> list[tuple[str, Any]]:
        asked = self.asked
        told = _told(asked.organisation, asked.amount_credits, asked.reason)
        return [("What", asked.get_kind_display().capitalize()), *told, ("Asked for by", asked.asked_by)]

    def write(self, *, actor_id: int) -> str:
        done = services.confirm_adjustment(adjustment_id=self.asked.pk, actor_id=actor_id)
        return f"{done.amount_credits:+,} credits: {done.organisation.name} has {_balance(done.organisation)}."


class RefuseForm(OperatorForm):
    """Closing what was asked for, by anybody who may ask."""

    button = "Refuse it"

    why = ReasonField()

    def __init__(self, data: QueryDict | None = None, *, adjustment_id: UUID) -> None:
        super().__init__(data)
        self.adjustment_id = adjustment_id

    def write(self, *, actor_id: int) -> str:
        services.refuse_adjustment(
            adjustment_id=self.adjustment_id, actor_id=actor_id, why=self.cleaned_data["why"]
        )
        return "Nothing was posted."


@admin.register(Adjustment)
class AdjustmentAdmin(ReadOnlyAdmin):
    """What operators gave and took, and what waits for a second one."""

    actions_list = ("ask",)
    actions_detail = ("confirm", "refuse")
    list_display = (
        "asked_at",
        "organisation",
        "kind",
        "credits",
        "reason",
        "state",
        "asked_by",
        "decided_by",
    )
    fields = (*list_display, "decided_at", "why", "journal")
    list_select_related = ("organisation", "asked_by", "decided_by")
    list_filter = ("state", "kind", "asked_at")
    search_fields = ("organisation__name",)
    ordering = ("-asked_at",)
    when_empty = "Nobody gave or took credits by hand."
    credits = columns.credits(is_signed=True)

    def closed_doors(self, row: Adjustment) -> Collection[str]:
        return () if row.state == State.WAITING else ("confirm", "refuse")

    @door("Give or take credits", icon="add_card", is_sensitive=True)
    def ask(self, request: HttpRequest) -> HttpResponse:
        form = AskForm(typed(request), organisation_id=request.GET.get("organisation", ""))
        return self.serve_form(request, form, title="Give or take credits")

    @door("Confirm", icon="done_all", is_sensitive=True)
    def confirm(self, request: HttpRequest, object_id: str) -> HttpResponse:
        asked = self.find(request, object_id)
        form = ConfirmForm(typed(request), asked=asked)
        return self.serve_form(request, form, title="Confirm an adjustment", subject=asked)

    @door("Refuse", icon="block", is_sensitive=True)
    def refuse(self, request: HttpRequest, object_id: str) -> HttpResponse:
        asked = self.find(request, object_id)
        form = RefuseForm(typed(request), adjustment_id=asked.pk)
        return self.serve_form(request, form, title="Refuse an adjustment", subject=asked)


def waiting_badge(request: HttpRequest) -> int:
    """How many wait for a second operator, beside the menu's entry."""
    return selectors.waiting_adjustments().count()


def _told(organisation: Organisation, amount_credits: int, reason: str) -> list[tuple[str, Any]]:
    has = selectors.balance_credits(organisation.pk)
    return [
        ("Who", organisation.name),
        ("Gets" if amount_credits > 0 else "Gives back", f"{abs(amount_credits):,} credits"),
        ("Has now", f"{has:,} credits"),
        ("Will have", f"{has + amount_credits:,} credits"),
        ("What for", reason),
    ]


def _balance(organisation: Organisation) -> str:
    return f"{selectors.balance_credits(organisation.pk):,}"
