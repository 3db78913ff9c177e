"""Offers, claims and purchases, to look at."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from aiqleads.core.admin import ReadOnlyAdmin
from aiqleads.core.clock import Now
from marketplace.models import Claim, Listing, Purchase


class LiveFilter(admin.SimpleListFilter):
    """Whether a claim holds its copy now; an expired hold keeps its state and holds nothing."""

    title = "in force"
    parameter_name = "live"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("hold", "Live holds")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(pk__in=Claim.objects.live()) if self.value() else queryset


@admin.register(Listing)
class ListingAdmin(ReadOnlyAdmin):
    """What buyers find. The home itself is told on its lead's page."""

    list_display = ("summary", "city", "tier", "quality_score", "price_credits", "copies_left", "delisted_reason")
    list_filter = ("tier", "kind", ("delisted_at", admin.EmptyFieldListFilter))
    search_fields = ("city", "zip_code")
    search_help_text = "City or ZIP"
    ordering = ("-listed_at",)
    fields = (
        ("summary", "lead"),
        ("tier", "quality_score"),
        ("price_credits", "copies_left"),
        ("listed_at", "delisted_at"),
        ("source_name", "delisted_reason"),
    )


@admin.register(Claim)
class ClaimAdmin(ReadOnlyAdmin):
    list_display = ("lead", "standing", "organisation", "price_credits", "period")
    fields = (*list_display, "list_price_credits", "max_until", "membership", "release_reason", "journal")
    list_select_related = ("lead", "organisation")
    list_filter = (LiveFilter, "state")
    ordering = ("-during", "pk")
    search_fields = ("organisation__name",)
    search_help_text = "Organisation"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Claim]:
        claims: QuerySet[Claim] = super().get_queryset(request)
        return claims.annotate(has_run_out=Q(state=Claim.State.HELD, during__endswith__lte=Now()))

    @admin.display(description="State", ordering="state")
    def standing(self, claim: Any) -> str:
        return "Ran out" if claim.has_run_out else claim.get_state_display()


@admin.register(Purchase)
class PurchaseAdmin(ReadOnlyAdmin):
    list_display = ("lead", "organisation", "price_credits", "bought_at")
    list_select_related = ("lead", "organisation")
    list_filter = ("bought_at",)
    search_fields = ("organisation__name",)
    search_help_text = "Organisation"
    ordering = ("-bought_at",)
