"""What is on offer, edited as new versions; and who has which plan, which an operator can only look at again."""

from typing import Any, ClassVar, Final, cast

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.forms import model_to_dict
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from aiqleads.core.admin import OperatorForm, ReadOnlyAdmin, ReasonField, door, typed
from billing import services
from billing.admin import columns
from billing.errors import ProviderAway
from billing.models import Offered, Pack, Plan, PlanAtProvider, Subscription
from billing.papers import dollars
from billing.providers.port import ProviderMisunderstood, ProviderUnreachable

_VERSIONED: Final = ("code", "version", "offered_from", "offered_until")
MOST_CENTS: Final = 10_000_00
MOST: Final = 100_000
CALLED: Final = {
    "price_cents": "Price in cents",
    "amount_credits": "Credits",
    "territory_zips": "Territory ZIP codes",
}
"""What forms and screens call columns whose names say too little."""
SHOWN_AS: Final = {"price_cents": "price", "amount_credits": "credits"}
"""The columns of screens that show a column in its reader's words."""


def _field(model: type[Offered], name: str) -> forms.Field:
    """A column as a form asks for it: whole numbers within what anybody would mean."""
    field = model._meta.get_field(name)
    asked: Any = cast("Any", field).formfield()
    if isinstance(asked, forms.IntegerField):
        most = MOST_CENTS if name == "price_cents" else MOST
        label = CALLED.get(name, asked.label)
        return forms.IntegerField(
            label=label, help_text=asked.help_text, min_value=0, max_value=most, required=asked.required
        )
    return cast("forms.Field", asked)


def _columns(model: type[Offered]) -> list[str]:
    return [field.name for field in model._meta.fields if field.name not in {"id", *_VERSIONED}]


class RevisionForm(OperatorForm):
    """The next version of something on offer, filled in with the one there is."""

    button = "Offer it like this"
    asks_first = True
    model: ClassVar[type[Offered]]

    def __init__(self, data: QueryDict | None = None, *, offered: Any) -> None:
        self.offered = offered
        self.before = {
            name: value for name, value in model_to_dict(offered).items() if name in _columns(self.model)
        }
        super().__init__(data, initial=self.before)
        self.fields.update({name: _field(self.model, name) for name in _columns(self.model)})
        self.fields["reason"] = ReasonField()

    def said(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.before}

    def review(self) -> list[tuple[str, Any]]:
        changed = [
            _reviewed(str(self.fields[name].label), name, self.before[name], value)
            for name, value in self.said().items()
            if value != self.before[name]
        ]
        return [
            ("Version", f"{self.offered.version} → {self.offered.version + 1}"),
            *(changed or [("Changes", "none")]),
            ("Who has it", "keeps the version they have, and its price"),
        ]


def _reviewed(label: str, name: str, *values: Any) -> tuple[str, str]:
    """A column before and after; prices as their buyers read them."""
    if name == "price_cents":
        return "Price", " → ".join(dollars(cents) for cents in values)
    return label, " → ".join(_shown(value) for value in values)


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "not set" if value is None else f"{value:,}" if isinstance(value, int) else str(value)


class PlanForm(RevisionForm):
    """Of Starter, which is free and everybody's floor, the name alone."""

    model = Plan

    def __init__(self, data: QueryDict | None = None, *, offered: Plan) -> None:
        super().__init__(data, offered=offered)
        if offered.code == Plan.STARTER:
            for column in set(self.before) - {"name"}:
                del self.before[column], self.fields[column]

    def write(self, *, actor_id: int) -> str:
        plan = services.revise_plan(
            code=self.offered.code, actor_id=actor_id, reason=self.cleaned_data["reason"], **self.said()
        )
        return f"{plan.name} is offered in version {plan.version}. Who has it keeps the version they have."


class PackForm(RevisionForm):
    model = Pack

    def write(self, *, actor_id: int) -> str:
        pack = services.revise_pack(
            code=self.offered.code, actor_id=actor_id, reason=self.cleaned_data["reason"], **self.said()
        )
        return f"“{pack.name}” is sold in version {pack.version}."


class NewPackForm(OperatorForm):
    """A pack that there was not."""

    button = "Sell it"
    asks_first = True

    code = forms.SlugField(max_length=40, help_text="The same in every version: credits-500.")

    def __init__(self, data: QueryDict | None = None) -> None:
        super().__init__(data)
        self.fields.update({name: _field(Pack, name) for name in _columns(Pack)})
        for name in ("price_cents", "amount_credits"):
            self.fields[name] = forms.IntegerField(
                label=self.fields[name].label,
                help_text=self.fields[name].help_text,
                min_value=1,
                max_value=MOST_CENTS,
            )
        self.fields["reason"] = ReasonField()

    def review(self) -> list[tuple[str, Any]]:
        return [_reviewed(str(self.fields[name].label), name, value) for name, value in self.cleaned_data.items()]

    def write(self, *, actor_id: int) -> str:
        pack = services.add_pack(actor_id=actor_id, **self.cleaned_data)
        return f"“{pack.name}” is sold from now on."


class WithdrawPackForm(OperatorForm):
    """Why a pack is sold no more."""

    button = "Sell it no more"
    asks_first = True

    reason = ReasonField()

    def __init__(self, data: QueryDict | None = None, *, pack: Pack) -> None:
        self.pack = pack
        super().__init__(data)

    def review(self) -> list[tuple[str, Any]]:
        return [("Pack", self.pack.name), ("Why", self.cleaned_data["reason"]), ("What was bought", "stays")]

    def write(self, *, actor_id: int) -> str:
        services.withdraw_pack(code=self.pack.code, actor_id=actor_id, reason=self.cleaned_data["reason"])
        return f"“{self.pack.name}” is sold no more."


class OfferedAdmin(ReadOnlyAdmin):
    """Versions of something on offer, those that are offered now first. A version is replaced, never edited."""

    search_fields = ("name", "code")
    ordering = ("-offered_from", "-pk")
    labels = CALLED
    price = columns.dollars("price_cents", "Price")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """All columns, the price as buyers read it."""
        return [SHOWN_AS.get(str(name), name) for name in super().get_fields(request, obj)]

    def closed_doors(self, row: Offered) -> tuple[str, ...]:
        return () if row.offered_until is None else ("revise", "withdraw")


@admin.register(Plan)
class PlanAdmin(OfferedAdmin):
    """The plans: what each version costs a month, and what it grants."""

    actions_detail = ("revise",)
    list_display = ("name", "version", "price", "monthly_credits", "offered_from", "offered_until")
    list_filter = ("code", "offered_until")

    @door("Offer it differently", icon="edit", is_sensitive=True)
    def revise(self, request: HttpRequest, object_id: str) -> HttpResponse:
        plan: Plan = self.find(request, object_id)
        form = PlanForm(typed(request), offered=plan)
        return self.serve_form(request, form, title=f"The next version of {plan.name}")


@admin.register(Pack)
class PackAdmin(OfferedAdmin):
    """Credits that are bought at once."""

    actions_list = ("add_pack",)
    actions_detail = ("revise", "withdraw")
    list_display = ("name", "version", "credits", "price", "offered_from", "offered_until")
    list_filter = ("offered_until",)
    credits = columns.credits()

    @door("Sell another pack", icon="add", is_sensitive=True)
    def add_pack(self, request: HttpRequest) -> HttpResponse:
        return self.serve_form(request, NewPackForm(typed(request)), title="A new pack")

    @door("Offer it differently", icon="edit", is_sensitive=True)
    def revise(self, request: HttpRequest, object_id: str) -> HttpResponse:
        pack: Pack = self.find(request, object_id)
        form = PackForm(typed(request), offered=pack)
        return self.serve_form(request, form, title=f"The next version of {pack.name}")

    @door("Sell it no more", icon="block", is_sensitive=True)
    def withdraw(self, request: HttpRequest, object_id: str) -> HttpResponse:
        pack: Pack = self.find(request, object_id)
        form = WithdrawPackForm(typed(request), pack=pack)
        return self.serve_form(request, form, title=f"Take {pack.name} off", subject=pack)


class LookForm(OperatorForm):
    """Nothing is filled in: the provider is asked how it stands."""

    button = "Ask the provider"

    def __init__(self, data: QueryDict | None = None, *, subscription: Subscription) -> None:
        self.subscription = subscription
        super().__init__(data)

    def write(self, *, actor_id: int) -> str:
        try:
            looked = services.look_at_subscription(self.subscription.pk)
        except (ProviderUnreachable, ProviderMisunderstood) as error:
            raise ProviderAway("The provider gave no answer that can be read. Nothing was changed.") from error
        return f"{looked.plan.name} is {looked.get_status_display()}."


@admin.register(Subscription)
class SubscriptionAdmin(ReadOnlyAdmin):
    """Who has which plan, where it is paid, and until when."""

    actions_detail = ("look_again",)
    list_display = ("organisation", "plan", "status", "provider", "period_end", "looked_at")
    list_select_related = ("organisation", "plan")
    list_filter = ("status", "provider", "is_frozen")
    search_fields = ("organisation__name", "subscription_id")
    ordering = ("-created_at",)
    fields = (
        *list_display,
        "subscription_id",
        "next_plan",
        "is_trial_granted",
        "cancels_at_period_end",
        "is_frozen",
        "past_due_since",
        "created_at",
        "ended_at",
        "billed",
        "asked",
    )
    labels = {
        "subscription_id": "Called at the provider",
        "period_end": "The period ends",
        "looked_at": "The provider was asked",
        "is_trial_granted": "Began with a trial",
        "cancels_at_period_end": "Ends with its period",
        "is_frozen": "Stands still, since a payment is disputed",
    }
    when_empty = "Nobody has a plan yet: who has none is on Starter."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Subscription]:
        return super().get_queryset(request).prefetch_related("bills__plan", "plan_changes__plan")

    @admin.display(description="Bills")
    def billed(self, subscription: Subscription) -> SafeString:
        bills = subscription.bills.all()
        return format_html_join(
            "", "<p>{} to {}: {}</p>", ((bill.starts_at.date(), bill.ends_at.date(), bill) for bill in bills)
        )

    @admin.display(description="What was asked for")
    def asked(self, subscription: Subscription) -> SafeString:
        changes = subscription.plan_changes.all()
        return format_html_join("", "<p>{} {}</p>", ((change, change.plan or "") for change in changes))

    @door("Look again", icon="refresh")
    def look_again(self, request: HttpRequest, object_id: str) -> HttpResponse:
        subscription: Subscription = self.find(request, object_id)
        form = LookForm(typed(request), subscription=subscription)
        return self.serve_form(request, form, title="Look at this plan again", subject=subscription)


@admin.register(PlanAtProvider)
class PlanAtProviderAdmin(ReadOnlyAdmin):
    """What providers call our plans' versions."""

    list_display = ("plan", "provider", "price_id")
    list_select_related = ("plan",)
    list_filter = ("provider",)
    ordering = ("-pk",)
