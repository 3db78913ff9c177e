"""What providers told us, and where our books and theirs differ."""

from collections.abc import Collection
from typing import Any, cast

from django.contrib import admin
from django.db.models import F, QuerySet
from django.db.models.functions import Length
from django.http import HttpRequest, HttpResponse, QueryDict

from aiqleads.core.admin import OperatorForm, ReadOnlyAdmin, ReasonField, door, typed
from billing import services
from billing.models import Difference, InboxMessage, Reconciliation
from billing.tasks import reconcile


class ReplayForm(OperatorForm):
    """Nothing to fill in: the object is looked at once more, whatever the message said."""

    button = "Work it again"

    def __init__(self, data: QueryDict | None = None, *, message: InboxMessage) -> None:
        self.message = message
        super().__init__(data)

    def write(self, *, actor_id: int) -> str:
        services.replay_message(message_id=self.message.pk, actor_id=actor_id)
        return "The message is worked again in a moment."


@admin.register(InboxMessage)
class InboxMessageAdmin(ReadOnlyAdmin):
    """Messages of providers, the newest first. What stands in them is not shown: it names buyers."""

    actions_detail = ("replay",)
    list_display = ("received_at", "provider", "name", "kind", "state", "attempts", "error")
    list_filter = ("state", "provider", "kind", "received_at")
    search_fields = ("event_id", "object_id")
    search_help_text = "The provider's id of the message or of what it is about"
    ordering = ("-received_at",)
    fields = (
        ("provider", "name"),
        "event_id",
        "object_id",
        ("state", "attempts"),
        "error",
        ("occurred_at", "received_at"),
        ("next_at", "settled_at"),
        "size",
    )
    labels = {
        "event_id": "The provider's message",
        "object_id": "What it is about",
        "attempts": "Tries",
        "error": "Why it failed last",
        "occurred_at": "It happened",
        "next_at": "Next try",
        "settled_at": "Done or given up",
    }
    when_empty = "No provider told us anything in the last seven days."
    empty_value_display = "-"

    def get_queryset(self, request: HttpRequest) -> QuerySet[InboxMessage]:
        rows: QuerySet[InboxMessage] = super().get_queryset(request)
        return cast("QuerySet[InboxMessage]", rows.defer("raw").annotate(bytes=Length("raw")))

    def closed_doors(self, row: InboxMessage) -> Collection[str]:
        return self.actions_detail if row.state == InboxMessage.State.WAITING else ()

    @admin.display(description="Size")
    def size(self, message: Any) -> str:
        if message.emptied_at:
            return f"Emptied on {message.emptied_at:%Y-%m-%d}"
        return f"{message.bytes:,} bytes" if message.bytes else "Listed by the provider, and never brought"

    @door("Work again", icon="replay")
    def replay(self, request: HttpRequest, object_id: str) -> HttpResponse:
        message = self.find(request, object_id)
        form = ReplayForm(typed(request), message=message)
        return self.serve_form(request, form, title="Work this message again?", subject=message)


class CloseForm(OperatorForm):
    """What a difference was, or how it was mended."""

    button = "Close the difference"

    how = ReasonField(label="What it was", max_length=300, help_text="Kept, with your name.")

    def __init__(self, data: QueryDict | None = None, *, difference: Difference) -> None:
        self.difference = difference
        super().__init__(data)

    def write(self, *, actor_id: int) -> str:
        services.close_difference(difference_id=self.difference.pk, how=self.cleaned_data["how"], actor_id=actor_id)
        return "The difference is closed. The same with the same amounts is not told again."


@admin.register(Difference)
class DifferenceAdmin(ReadOnlyAdmin):
    """Where our books and a provider's differ, the open ones first."""

    actions_detail = ("close",)
    list_display = ("found_at", "provider", "kind", "object_id", "ours", "theirs", "closed_at", "closed_by")
    list_select_related = ("closed_by",)
    list_filter = (("closed_at", admin.EmptyFieldListFilter), "provider", "kind")
    search_fields = ("object_id",)
    search_help_text = "The provider's id of the money"
    ordering = (F("closed_at").asc(nulls_first=True), "-found_at")
    fields = (
        ("provider", "kind"),
        "object_id",
        ("ours", "theirs"),
        ("occurred_at", "found_at"),
        ("closed_at", "closed_by"),
        "how",
    )
    empty_value_display = "-"
    when_empty = "Our books and the providers' say the same."

    def closed_doors(self, row: Difference) -> Collection[str]:
        return self.actions_detail if row.closed_at else ()

    @admin.display(description="In our books", ordering="ours_cents")
    def ours(self, difference: Difference) -> str:
        return f"{difference.ours_cents / 100:,.2f} USD"

    @admin.display(description="In the provider's", ordering="theirs_cents")
    def theirs(self, difference: Difference) -> str:
        return f"{difference.theirs_cents / 100:,.2f} USD"

    @door("Close", icon="check")
    def close(self, request: HttpRequest, object_id: str) -> HttpResponse:
        difference = self.find(request, object_id)
        form = CloseForm(typed(request), difference=difference)
        return self.serve_form(request, form, title="What was this difference?", subject=difference)


class LookNowForm(OperatorForm):
    """Nothing to fill in."""

    button = "Look now"

    def write(self, *, actor_id: int) -> str:
        reconcile.delay()
        return "A worker looks at every provider's books now."


@admin.register(Reconciliation)
class ReconciliationAdmin(ReadOnlyAdmin):
    """Each look at a provider's books, the newest first."""

    actions_list = ("look_now",)
    list_display = (
        "started_at", "provider", "since", "missed_events", "movements", "differences", "finished_at", "error",
    )  # fmt: skip
    list_filter = ("provider", ("finished_at", admin.EmptyFieldListFilter))
    fields = list_display
    ordering = ("-started_at",)
    empty_value_display = "-"

    @door("Look now", icon="sync")
    def look_now(self, request: HttpRequest) -> HttpResponse:
        return self.serve_form(request, LookNowForm(typed(request)), title="Look at the providers' books now?")
