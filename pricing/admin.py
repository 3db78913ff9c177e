"""Price policies, quotes and demand for operators."""

from typing import Any, Final

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, QueryDict

from aiqleads.core.admin import OperatorForm, ReadOnlyAdmin, door, typed
from leads.models import Kind
from pricing import selectors, services
from pricing.models import Demand, PricePolicy, Quote
from pricing.quoting import OTHER_KINDS_CREDITS, Policy

OTHER: Final = "other"
KINDS: Final = {**dict(Kind.choices), OTHER: "All other kinds"}
HIGHEST_CREDITS: Final = 10_000


def _base_field(kind: str) -> str:
    return f"base_{kind}"


class PolicyForm(OperatorForm):
    """The next version of the price policy, filled in with the one in force."""

    button = "Put it in force"
    asks_first = True

    name = forms.CharField(max_length=60, help_text="What this version is for, such as “Spring 2027”.")
    floor_credits = forms.IntegerField(label="Lowest price", min_value=1, max_value=HIGHEST_CREDITS)
    ceiling_credits = forms.IntegerField(label="Highest price", min_value=1, max_value=HIGHEST_CREDITS)
    demand_weight_percent = forms.IntegerField(
        label="How far demand moves a price", min_value=0, max_value=100, help_text="In percent, up or down."
    )

    def __init__(self, data: QueryDict | None = None) -> None:
        self.policy = selectors.policy_in_force()
        super().__init__(data, initial=_initial(self.policy))
        for kind, label in KINDS.items():
            self.fields[_base_field(kind)] = forms.IntegerField(
                label=f"{label} starts at",
                required=kind == OTHER,
                min_value=0,
                max_value=HIGHEST_CREDITS,
                help_text="" if kind == OTHER else "Credits. Empty: as all other kinds.",
            )

    def review(self) -> list[tuple[str, Any]]:
        before, after = _initial(self.policy), self.cleaned_data
        changed = [
            (str(field.label), f"{_shown(before.get(name))} → {_shown(after[name])}")
            for name, field in self.fields.items()
            if name != "name" and before.get(name) != after[name]
        ]
        return [("New version", after["name"]), *(changed or [("Changes", "none")])]

    def write(self, *, actor_id: int) -> str:
        said = self.cleaned_data
        base = {kind: said[_base_field(kind)] for kind in KINDS if said[_base_field(kind)] is not None}
        policy = services.set_price_policy(
            name=said["name"],
            floor_credits=said["floor_credits"],
            ceiling_credits=said["ceiling_credits"],
            base_credits=base,
            demand_weight_percent=said["demand_weight_percent"],
            actor_id=actor_id,
        )
        return f"“{policy.name}” is in force. Prices follow with the next repricing; held leads keep theirs."


def _initial(policy: Policy) -> dict[str, Any]:
    base = {OTHER: OTHER_KINDS_CREDITS, **policy.base_credits}
    return {
        "floor_credits": policy.floor_credits,
        "ceiling_credits": policy.ceiling_credits,
        "demand_weight_percent": policy.demand_weight_percent,
        **{_base_field(kind): base.get(kind) for kind in KINDS},
    }


def _shown(value: int | None) -> str:
    return "not set" if value is None else str(value)


@admin.register(PricePolicy)
class PricePolicyAdmin(ReadOnlyAdmin):
    """Every version of the price policy, the one in force first. A version is replaced, never edited."""

    actions_list = ("set_policy",)
    list_display = ("name", "in_force_at", "floor_credits", "ceiling_credits", "demand_weight_percent")
    ordering = ("-in_force_at", "-pk")

    @door("New version", icon="add", is_sensitive=True)
    def set_policy(self, request: HttpRequest) -> HttpResponse:
        return self.serve_form(request, PolicyForm(typed(request)), title="A new version of the price policy")


@admin.register(Quote)
class QuoteAdmin(ReadOnlyAdmin):
    """What leads cost and why."""

    list_display = ("lead", "price_credits", "model_version", "quoted_at")
    list_select_related = ("lead",)
    ordering = ("-quoted_at",)


@admin.register(Demand)
class DemandAdmin(ReadOnlyAdmin):
    """What moved prices: holds, sales and offers of fourteen days in each market."""

    list_display = ("zip3", "kind", "holds", "sales", "listed", "measured_at")
    list_filter = ("kind",)
    ordering = ("zip3", "kind")
