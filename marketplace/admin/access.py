"""Territories and standing orders, to look at: their organisations write them, and nobody else."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet, Sum
from django.http import HttpRequest

from aiqleads.core.admin import ReadOnlyAdmin
from marketplace.models import StandingOrder, Territory


@admin.register(Territory)
class TerritoryAdmin(ReadOnlyAdmin):
    """Whose ground is whose, how much of it there is, and since when it counts."""

    list_display = ("name", "organisation", "agent", "zip_count", "square_miles", "has_early_access", "since")
    fields = ("name", "organisation", "agent", "counties", "zip_codes", "square_miles", "has_early_access", "since")
    list_select_related = ("organisation", "membership__user")
    list_filter = ("has_early_access",)
    search_fields = ("name", "organisation__name")
    search_help_text = "Name or organisation"
    ordering = ("organisation__name", "name")

    @admin.display(description="Agent", empty_value="The whole organisation")
    def agent(self, territory: Territory) -> str | None:
        return territory.membership.user.email if territory.membership else None

    @admin.display(description="ZIP codes")
    def zip_count(self, territory: Territory) -> int:
        return len(territory.covered_zips)


@admin.register(StandingOrder)
class StandingOrderAdmin(ReadOnlyAdmin):
    """What each order buys, within which caps, what was agreed to, and what it has bought."""

    list_display = ("name", "organisation", "state", "paused_because", "on_since", "bought_leads", "spent_credits")
    fields = (
        *("name", "organisation", "member", "state", "paused_because", "on_since", "query", "territory"),
        *("most_credits_per_lead", "daily_leads", "daily_credits", "monthly_leads", "monthly_credits"),
        *("agreed_at", "agreed_to", "bought_leads", "spent_credits"),
    )
    list_select_related = ("organisation",)
    list_filter = ("state",)
    search_fields = ("name", "organisation__name")
    search_help_text = "Name or organisation"
    ordering = ("-created_at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[StandingOrder]:
        bought = {"bought": Count("claims"), "spent": Sum("claims__price_credits", default=0)}
        orders: QuerySet[StandingOrder] = super().get_queryset(request)
        return orders.select_related("consent", "membership__user").annotate(**bought)

    @admin.display(description="Buys for")
    def member(self, order: StandingOrder) -> str:
        return order.membership.user.email

    @admin.display(description="Leads bought")
    def bought_leads(self, order: Any) -> int:
        bought: int = order.bought
        return bought

    @admin.display(description="Credits spent")
    def spent_credits(self, order: Any) -> int:
        spent: int = order.spent
        return spent

    @admin.display(description="Agreed at", empty_value="Never")
    def agreed_at(self, order: StandingOrder) -> Any:
        return order.consent and order.consent.given_at

    @admin.display(description="Agreed to", empty_value="Nothing")
    def agreed_to(self, order: StandingOrder) -> str | None:
        return order.consent.text if order.consent else None
