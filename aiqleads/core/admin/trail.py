"""What was done and what has to be told, to look at."""

from django.contrib import admin
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from aiqleads.core.admin.screens import ReadOnlyAdmin
from aiqleads.core.models import AuditEntry, OutboxEvent


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """Who did what to which row, with old and new values."""

    list_display = ("at", "actor", "action", "subject", "told")
    list_select_related = ("actor",)
    list_filter = ("action",)
    search_fields = ("subject__startswith",)
    search_help_text = "What it was done to, as app.model:id"
    ordering = ("-at",)
    fields = ("at", "actor", "action", "subject", "told")

    @admin.display(description="Details")
    def told(self, entry: AuditEntry) -> SafeString:
        details = ((key, _before_and_after(value)) for key, value in entry.details.items())
        return format_html("<div>{}</div>", format_html_join("", "<p>{}: {}</p>", details))


def _before_and_after(value: object) -> object:
    """A change is kept as [old, new]."""
    if isinstance(value, list) and len(value) == 2:
        return format_html("{} → {}", *("none" if side in (None, "") else side for side in value))
    return value


@admin.register(OutboxEvent)
class OutboxEventAdmin(ReadOnlyAdmin):
    """What one part of the product tells the others."""

    list_display = ("id", "name", "created_at", "delivered_at", "attempts", "last_error")
    list_filter = ("name", ("delivered_at", admin.EmptyFieldListFilter))
    ordering = ("-id",)
