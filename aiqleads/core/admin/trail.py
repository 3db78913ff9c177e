"""What was done and what has to be told, to look at."""

import re
from typing import Any, Final, cast

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.contrib.auth import get_user_model
from django.core.paginator import Paginator
from django.db import connection
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import cached_property
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from aiqleads.core import audit, origins
from aiqleads.core.admin.screens import ReadOnlyAdmin
from aiqleads.core.models import AuditEntry, OutboxEvent

FURTHEST_ENTRY: Final = 10_000
_ACTIONS: Final = """
    WITH RECURSIVE found AS (
        (SELECT action FROM core_auditentry ORDER BY action LIMIT 1)
        UNION ALL
        SELECT (SELECT action FROM core_auditentry e WHERE e.action > found.action ORDER BY action LIMIT 1)
            FROM found WHERE found.action IS NOT NULL
    )
    SELECT action FROM found WHERE action IS NOT NULL
"""


class ActionFilter(admin.SimpleListFilter):
    """What was done: the actions that there are, found by skipping through the index from one to the next."""

    title = "action"
    parameter_name = "action"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        with connection.cursor() as cursor:
            cursor.execute(_ACTIONS)
            return [(action, action) for (action,) in cursor.fetchall()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        return queryset.filter(action=self.value()) if self.value() else queryset


class BoundedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts no further than somebody would leaf: beyond it, they search."""

    @cached_property
    def count(self) -> int:
        return int(cast("QuerySet[AuditEntry]", self.object_list)[:FURTHEST_ENTRY].count())


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """Who did what to which row, when and from where, with old and new values."""

    list_display = ("at", "actor", "action", "what", "told", "came_from")
    list_select_related = ("actor",)
    list_filter = (ActionFilter, "at")
    search_fields = ("subject",)
    search_help_text = (
        "What it was done to (app.model:id), what was done, who did it (e-mail), or from where: an address, its "
        "network, or a request's id"
    )
    ordering = ("-at",)
    paginator = BoundedPaginator
    list_per_page = 50  # rows are two thirds of the page: a screenful or two at a time
    fields = ("at", "actor", "action", "what", "subject", "told", "came_from", "request_id", "number")
    empty_value_display = "The product"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """One kind of thing at a time, each by an index of its own: a million entries are searched at once."""
        return (queryset.filter(meant_by(search_term.strip())) if search_term.strip() else queryset), False

    @admin.display(description="From where")
    def came_from(self, entry: AuditEntry) -> str:
        return ", ".join(filter(None, (entry.door, entry.network, entry.agent))) or "-"

    @admin.display(description="Done to")
    def what(self, entry: AuditEntry) -> SafeString | str:
        return row_link(entry.subject)

    @admin.display(description="Details")
    def told(self, entry: AuditEntry) -> SafeString | str:
        if not entry.details:
            return "-"
        details = ((key, _before_and_after(value)) for key, value in entry.details.items())
        return format_html("<div>{}</div>", format_html_join("", "<p>{}: {}</p>", details))


def meant_by(term: str) -> Q:
    """What somebody who types ``term`` looks for."""
    if hashed := origins.address_hashes(term) if origins.network_of(term) else []:
        return Q(address_hash__in=hashed)
    if "/" in term:
        return Q(network=term)
    if "@" in term:
        known = Q(actor__in=get_user_model().objects.filter(email__iexact=term))
        return known | Q(subject__in=audit.all_typed(term))
    if re.fullmatch("[0-9a-f]{32}", term):
        return Q(request_id=term)
    return Q(subject=term) if ":" in term else Q(action__startswith=term)


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
