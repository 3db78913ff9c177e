"""Leads that may be one home, side by side, and merges that were made: decided, and taken back, by operators."""

from collections.abc import Collection, Sequence
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from aiqleads.core.admin import OperatorForm, ReadOnlyAdmin, door, typed
from leads import services
from leads.models import DoubtfulPair, Lead, Merge
from marketplace.side_by_side import by_age, side_by_side


class SameHomeForm(OperatorForm):
    """Nothing to fill in: makes the newer lead part of the older."""

    button = "Same home"
    asks_first = True

    def __init__(self, data: QueryDict | None = None, *, pair: DoubtfulPair) -> None:
        self.older, self.newer = by_age(pair)
        super().__init__(data)

    def review(self) -> Sequence[tuple[str, Any]]:
        return [
            ("Stays", _in_short(self.older)),
            ("Becomes part of it", _in_short(self.newer)),
            ("Its offer", "Ends. Who holds it is told; where both were bought, the later buyer is credited."),
            ("Can be undone", "Under “Merges”; copies that were closed stay closed."),
        ]

    def write(self, *, actor_id: int) -> str:
        services.merge_leads(winner_id=self.older.pk, loser_id=self.newer.pk, actor_id=actor_id)
        return "One home: the newer lead is part of the older now."


class DifferentHomesForm(OperatorForm):
    """Nothing to fill in: keeps two leads apart for good."""

    button = "Different homes"

    def __init__(self, data: QueryDict | None = None, *, pair: DoubtfulPair) -> None:
        self.pair = pair
        super().__init__(data)

    def write(self, *, actor_id: int) -> str:
        services.keep_apart(one_id=self.pair.first_id, other_id=self.pair.second_id, actor_id=actor_id)
        return "Different homes: they are not asked about again, and no crawl merges them."


class UndoForm(OperatorForm):
    """Nothing to fill in: takes a merge back."""

    button = "Undo the merge"
    asks_first = True

    def __init__(self, data: QueryDict | None = None, *, merge: Merge) -> None:
        self.merge = merge
        super().__init__(data)

    def review(self) -> Sequence[tuple[str, Any]]:
        return [
            ("Keeps what its own adverts say", _in_short(self.merge.winner)),
            ("Comes back", f"{len(self.merge.observation_ids)} of its sightings, and what they said since"),
            ("Copies that were closed", "Stay closed. Who bought keeps what they bought."),
        ]

    def write(self, *, actor_id: int) -> str:
        services.undo_merge(merge_id=self.merge.pk, actor_id=actor_id)
        return "Two leads again; no crawl merges them any more."


@admin.register(DoubtfulPair)
class DoubtfulPairAdmin(ReadOnlyAdmin):
    """Pairs that ingest could not decide about. The queue is the filter "Waits for a decision"."""

    actions_detail = ("same_home", "different_homes")
    list_display = ("homes", "place", "points", "state", "found_at")
    list_display_links = ("homes",)
    list_filter = ("state",)
    list_select_related = ("first", "second", "decided_by")
    list_per_page = 50
    when_empty = "No two leads look like one home. What is left in doubt when adverts are compared waits here."
    ordering = ("-points", "found_at")
    fields = (("state", "points"), ("found_at", "decided_by"))
    change_form_outer_after_template = "admin/side_by_side.html"

    def closed_doors(self, row: DoubtfulPair) -> Collection[str]:
        return () if row.state == DoubtfulPair.State.OPEN else self.actions_detail

    @admin.display(description="Homes")
    def homes(self, pair: DoubtfulPair) -> SafeString:
        return format_html("{}<br>{}", *map(_in_short, by_age(pair)))

    @admin.display(description="Place")
    def place(self, pair: DoubtfulPair) -> str:
        return ", ".join(filter(None, [pair.first.city or pair.second.city, pair.first.zip_code]))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        told = {"beside": side_by_side(self.find(request, object_id))}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **told})

    @door("Same home", icon="join_inner")
    def same_home(self, request: HttpRequest, object_id: str) -> HttpResponse:
        pair = self.find(request, object_id)
        form = SameHomeForm(typed(request), pair=pair)
        return self.serve_form(request, form, title="Are these one home?", subject=pair)

    @door("Different homes", icon="call_split")
    def different_homes(self, request: HttpRequest, object_id: str) -> HttpResponse:
        pair = self.find(request, object_id)
        form = DifferentHomesForm(typed(request), pair=pair)
        return self.serve_form(request, form, title="Keep these two apart?", subject=pair)


@admin.register(Merge)
class MergeAdmin(ReadOnlyAdmin):
    """Leads that became part of others, by whom and why."""

    actions_detail = ("undo",)
    list_display = ("winner", "merged_at", "made_by", "undone_at")
    list_filter = (("undone_at", admin.EmptyFieldListFilter),)
    list_select_related = ("winner", "actor")
    ordering = ("-merged_at",)
    fields = (("winner", "loser"), ("merged_at", "made_by"), "why", ("undone_at", "undone_by"))
    labels = {"winner": "Lead", "loser": "Became part of it"}

    def closed_doors(self, row: Merge) -> Collection[str]:
        return self.actions_detail if row.undone_at else ()

    @admin.display(description="Made by")
    def made_by(self, merge: Merge) -> str:
        return str(merge.actor) if merge.actor else "The product"

    @admin.display(description="Why")
    def why(self, merge: Merge) -> SafeString | str:
        said = ((f"{item['points']:+d}", item["says"]) for item in merge.evidence)
        return format_html_join("", "<p>{} {}</p>", said) or "An operator said so."

    @door("Undo", icon="undo")
    def undo(self, request: HttpRequest, object_id: str) -> HttpResponse:
        merge = self.find(request, object_id)
        form = UndoForm(typed(request), merge=merge)
        return self.serve_form(request, form, title="Make two leads of it again?", subject=merge)


def _in_short(lead: Lead) -> str:
    return ", ".join(filter(None, [lead.summary or "A home of which little is known", lead.street]))
