"""Invoices and rates of tax as operators see them."""

from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict

from aiqleads.core.admin import OperatorForm, ReadOnlyAdmin, door, typed
from billing import services
from billing.models import Invoice, TaxRate
from billing.papers import dollars, percent
from billing.views.invoices import as_file

LONGEST_TABLE_BYTES: Final = 1_000_000


@admin.register(Invoice)
class InvoiceAdmin(ReadOnlyAdmin):
    """What was issued: invoices and credit notes, numbered without a gap."""

    actions_detail = ("page",)
    list_display = ("number", "kind", "organisation", "total", "issued_at", "sent_at")
    fields = (
        "number",
        "kind",
        "organisation",
        "payment",
        "corrects",
        "net",
        "tax",
        "total",
        "issued_at",
        "sent_at",
    )
    list_select_related = ("organisation",)
    list_filter = ("kind", "issued_at")
    search_fields = ("organisation__name",)
    search_help_text = "Number, such as 2026-000123, or the organisation"
    ordering = ("-year", "-place")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Invoice]:
        return super().get_queryset(request).defer("pdf", "snapshot")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        year, _, place = search_term.strip().partition("-")
        if year.isdecimal() and place.isdecimal() and len(year) == 4 and len(place) <= 9:
            return queryset.filter(Q(year=int(year), place=int(place))), False
        return super().get_search_results(request, queryset, search_term)

    @admin.display(description="Net")
    def net(self, invoice: Invoice) -> str:
        return dollars(invoice.net_cents)

    @admin.display(description="Tax")
    def tax(self, invoice: Invoice) -> str:
        return dollars(invoice.tax_cents)

    @admin.display(description="Total")
    def total(self, invoice: Invoice) -> str:
        return dollars(invoice.total_cents)

    @door("Page (PDF)", icon="download", needs="view")
    def page(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return as_file(UUID(str(self.find(request, object_id).pk)), media_type="application/pdf")


class TableForm(OperatorForm):
    """Rates as a table; new ones end those before them."""

    button = "Take them in"

    table = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
        max_length=LONGEST_TABLE_BYTES,
        initial="country,region,percent,label,valid_from,valid_until\n",
        help_text="CSV. Percent as 8.25, days as 2026-12-01, the last column empty where no end is known. A column "
        "postal_code says how the postal codes begin that a rate is for; the longest that fits counts.",
    )

    def write(self, *, actor_id: int) -> str:
        taken = services.import_tax_rates(lines=self.cleaned_data["table"].splitlines(), actor_id=actor_id)
        return f"{len(taken)} rate(s) taken in."


class EndForm(OperatorForm):
    """The day from which a rate holds no more."""

    button = "End it"

    on = forms.DateField(
        label="First day without it (UTC)", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, data: QueryDict | None = None, *, rate_id: int) -> None:
        super().__init__(data)
        self.rate_id = rate_id

    def write(self, *, actor_id: int) -> str:
        ended = services.end_tax_rate(rate_id=self.rate_id, on=self.cleaned_data["on"], actor_id=actor_id)
        return f"{ended} ends on {ended.valid_until}."


@admin.register(TaxRate)
class TaxRateAdmin(ReadOnlyAdmin):
    """What is added to prices, by region and postal code. What was reckoned by a rate stands in invoices."""

    actions_list = ("take_in",)
    actions_detail = ("end",)
    list_display = ("country", "region", "postal_prefix", "rate", "label", "valid_from", "valid_until")
    fields = list_display
    list_filter = ("country",)
    search_fields = ("region", "postal_prefix", "label")
    ordering = ("country", "region", "-valid_from")
    when_empty = "No rate yet, so nothing is taxed. Take in those that your adviser gave you."

    @admin.display(description="Rate", ordering="millipercent")
    def rate(self, rate: TaxRate) -> str:
        return percent(rate.millipercent)

    @door("Take in rates", icon="upload_file", is_sensitive=True)
    def take_in(self, request: HttpRequest) -> HttpResponse:
        return self.serve_form(request, TableForm(typed(request)), title="Take in tax rates")

    @door("End", icon="event_busy", is_sensitive=True)
    def end(self, request: HttpRequest, object_id: str) -> HttpResponse:
        rate = self.find(request, object_id)
        return self.serve_form(request, EndForm(typed(request), rate_id=rate.pk), title=f"End {rate}", subject=rate)
