"""Erasures for operators: how far each is, holder by holder; going on with one, and replaying the journal."""

from collections.abc import Collection, Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Count, F, Q, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.formats import localize
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from accounts.models import Erasure
from accounts.services import erasures
from aiqleads.core.admin import OperatorForm, ReadOnlyAdmin, door, typed


class CarryOnForm(OperatorForm):
    """Has the holders tried again that are not done."""

    button = "Go on now"

    def __init__(self, data: QueryDict | None = None, *, erasure: Erasure) -> None:
        self.erasure = erasure
        super().__init__(data)

    def write(self, *, actor_id: int) -> str:
        erasures.ask_to_carry_on(erasure_id=self.erasure.pk, actor_id=actor_id)
        return "Its holders are tried again. Look here in a minute."


class ReplayForm(OperatorForm):
    """Erases again whoever the journal says was erased: for after a restore."""

    button = "Replay it"
    asks_first = True

    def review(self) -> Sequence[tuple[str, Any]]:
        entries = erasures.journal_entries()
        return [
            ("Erasures in the journal", f"{entries:,}"),
            ("What happens", "Each is looked for again, by keyed hashes, and erased where it came back"),
        ]

    def write(self, *, actor_id: int) -> str:
        erasures.ask_to_replay(actor_id=actor_id)
        return "The journal is being replayed. What came back is erased again."


@admin.register(Erasure)
class ErasureAdmin(ReadOnlyAdmin):
    """Erasures, those that are not finished first. Whose they are is told nowhere."""

    actions_list = ("replay",)
    actions_detail = ("carry_on",)
    list_display = ("begun_at", "why", "far", "journaled_at", "finished_at")
    list_filter = (("finished_at", admin.EmptyFieldListFilter),)
    ordering = (F("finished_at").desc(nulls_first=True), "-begun_at")
    fields = (("begun_at", "finished_at"), ("why", "journaled_at"), "holders")
    labels = {"begun_at": "Begun", "finished_at": "Finished", "journaled_at": "In the journal"}
    empty_value_display = "-"
    when_empty = "Nobody was erased yet."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Erasure]:
        rows: QuerySet[Erasure] = super().get_queryset(request)
        counted = Count("steps"), Count("steps", filter=Q(steps__done_at__isnull=False))
        return rows.annotate(holder_count=counted[0], done_count=counted[1])

    def closed_doors(self, row: Erasure) -> Collection[str]:
        return self.actions_detail if row.finished_at else ()

    @admin.display(description="Asked by")
    def why(self, erasure: Erasure) -> str:
        if erasure.request_id:
            return "A privacy request"
        return "A state's deletion list" if erasure.deletion_list_id else "An operator, or the journal"

    @admin.display(description="Holders done")
    def far(self, erasure: Any) -> str:
        return f"{erasure.done_count} of {erasure.holder_count}"

    @admin.display(description="Holder by holder")
    def holders(self, erasure: Erasure) -> SafeString | str:
        """What each did, in counts; of one that failed, what kind of error, and how often it was tried."""
        rows = ((step.holder, _told(step)) for step in erasure.steps.order_by("number"))
        return format_html_join("", "<p>{}: {}</p>", rows) or "-"

    @door("Go on now", icon="play_arrow", is_sensitive=True)
    def carry_on(self, request: HttpRequest, object_id: str) -> HttpResponse:
        erasure = self.find(request, object_id)
        form = CarryOnForm(typed(request), erasure=erasure)
        return self.serve_form(request, form, title="Try its holders again?", subject=erasure)

    @door("Replay the journal", icon="replay", is_sensitive=True)
    def replay(self, request: HttpRequest) -> HttpResponse:
        return self.serve_form(request, ReplayForm(typed(request)), title="Replay the journal of erasures?")


def _told(step: Any) -> str:
    if step.done_at is None:
        return f"waits; {step.error}, tried {step.tries} times" if step.error else "waits"
    counts = ", ".join(f"{count} {model}" for model, count in step.counts.items())
    return f"{counts or 'nothing was there'}, {localize(step.done_at)}"
