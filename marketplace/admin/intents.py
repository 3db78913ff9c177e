"""Carts that wait for credits, or waited: to look at. What becomes of them, the payment decides."""

from collections.abc import Iterable

from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from aiqleads.core.admin import ReadOnlyAdmin
from billing.admin import columns
from marketplace.models import PurchaseIntent, PurchaseIntentLine


@admin.register(PurchaseIntent)
class PurchaseIntentAdmin(ReadOnlyAdmin):
    """What buyers wanted to have bought as soon as their money was there, and what became of it."""

    list_display = ("made_at", "organisation", "shown", "state", "says", "settled_at")
    list_select_related = ("organisation",)
    list_filter = ("state", "made_at")
    search_fields = ("organisation__name",)
    search_help_text = "Organisation"
    ordering = ("-made_at", "pk")
    fields = (
        ("organisation", "membership"),
        ("shown", "state"),
        "says",
        "paid_by",
        ("made_at", "expires_at"),
        "settled_at",
        "wanted",
    )
    labels = {"membership": "Member", "made_at": "Asked for", "expires_at": "Given up", "settled_at": "Settled"}
    when_empty = "No cart has waited for credits yet."
    shown = columns.credits("total_credits", "Shown to the buyer")

    def get_queryset(self, request: HttpRequest) -> QuerySet[PurchaseIntent]:
        lines = PurchaseIntentLine.objects.select_related("lead").order_by("pk")
        rows: QuerySet[PurchaseIntent] = super().get_queryset(request)
        return rows.prefetch_related(Prefetch("lines", lines))

    @admin.display(description="Paid by")
    def paid_by(self, intent: PurchaseIntent) -> SafeString:
        page = reverse("admin:billing_payment_change", args=[intent.payment_id])
        return format_html('<a class="text-link" href="{}">The payment for its credits</a>', page)

    @admin.display(description="What was wanted")
    def wanted(self, intent: PurchaseIntent) -> SafeString:
        return format_html_join(
            "", '<p><a class="text-link" href="{}">{}</a>, for at most {} credits</p>', _leads(intent.lines.all())
        )


def _leads(lines: Iterable[PurchaseIntentLine]) -> Iterable[tuple[str, str, str]]:
    for line in lines:
        page = reverse("admin:leads_lead_change", args=[line.lead_id])
        yield page, f"{line.lead.city or 'A home'}, {line.lead.state_code}", f"{line.shown_credits:,}"
