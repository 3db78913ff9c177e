"""Routes, calls and what they cost, for operators."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.safestring import SafeString

from ai import providers, routes, services, spending
from ai.checks import wrong_with
from ai.models import BatchJob, ModelCall, ModelReply, Route, Spend
from ai.purposes import Purpose
from ai.routes import LONGEST_DEADLINE_SECONDS, MOST_STEPS, Rules, Step
from aiqleads.core import clock
from aiqleads.core.admin import OperatorForm, ReadOnlyAdmin, door, row_link, typed

OWN: Final = "compatible/"
HIGHEST_USD: Final = 100_000
CENTS: Final = Decimal(100)


def model_choices(*, embeds: bool = False) -> list[tuple[str, str]]:
    """Every model that we know as "provider/model", and one of a server of one's own."""
    today = clock.now().date()
    known = [
        (f"{provider.name}/{model.id}", f"{provider.title}: {model.id}{_until(model, today)}")
        for provider in providers.providers().values()
        for model in provider.models.values()
        if bool(model.dimensions) is embeds
    ]
    return [("", "Nobody"), *known, (OWN, "Own server: as named below")]


def _until(model: providers.Model, today: date) -> str:
    if model.shuts_down_on is None:
        return ""
    return f", {'until' if today <= model.shuts_down_on else 'gone since'} {model.shuts_down_on:%d %B %Y}"


class RouteForm(OperatorForm):
    """The next version of a purpose's route, filled in with the one in force."""

    button = "Put it in force"
    asks_first = True

    name = forms.CharField(max_length=60, help_text="What this version is for, such as “Cheaper reading”.")

    def __init__(self, data: QueryDict | None = None, *, purpose: Purpose) -> None:
        self.purpose = purpose
        self.in_force = routes.in_force(purpose)
        super().__init__(data, initial=_initial(self.in_force))
        choices = model_choices(embeds=purpose is Purpose.EMBED)
        for number in range(1, MOST_STEPS + 1):
            self._add_step(number, choices)
        self.fields["own_model"] = forms.CharField(
            label="Model of the own server", required=False, max_length=120, help_text="Where one is asked."
        )
        self.fields["deadline_seconds"] = forms.IntegerField(
            label="Longest wait",
            min_value=1,
            max_value=LONGEST_DEADLINE_SECONDS,
            help_text="In seconds, for the whole question.",
        )
        for period in ("daily", "monthly"):
            self.fields[f"{period}_budget_usd"] = forms.DecimalField(
                label=f"{period.capitalize()} budget",
                min_value=0,
                max_value=HIGHEST_USD,
                decimal_places=2,
                help_text="In US dollars; 0 leaves everything to the local model.",
            )
        self.fields["max_tokens"] = forms.IntegerField(
            label="Longest reply", min_value=1, max_value=32_000, help_text="In tokens: about ¾ of a word each."
        )

    def _add_step(self, number: int, choices: list[tuple[str, str]]) -> None:
        ordinal = ("First", "Second", "Third", "Fourth")[number - 1]
        self.fields[f"model_{number}"] = forms.ChoiceField(
            label=f"{ordinal} asked", choices=choices, required=False
        )
        self.fields[f"role_{number}"] = forms.CharField(
            label=f"{ordinal} answers as",
            max_length=60,
            required=False,
            help_text="Shown beside what it said, such as “primary reader”." if number == 1 else "",
        )
        self.fields[f"temperature_{number}"] = forms.DecimalField(
            label=f"{ordinal} temperature",
            required=False,
            min_value=0,
            max_value=2,
            help_text="0 answers alike each time. Empty: the provider's own." if number == 1 else "",
        )

    def review(self) -> list[tuple[str, Any]]:
        said = self.cleaned_data
        today = clock.now().date()
        steps = list(self._steps())
        asked = [f"{step.role}: {step.model}{'' if step.endpoint() else ' (has no key yet)'}" for step in steps]
        warnings = [("Mind", wrong) for step in steps if (wrong := wrong_with(step, today))]
        return [
            ("For", self.purpose.label),
            ("New version", said["name"]),
            ("Asked in turn", "; ".join(asked) or "nobody: the local model answers"),
            *warnings,
            ("Longest wait", f"{said['deadline_seconds']} seconds"),
            ("Budget", f"{said['daily_budget_usd']} USD a day, {said['monthly_budget_usd']} USD a month"),
        ]

    def write(self, *, actor_id: int) -> str:
        said = self.cleaned_data
        route = services.set_route(
            purpose=self.purpose,
            name=said["name"],
            steps=list(self._steps()),
            deadline_seconds=said["deadline_seconds"],
            daily_budget_cents=int(said["daily_budget_usd"] * CENTS),
            monthly_budget_cents=int(said["monthly_budget_usd"] * CENTS),
            max_tokens=said["max_tokens"],
            actor_id=actor_id,
        )
        return f"“{route.name}” is in force: whatever is asked from now on follows it."

    def _steps(self) -> Iterator[Step]:
        said = self.cleaned_data
        for number in range(1, MOST_STEPS + 1):
            provider, _, model = said[f"model_{number}"].partition("/")
            if provider:
                warmth = said[f"temperature_{number}"]
                yield Step(
                    role=said[f"role_{number}"],
                    provider=provider,
                    model=model or said["own_model"],
                    parameters={} if warmth is None else {"temperature": float(warmth)},
                )

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        for number in range(1, MOST_STEPS + 1):
            model = said.get(f"model_{number}")
            if model and not said.get(f"role_{number}"):
                self.add_error(f"role_{number}", "Say in what role it answers.")
            if model == OWN and not said.get("own_model"):
                self.add_error("own_model", "Name the model of the own server.")
        return said


def _initial(rules: Rules) -> dict[str, Any]:
    said: dict[str, Any] = {
        "deadline_seconds": rules.deadline_seconds,
        "daily_budget_usd": Decimal(rules.daily_budget_cents) / CENTS,
        "monthly_budget_usd": Decimal(rules.monthly_budget_cents) / CENTS,
        "max_tokens": rules.max_tokens,
    }
    for number, step in enumerate(rules.steps, start=1):
        is_own = step.provider == OWN.rstrip("/")
        said |= {
            f"model_{number}": OWN if is_own else f"{step.provider}/{step.model}",
            f"role_{number}": step.role,
            f"temperature_{number}": step.parameters.get("temperature"),
        }
        if is_own:
            said["own_model"] = step.model
    return said


def _door_for(purpose: Purpose) -> Any:
    @door(purpose.label, icon="alt_route", is_sensitive=True)
    def set_route(self: "RouteAdmin", request: HttpRequest) -> HttpResponse:
        form = RouteForm(typed(request), purpose=purpose)
        return self.serve_form(request, form, title=f"Who is asked: {purpose.label.lower()}")

    set_route.__name__ = f"set_{purpose.value}"
    return set_route


class RouteAdmin(ReadOnlyAdmin):
    """Who is asked for what. A version is replaced, never edited; above the versions stands what is in force."""

    list_before_template = "admin/model_routes.html"
    when_empty = "Every route is as shipped: “New version” puts another in force."
    actions_list = (
        {"title": "New version", "icon": "add", "items": [f"set_{purpose.value}" for purpose in Purpose]},
    )
    list_display = (
        "name",
        "purpose",
        "in_force_at",
        "asked",
        "longest_wait",
        "daily_budget",
        "monthly_budget",
    )
    list_filter = ("purpose",)
    ordering = ("-in_force_at", "-pk")
    fields = (*list_display, "max_tokens")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list, with what is in force above it."""
        return super().changelist_view(request, {**(extra_context or {}), "routes": list(_lines_in_force())})

    @admin.display(description="Asked in turn")
    def asked(self, route: Route) -> str:
        return _asked(routes.of_row(route))

    @admin.display(description="Longest wait", ordering="deadline_seconds")
    def longest_wait(self, route: Route) -> str:
        return f"{route.deadline_seconds} s"

    @admin.display(description="Daily budget")
    def daily_budget(self, route: Route) -> str:
        return _usd(route.daily_budget_cents)

    @admin.display(description="Monthly budget")
    def monthly_budget(self, route: Route) -> str:
        return _usd(route.monthly_budget_cents)


for _purpose in Purpose:
    setattr(RouteAdmin, f"set_{_purpose.value}", _door_for(_purpose))
admin.site.register(Route, RouteAdmin)


def _asked(rules: Rules) -> str:
    told = [f"{step.role}: {step.model}" for step in rules.steps]
    return ", then ".join(told) or "Nobody: the local model answers"


def _usd(cents: Decimal | int) -> str:
    return f"{Decimal(cents) / CENTS:,.2f} USD"


@dataclass(frozen=True, slots=True, kw_only=True)
class _InForce:
    """A purpose's route, as the page tells it."""

    purpose: Purpose
    rules: Rules
    version: str
    door: str
    steps: list[tuple[Step, str]]


def _lines_in_force() -> Iterator[_InForce]:
    today = clock.now().date()
    for purpose in Purpose:
        row = routes.newest(purpose)
        rules = routes.in_force(purpose) if row is None else routes.of_row(row)
        yield _InForce(
            purpose=purpose,
            rules=rules,
            version=row.name if row else "As shipped",
            door=f"admin:ai_route_set_{purpose.value}",
            steps=[(step, _state(step, today)) for step in rules.steps],
        )


def _state(step: Step, today: date) -> str:
    wrong = wrong_with(step, today)
    if wrong:
        return wrong
    return "" if step.endpoint() else "Has no key: passed over."


@admin.register(ModelCall)
class ModelCallAdmin(ReadOnlyAdmin):
    """The ledger of calls: whom we asked what, what it cost and how it ended. It holds ids, never words."""

    when_empty = (
        "Nobody was asked yet: the local model answers. Adverts are read every 15 minutes once a provider has a "
        "key, such as OPENAI_API_KEY."
    )
    list_display = (
        "asked_at",
        "purpose",
        "role",
        "provider",
        "answered_by",
        "outcome",
        "tokens_in",
        "tokens_out",
        "cents",
        "latency",
        "subject",
    )
    list_filter = ("purpose", "provider", "outcome", "day")
    ordering = ("-asked_at",)
    fields = (
        ("purpose", "role", "route"),
        ("provider", "model", "answered_by"),
        ("prompt", "subject"),
        ("asked_at", "settled_at", "latency"),
        ("outcome", "cents", "set_aside"),
        ("tokens_in", "tokens_cached", "tokens_out"),
        "said",
    )

    @admin.display(description="Cents", ordering="cost_cents")
    def cents(self, call: ModelCall) -> str:
        return "" if call.cost_cents is None else f"{call.cost_cents:.4f}"

    @admin.display(description="Cents set aside")
    def set_aside(self, call: ModelCall) -> str:
        return f"{call.reserved_cents:.4f}"

    @admin.display(description="Took", ordering="latency_ms")
    def latency(self, call: ModelCall) -> str:
        return "" if call.latency_ms is None else f"{call.latency_ms / 1000:.1f} s"

    @admin.display(description="About")
    def subject(self, call: ModelCall) -> SafeString | str:
        """A link to the row, where one screen shows what is called so; else what it is called."""
        kind = call.subject_kind
        label = next((model._meta.label_lower for model in apps.get_models() if model._meta.model_name == kind), "")
        return row_link(f"{label}:{call.subject_id}") if label else kind

    @admin.display(description="What it said, personal values covered")
    def said(self, call: ModelCall) -> str:
        reply = ModelReply.objects.filter(call=call).first()
        return (reply and reply.raw) or "Nothing is kept."


class EstimateForm(OperatorForm):
    """What a run over many texts would cost, before anybody starts it."""

    button = "Estimate"
    template = "admin/model_estimate.html"

    purpose = forms.ChoiceField(choices=Purpose.choices)
    count = forms.IntegerField(label="How many", min_value=1, max_value=100_000_000)
    characters_each = forms.IntegerField(
        label="Characters of each",
        min_value=1,
        max_value=1_000_000,
        initial=1_500,
        help_text="An advert has about 1,500.",
    )

    @property
    def estimate(self) -> spending.Estimate | None:
        """What was asked for; None until it was."""
        if not self.is_bound or not self.is_valid():
            return None
        said = self.cleaned_data
        return spending.estimate(
            Purpose(said["purpose"]), count=said["count"], characters_each=said["characters_each"]
        )


@admin.register(Spend)
class SpendAdmin(ReadOnlyAdmin):
    """What models cost, by day, purpose and provider, and what the month will have cost."""

    list_before_template = "admin/model_spend.html"
    when_empty = "Nothing was spent yet: no provider was asked."
    actions_list = ("estimate",)
    list_display = ("since", "period", "purpose", "spent", "set_aside", "limit")
    list_filter = ("period", "purpose")
    ordering = ("-since", "period", "purpose")
    fields = list_display

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list, with budgets, forecast and the last days above it."""
        shown = {"budgets": spending.budgets(), "lines": spending.lines(), "days": spending.SHOWN_DAYS}
        return super().changelist_view(request, {**(extra_context or {}), **shown})

    @door("Estimate a run", icon="calculate")
    def estimate(self, request: HttpRequest) -> HttpResponse:
        form = EstimateForm(typed(request))
        shown = {"form": form, "title": "What a run would cost", "back": self.address(None), "carried": {}}
        return self._render(request, form.template, {**shown, "opts": self.opts, "original": None})

    @admin.display(description="Spent", ordering="spent_cents")
    def spent(self, spend: Spend) -> str:
        return _usd(spend.spent_cents)

    @admin.display(description="Set aside", ordering="reserved_cents")
    def set_aside(self, spend: Spend) -> str:
        return _usd(spend.reserved_cents)

    @admin.display(description="Allowed", ordering="limit_cents")
    def limit(self, spend: Spend) -> str:
        return _usd(spend.limit_cents)


@admin.register(BatchJob)
class BatchJobAdmin(ReadOnlyAdmin):
    """Questions that were handed to a provider together, at a lower price; each is a line among the calls, too."""

    when_empty = "Nothing was handed over yet: adverts older than a day go in batches, at half the price."
    list_display = ("made_at", "provider", "state", "questions", "over_at")
    list_filter = ("provider", "state")
    ordering = ("-made_at",)
    fields = (("provider", "state"), ("made_at", "over_at"), ("questions", "batch_id"))
    labels = {"batch_id": "The provider's name for it"}
