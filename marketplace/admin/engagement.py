"""Engagement kits for operators: which have no text, and what was wrong with their drafts. No text is shown."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from aiqleads.core.admin import ReadOnlyAdmin
from marketplace.models import Engagement


class FaultsFilter(admin.SimpleListFilter):
    """Whether a draft was refused."""

    title = "draft"
    parameter_name = "draft"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("refused", "Refused"), ("shown", "Shown to its buyer")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        wanted = {"refused": queryset.exclude(faults=[]), "shown": queryset.filter(faults=[])}
        return wanted.get(self.value() or "", queryset)


@admin.register(Engagement)
class EngagementAdmin(ReadOnlyAdmin):
    """The kit of each purchase: who wrote it, how many texts its buyer reads, and why there is none."""

    list_display = ("lead", "organisation", "writer", "version", "text_count", "fault_codes", "written_at")
    fields = (("lead", "organisation"), ("writer", "version"), ("text_count", "written_at"), "time_zone", "faulty")
    list_select_related = ("purchase__lead", "purchase__organisation")
    list_filter = (FaultsFilter, "writer")
    search_fields = ("purchase__organisation__name",)
    search_help_text = "Organisation"
    ordering = ("-written_at", "-pk")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Engagement]:
        kits: QuerySet[Engagement] = super().get_queryset(request)
        return kits.annotate(text_total=Count("texts"))

    @admin.display(description="Lead")
    def lead(self, kit: Engagement) -> str:
        return str(kit.purchase.lead)

    @admin.display(description="Organisation")
    def organisation(self, kit: Engagement) -> str:
        return kit.purchase.organisation.name

    @admin.display(description="Texts")
    def text_count(self, kit: Any) -> int:
        total: int = kit.text_total
        return total

    @admin.display(description="Faults", empty_value="None")
    def fault_codes(self, kit: Engagement) -> str | None:
        return ", ".join(sorted({fault["code"] for fault in kit.faults})) or None

    @admin.display(description="What was wrong")
    def faulty(self, kit: Engagement) -> SafeString | str:
        told = ((fault["code"], fault["where"], fault["quote"]) for fault in kit.faults)
        return format_html_join("", "<p>{}, {}: {}</p>", told) or "Nothing"
