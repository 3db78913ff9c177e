"""On what right sources are used: the form that records the next one, and every one so far."""

from datetime import UTC, date, datetime, time
from typing import Any

from django import forms
from django.contrib import admin
from django.http import QueryDict

from aiqleads.core.admin import OperatorForm, ReadOnlyAdmin
from leads import selectors as leads
from leads import services as lead_services
from leads.models import Source, SourceRight

USES = [
    ("may_list", "Offer its leads"),
    ("may_value", "Value homes with it"),
    ("may_suppress", "Take leads off with it"),
]


MLS_USUALLY = {"basis": SourceRight.Basis.LICENSED, "uses": ["may_value", "may_suppress"]}


class RightForm(OperatorForm):
    """On what basis a source may be used, for what, and when."""

    button = "Record the right"
    asks_first = True

    basis = forms.ChoiceField(choices=SourceRight.Basis.choices)
    uses = forms.MultipleChoiceField(
        label="It allows to", choices=USES, required=False, widget=forms.CheckboxSelectMultiple
    )
    since = forms.DateField(
        label="From",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="Empty: from now on.",
    )
    until = forms.DateField(
        label="Until",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="The first day on which it no longer holds (UTC). Empty: until another is recorded.",
    )
    document = forms.CharField(max_length=300, required=False, help_text="Where the licence or permission is kept.")
    terms_version = forms.CharField(label="Version of the terms", max_length=40, required=False)
    contact_email = forms.EmailField(label="Who granted it (e-mail)", required=False)

    def __init__(self, data: QueryDict | None = None, *, source: Source) -> None:
        self.source = source
        super().__init__(data, initial=MLS_USUALLY if source.family == Source.Family.MLS else None)

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        is_granted = said.get("basis") in {SourceRight.Basis.LICENSED, SourceRight.Basis.PERMISSION}
        if is_granted and not said.get("document") and "document" not in self.errors:
            self.add_error("document", "Say where the licence or permission is kept.")
        return said

    def review(self) -> list[tuple[str, Any]]:
        said = self.cleaned_data
        now = leads.right_in_force(self.source)
        uses = [label for use, label in USES if use in said["uses"]]
        return [
            ("Source", self.source.name),
            ("Now", now.get_basis_display() if now else "No right in force"),
            ("From then on", SourceRight.Basis(said["basis"]).label),
            ("It allows to", ", ".join(uses).lower() or "nothing"),
            ("From", said["since"] or "now"),
            ("Until", said["until"] or "another is recorded"),
            ("Document", said["document"] or "none"),
            ("Leads on offer that it tells of", leads.count_told_by(self.source)),
            (
                "What follows",
                "They stay." if "may_list" in said["uses"] else "They go, unless another source keeps them.",
            ),
        ]

    def write(self, *, actor_id: int) -> str:
        said = self.cleaned_data
        lead_services.record_right(
            source=self.source,
            basis=SourceRight.Basis(said["basis"]),
            since=_midnight(said["since"]),
            until=_midnight(said["until"]),
            document=said["document"],
            terms_version=said["terms_version"],
            contact_email=said["contact_email"],
            actor_id=actor_id,
            **{use: use in said["uses"] for use, _ in USES},
        )
        return f"The right of {self.source.name} is recorded."


def _midnight(day: date | None) -> datetime | None:
    return datetime.combine(day, time(), UTC) if day else None


@admin.register(SourceRight)
class SourceRightAdmin(ReadOnlyAdmin):
    """Every right that was ever recorded. A right is not edited; its source's page records the next one."""

    given_along = "source"
    list_display = ("source", "basis", "may_list", "may_value", "may_suppress", "period", "document")
    fields = (*list_display, "terms_version", "contact_email", "recorded_at")
    list_select_related = ("source",)
    list_filter = ("basis", "may_list", "source")
    ordering = ("-recorded_at",)
