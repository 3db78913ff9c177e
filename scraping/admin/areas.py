"""Where crawls begin, and what they take there, as operators set it."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, QueryDict

from aiqleads.core.admin import OperatorForm, ReadOnlyAdmin, door, typed
from leads.models import Kind, Source
from scraping.areas import save_area
from scraping.models import CrawlArea

FIELDS = ("name", "start", "category", "state_code", "kinds", "least_price", "stop_at_seen", "is_enabled")


class AreaForm(OperatorForm):
    """One area of a source."""

    name = forms.CharField(max_length=120, help_text="Such as “Austin, homes by owner”.")
    start = forms.CharField(
        max_length=500, label="Begins at", help_text="A path of the site (/search/reo), or an address on its hosts."
    )
    category = forms.CharField(max_length=60, required=False)
    state_code = forms.RegexField(
        r"^[A-Z]{2}$", label="State", required=False, help_text="Two capital letters, such as TX."
    )
    kinds = forms.MultipleChoiceField(
        label="Takes only",
        choices=Kind.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="None chosen: every kind.",
    )
    least_price = forms.IntegerField(label="Least asking price, in dollars", required=False, min_value=0)
    stop_at_seen = forms.IntegerField(
        label="Turn no page after so many known adverts in a row",
        min_value=0,
        max_value=1000,
        initial=0,
        help_text="Only for lists that show the newest first. 0: read them to their end.",
    )
    is_enabled = forms.BooleanField(label="Crawled", required=False, initial=True)

    def __init__(self, data: QueryDict | None = None, *, source: Source, area: CrawlArea | None = None) -> None:
        self.source, self.area = source, area
        super().__init__(data, initial={field: getattr(area, field) for field in FIELDS} if area else None)

    def write(self, *, actor_id: int) -> str:
        facts: dict[str, Any] = {field: self.cleaned_data[field] for field in FIELDS}
        area_id = self.area.pk if self.area else None
        area = save_area(area_id=area_id, slug=self.source.pk, actor_id=actor_id, **facts)
        return f"{area.name} is saved; the next crawl of {self.source.name} goes by it."


@admin.register(CrawlArea)
class CrawlAreaAdmin(ReadOnlyAdmin):
    """The areas of all sources."""

    given_along = "source"
    actions_detail = ("edit",)
    list_display = ("name", "source", "start", "category", "state_code", "is_enabled")
    list_select_related = ("source",)
    list_filter = ("is_enabled", "source")
    search_fields = ("name", "start")
    ordering = ("source", "name")
    fields = (("name", "source"), "start", ("category", "state_code"), ("kinds", "least_price"), ("stop_at_seen",))
    labels = {"start": "Begins at", "stop_at_seen": "Turns no page after so many known adverts in a row"}

    @door("Edit", icon="edit")
    def edit(self, request: HttpRequest, object_id: str) -> HttpResponse:
        area = self.find(request, object_id)
        form = AreaForm(typed(request), source=area.source, area=area)
        return self.serve_form(request, form, title=f"Edit {area.name}", subject=area)
