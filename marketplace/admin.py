"""Offers, claims and purchases, to look at."""

from django.contrib import admin

from aiqleads.core.admin import ReadOnlyAdmin
from marketplace.models import Claim, Listing, Purchase


@admin.register(Listing)
class ListingAdmin(ReadOnlyAdmin):
    list_display = ("summary", "city", "tier", "quality_score", "price_credits", "copies_left", "delisted_reason")
    list_filter = ("tier", "kind")


@admin.register(Claim)
class ClaimAdmin(ReadOnlyAdmin):
    list_display = ("lead", "state", "organisation", "price_credits", "during")
    list_select_related = ("lead", "organisation")
    list_filter = ("state",)


@admin.register(Purchase)
class PurchaseAdmin(ReadOnlyAdmin):
    list_display = ("lead", "organisation", "price_credits", "bought_at")
    list_select_related = ("lead", "organisation")
