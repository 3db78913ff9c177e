"""Queues for leads that others hold, to look at: whose turn it is is derived, so nobody can set it."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from aiqleads.core.admin import ReadOnlyAdmin
from marketplace import selectors
from marketplace.models import WaitlistEntry


class WaitingFilter(admin.SimpleListFilter):
    """Whether an organisation waits still."""

    title = "waiting"
    parameter_name = "waiting"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("now", "Waits now")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(left_at=None) if self.value() else queryset


@admin.register(WaitlistEntry)
class WaitlistEntryAdmin(ReadOnlyAdmin):
    """Who waits for which lead, where they stand, and until when it is their turn."""

    list_display = ("lead", "organisation", "place", "turn_ends_at", "joined_at", "left_at")
    fields = (*list_display, "membership")
    list_select_related = ("lead", "organisation")
    list_filter = (WaitingFilter,)
    search_fields = ("organisation__name",)
    search_help_text = "Organisation"
    ordering = ("-joined_at",)

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The queues of a page's rows are asked for together."""
        shown = super().get_changelist_instance(request)
        standing = selectors.queues({entry.lead_id for entry in shown.result_list})
        for entry in shown.result_list:
            entry.queue = standing.get(entry.lead_id, selectors.NOBODY_WAITS)
        return shown

    @admin.display(description="Place", empty_value="Left")
    def place(self, entry: WaitlistEntry) -> int | None:
        waiting = _queue(entry).organisation_ids if entry.left_at is None else ()
        return waiting.index(entry.organisation_id) + 1 if entry.organisation_id in waiting else None

    @admin.display(description="Their turn until", empty_value="–")
    def turn_ends_at(self, entry: WaitlistEntry) -> datetime | None:
        queue = _queue(entry)
        return queue.turn_ends_at if entry.left_at is None and queue.turn_of == entry.organisation_id else None


def _queue(entry: WaitlistEntry) -> selectors.Queue:
    found: selectors.Queue | None = getattr(entry, "queue", None)
    return found or selectors.queues([entry.lead_id]).get(entry.lead_id, selectors.NOBODY_WAITS)
