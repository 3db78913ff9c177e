"""Pages kept as tests, and the selectors of a site with a live preview of what they read.

A page's markup is parsed, never shown: the preview holds its words and the fields read from them, escaped.
"""

from collections.abc import Iterator
from functools import cached_property
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.forms.boundfield import BoundField
from django.http import HttpRequest, HttpResponse, QueryDict

from aiqleads.core.admin import OperatorForm, ReadOnlyAdmin, door, typed
from leads.models import Source
from scraping import saved_pages, selectors
from scraping.errors import SelectorsRefused
from scraping.models import SavedPage
from scraping.readers.by_selector import SELECTABLE

MAX_PASTED_CHARACTERS = 2_000_000
LABELS = {
    "external_id": "Number of the advert", "url": "Address of the page", "asking_price": "Price", "zip": "ZIP",
    "area_sqft": "Area", "lat": "Latitude", "lng": "Longitude", "posted_at": "Posted", "updated_at": "Updated",
    "contact_name": "Contact", "property_type": "Kind of home", "image_urls": "Pictures", "emails": "E-mails",
}  # fmt: skip


def label_of(field: str) -> str:
    """What operators call a field of a record."""
    return LABELS.get(field, field.replace("_", " ").capitalize())


class MarkupField(forms.CharField):
    """A page's HTML, pasted."""

    widget = forms.Textarea(attrs={"rows": 5, "spellcheck": "false"})

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"max_length": MAX_PASTED_CHARACTERS, "strip": False, **options})


def as_bytes(markup: str) -> bytes:
    """Pasted text is no longer in the charset that the page declares; the mark in front outranks it."""
    return markup.encode("utf-8-sig")


class SelectorsForm(OperatorForm):
    """A selector per field, and a page to try them on."""

    template = "admin/site_selectors.html"
    button = "Save the selectors"

    sample = forms.ChoiceField(label="Try them on", required=False)
    markup = MarkupField(label="Or on this page's HTML", required=False)
    address_of_markup = forms.URLField(label="Its address", required=False, assume_scheme="https", max_length=2000)
    accepts_changes = forms.BooleanField(
        label="The saved pages should from now on read as they do with these selectors", required=False
    )

    def __init__(self, data: QueryDict | None = None, *, source: Source) -> None:
        self.source = source
        pages = list(source.saved_pages.defer("body", "expected").order_by("name"))
        super().__init__(data, initial={**selectors.selectors_of(source), "sample": pages[0].pk if pages else ""})
        choices = [*((str(page.pk), page.name) for page in pages), ("", "The HTML below")]
        cast("forms.ChoiceField", self.fields["sample"]).choices = choices
        for field in SELECTABLE:
            self.fields[field] = forms.CharField(
                label=label_of(field),
                required=False,
                max_length=300,
                widget=forms.TextInput({"spellcheck": "false"}),
            )

    @property
    def rules(self) -> dict[str, str]:
        """What was typed, or what is kept."""
        told = self.cleaned_data if self.is_bound and self.is_valid() else self.initial
        return {field: told[field] for field in SELECTABLE if told.get(field)}

    @cached_property
    def preview(self) -> saved_pages.Preview | None:
        """The page to try on, read with and without the selectors; ``None`` where there is none."""
        body, url = self._sample()
        if not body:
            return None
        try:
            return saved_pages.preview(source=self.source, body=body, url=url, rules=self.rules)
        except SelectorsRefused as refusal:
            if self.is_bound:
                self.add_error(refusal.field if refusal.field in self.fields else None, refusal.detail)
            return None

    def _sample(self) -> tuple[bytes, str]:
        said = self.cleaned_data if self.is_bound and self.is_valid() else self.initial
        if said.get("markup"):
            return as_bytes(said["markup"]), said.get("address_of_markup", "")
        if not said.get("sample"):
            return b"", ""
        page = self.source.saved_pages.get(pk=said["sample"])
        return saved_pages.body_of(page), page.url

    def rows(self) -> Iterator[tuple[BoundField, Any, Any]]:
        """Each field with what the page says of it without the selectors and with them."""
        seen = self.preview
        for field in SELECTABLE:
            without, read = (seen.without.get(field), seen.read.get(field)) if seen else (None, None)
            is_lost = seen is not None and field in seen.read.get("lost", ())
            yield self[field], _shown(without), "Lost" if is_lost else _shown(read)

    def write(self, *, actor_id: int) -> str:
        written = saved_pages.set_selectors(
            slug=self.source.pk,
            rules=self.rules,
            accepts_changes=self.cleaned_data["accepts_changes"],
            actor_id=actor_id,
        )
        return f"{self.source.name} is read with {len(written.rules)} selectors from now on."


def _shown(value: Any) -> str:
    if value in (None, []):
        return ""
    return "\n".join(map(str, value)) if isinstance(value, list) else str(value)


class SavePageForm(OperatorForm):
    """A page that should always read as it does now."""

    asks_first = True
    button = "Save the page"

    name = forms.CharField(max_length=120, help_text="What is special about it: “rental without a price, 2026”.")
    url = forms.URLField(
        label="Its address",
        required=False,
        assume_scheme="https",
        max_length=2000,
        help_text="Its links lead from here.",
    )
    markup = MarkupField(label="The page's HTML or JSON", help_text="As the site sent it, not as scripts drew it.")

    def __init__(self, data: QueryDict | None = None, *, source: Source) -> None:
        self.source = source
        super().__init__(data)

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        if said.get("markup"):
            try:
                saved_pages.preview(
                    source=self.source, body=as_bytes(said["markup"]), url=said.get("url", ""), rules={}
                )
            except SelectorsRefused as refusal:
                self.add_error("markup", refusal.detail)
        return said

    def review(self) -> list[tuple[str, Any]]:
        said = self.cleaned_data
        seen = saved_pages.preview(
            source=self.source,
            body=as_bytes(said["markup"]),
            url=said["url"],
            rules=selectors.selectors_of(self.source),
        )
        told = [(label_of(field), _shown(value)) for field, value in seen.read.items() if _shown(value)]
        return [("The page is", seen.page), ("Because", seen.reason or "it reads like one"), *told]

    def write(self, *, actor_id: int) -> str:
        said = self.cleaned_data
        page = saved_pages.save_page(
            slug=self.source.pk,
            name=said["name"],
            body=as_bytes(said["markup"]),
            url=said["url"],
            actor_id=actor_id,
        )
        return f"“{page.name}” is saved. Selectors that change what it says will be refused."


class ForgetPageForm(OperatorForm):
    """Nothing to fill in: only the button that deletes a saved page."""

    button = "Forget the page"
    asks_first = True

    def __init__(self, data: QueryDict | None = None, *, page: SavedPage) -> None:
        self.page = page
        super().__init__(data)

    def review(self) -> list[tuple[str, Any]]:
        return [("Page", self.page.name), ("What follows", "Nothing guards it any more. It cannot be undone.")]

    def write(self, *, actor_id: int) -> str:
        saved_pages.forget_page(page_id=self.page.pk, actor_id=actor_id)
        return f"“{self.page.name}” is forgotten."


@admin.register(SavedPage)
class SavedPageAdmin(ReadOnlyAdmin):
    """Pages as they once were; each must go on reading as it did. Its own page reads it again."""

    given_along = "source"
    actions_detail = ("forget",)
    list_display = ("name", "source", "saved_at")
    list_select_related = ("source",)
    list_filter = ("source",)
    search_fields = ("name",)
    ordering = ("source", "name")
    fields = ("name", "source", "url", "saved_at", "reads_now")
    labels = {"url": "Address"}

    def get_queryset(self, request: HttpRequest) -> QuerySet[SavedPage]:
        pages: QuerySet[SavedPage] = super().get_queryset(request)
        return pages.defer("body", "expected")

    @admin.display(description="Read again just now")
    def reads_now(self, page: SavedPage) -> str:
        found = saved_pages.changes_of(page, rules=selectors.selectors_of(page.source))
        return "\n".join(map(str, found)) or "As when it was saved."

    @door("Forget", icon="delete")
    def forget(self, request: HttpRequest, object_id: str) -> HttpResponse:
        page = self.find(request, object_id)
        form = ForgetPageForm(typed(request), page=page)
        return self.serve_form(request, form, title=f"Forget “{page.name}”?", subject=None)
