"""Keys of suppliers: issued for one source and shown once, revoked for good."""

from collections.abc import Collection
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, QueryDict

from aiqleads.core.admin import OperatorForm, ReadOnlyAdmin, door, typed
from leads.models import Source
from scraping import selectors, suppliers
from scraping.models import SupplierKey


class IssueForm(OperatorForm):
    """For which source, and whose system uses it."""

    button = "Issue the key"

    source = forms.ModelChoiceField(
        queryset=Source.objects.none(), help_text="What comes in under the key is this source's."
    )
    name = forms.CharField(label="Whose system uses it", max_length=80)

    def __init__(self, data: QueryDict | None = None) -> None:
        super().__init__(data)
        cast("forms.ModelChoiceField[Source]", self.fields["source"]).queryset = selectors.sources_of_others()

    def write(self, *, actor_id: int) -> str:
        key, plain = suppliers.issue_key(
            source=self.cleaned_data["source"], name=self.cleaned_data["name"], actor_id=actor_id
        )
        return f"The key of {key.name}, which is shown this once: {plain}"


class RevokeForm(OperatorForm):
    """Asks first: a revoked key never opens anything again."""

    button = "Revoke the key"
    asks_first = True

    def __init__(self, data: QueryDict | None = None, *, key: SupplierKey) -> None:
        self.key = key
        super().__init__(data)

    def review(self) -> list[tuple[str, Any]]:
        return [
            ("Key", str(self.key)),
            ("Source", self.key.source.name),
            ("What follows", "Its system is turned away."),
        ]

    def write(self, *, actor_id: int) -> str:
        key = suppliers.revoke_key(key_id=self.key.pk, actor_id=actor_id)
        return f"The key of {key.name} is revoked."


@admin.register(SupplierKey)
class SupplierKeyAdmin(ReadOnlyAdmin):
    """Which partners may send leads by program."""

    actions_list = ("issue",)
    actions_detail = ("revoke",)
    list_display = ("name", "source", "beginning", "issued_at", "used_at", "revoked_at")
    list_select_related = ("source",)
    list_filter = ("source", ("revoked_at", admin.EmptyFieldListFilter))
    ordering = ("-issued_at",)
    fields = (("name", "source"), ("beginning", "issued_at"), ("used_at", "revoked_at"))
    empty_value_display = "-"

    def closed_doors(self, row: SupplierKey) -> Collection[str]:
        return self.actions_detail if row.revoked_at else ()

    @door("Issue a key", icon="add", is_sensitive=True)
    def issue(self, request: HttpRequest) -> HttpResponse:
        return self.serve_form(request, IssueForm(typed(request)), title="Issue a key for a supplier")

    @door("Revoke", icon="key_off", is_sensitive=True)
    def revoke(self, request: HttpRequest, object_id: str) -> HttpResponse:
        key = self.find(request, object_id)
        return self.serve_form(request, RevokeForm(typed(request), key=key), title=f"Revoke {key}?", subject=key)
