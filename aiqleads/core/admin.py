"""Admin screens that only look."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from unfold.admin import ModelAdmin as UnfoldModelAdmin

from aiqleads.core.models import AuditEntry, OutboxEvent

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
else:
    ModelAdmin = UnfoldModelAdmin


class ReadOnlyAdmin(ModelAdmin):
    """Shows rows and changes none: no add, no change, no delete, no count of large tables."""

    show_full_result_count = False
    actions: Sequence[str] = ()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = ("at", "actor", "action", "subject")
    list_select_related = ("actor",)


@admin.register(OutboxEvent)
class OutboxEventAdmin(ReadOnlyAdmin):
    list_display = ("id", "name", "created_at", "delivered_at", "attempts", "last_error")
    list_filter = ("name",)
