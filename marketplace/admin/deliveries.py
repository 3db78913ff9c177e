"""Deliveries for operators: what left, what did not, and sending it once more. No screen shows what was sent."""

from collections.abc import Collection, Sequence
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.formats import localize
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from aiqleads.core.admin import OperatorForm, ReadOnlyAdmin, ReasonField, door, typed
from marketplace import services
from marketplace.models import Delivery, DeliveryTry, Receiver


class ReplayForm(OperatorForm):
    """Why a delivery is sent again."""

    button = "Send it again"
    asks_first = True

    reason = ReasonField(label="Why")

    def __init__(self, data: QueryDict | None = None, *, delivery: Delivery) -> None:
        self.delivery = delivery
        super().__init__(data)

    def review(self) -> Sequence[tuple[str, Any]]:
        return [
            ("What", self.delivery.get_event_display()),
            ("To", f"{self.delivery.organisation}, {self.delivery.get_channel_display()}"),
            ("Why", self.cleaned_data["reason"]),
        ]

    def write(self, *, actor_id: int) -> str:
        services.replay_for_operator(
            delivery_id=self.delivery.pk, actor_id=actor_id, reason=self.cleaned_data["reason"]
        )
        return "On its way again, under the same id."


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    """What is on its way, was delivered, given up or called back."""

    actions_detail = ("replay",)
    list_display = ("event", "channel", "receiver", "organisation", "state", "tries", "made_at", "settled_at")
    list_select_related = ("receiver", "organisation")
    list_filter = ("state", "channel", "event")
    search_fields = ("organisation__name", "receiver__host")
    search_help_text = "Organisation or host"
    ordering = ("-made_at", "-pk")
    fields = (
        ("event", "channel"),
        ("organisation", "receiver"),
        ("state", "why"),
        ("made_at", "settled_at"),
        ("due_at", "tries"),
        "history",
    )
    labels = {"due_at": "Tried again from", "tries": "Tries since it was queued"}

    def closed_doors(self, row: Delivery) -> Collection[str]:
        return () if row.can_be_replayed else self.actions_detail

    @admin.display(description="Every try")
    def history(self, delivery: Delivery) -> SafeString | str:
        told = ((localize(one.started_at), _outcome(one)) for one in delivery.all_tries.order_by("number"))
        return format_html_join("", "<p>{}: {}</p>", told) or "None"

    @door("Send again", icon="replay")
    def replay(self, request: HttpRequest, object_id: str) -> HttpResponse:
        delivery = self.find(request, object_id)
        form = ReplayForm(typed(request), delivery=delivery)
        return self.serve_form(request, form, title="Send this delivery again?", subject=delivery)


def _outcome(one: DeliveryTry) -> str:
    if one.finished_at is None:
        return "being made"
    took = f" after {one.duration_ms} ms" if one.duration_ms else ""
    return f"{f'answered {one.status}' if one.status else one.error}{took}"


@admin.register(Receiver)
class ReceiverAdmin(ReadOnlyAdmin):
    """Where organisations have deliveries sent. Addresses and secrets are theirs alone."""

    list_display = ("host", "kind", "organisation", "is_on", "failures", "rests_until", "made_at")
    list_select_related = ("organisation",)
    list_filter = ("kind", "is_on")
    search_fields = ("organisation__name", "host")
    search_help_text = "Organisation or host"
    ordering = ("-made_at", "-pk")
    fields = (
        ("host", "kind"),
        ("organisation", "events"),
        ("is_on", "off_because"),
        ("failures", "rests_until"),
        ("made_at", "removed_at"),
    )
    labels = {"failures": "Batches in a row that it did not take"}
