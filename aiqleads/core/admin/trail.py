"""What was done and what has to be told, to look at."""

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from aiqleads.core.admin.screens import ReadOnlyAdmin
from aiqleads.core.models import AuditEntry, OutboxEvent


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """Who did what to which row, with old and new values."""

    list_display = ("at", "actor", "action", "what", "told")
    list_select_related = ("actor",)
    list_filter = ("action",)
    search_fields = ("subject__startswith",)
    search_help_text = "What it was done to, as app.model:id"
    ordering = ("-at",)
    fields = ("at", "actor", "action", "what", "subject", "told")
    empty_value_display = "The product"

    @admin.display(description="Done to")
    def what(self, entry: AuditEntry) -> SafeString | str:
        return row_link(entry.subject)

    @admin.display(description="Details")
    def told(self, entry: AuditEntry) -> SafeString | str:
        if not entry.details:
            return "-"
        details = ((key, _before_and_after(value)) for key, value in entry.details.items())
        return format_html("<div>{}</div>", format_html_join("", "<p>{}: {}</p>", details))


def row_link(subject: str) -> SafeString | str:
    """A link to the page of ``app.model:id``; its words where the row is gone or its model has no screen."""
    label, _, row = subject.partition(":")
    try:
        model = apps.get_model(label)
        page = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[quote(row)])
    except (LookupError, ValueError, NoReverseMatch):
        return subject
    return format_html('<a href="{}">{}</a>', page, model._meta.verbose_name)


def _before_and_after(value: object) -> object:
    """A change is kept as [old, new]."""
    if isinstance(value, list) and len(value) == 2:
        return format_html("{} → {}", *("none" if side in (None, "") else side for side in value))
    return value


@admin.register(OutboxEvent)
class OutboxEventAdmin(ReadOnlyAdmin):
    """What one part of the product tells the others."""

    list_display = ("name", "created_at", "delivered_at", "attempts", "last_error")
    list_filter = ("name", ("delivered_at", admin.EmptyFieldListFilter))
    ordering = ("-id",)
