"""A territory as its owner writes it."""

import re
from typing import Any, Final

from django import forms

from accounts.models import Membership
from aiqleads.core.geo import Area
from marketplace.forms.fields import AreaField
from marketplace.grounds import Ground, read_counties, read_zips, whole

_BETWEEN_ZIPS: Final = re.compile(r"[\s,;]+")
_BETWEEN_COUNTIES: Final = re.compile(r"[\n;]+")


class TerritoryForm(forms.Form):
    """A territory to own, or what it is to become."""

    name = forms.CharField(label="Name", max_length=80, error_messages={"required": "Give it a name."})
    zip_codes = forms.CharField(
        label="ZIP codes",
        required=False,
        max_length=14_000,
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": "78704, 78745"}),
        help_text="Five digits each, with commas, spaces or lines between them.",
    )
    counties = forms.CharField(
        label="Counties",
        required=False,
        max_length=8_000,
        widget=forms.Textarea(attrs={"rows": 2, "placeholder": "Travis County, TX"}),
        help_text="With their state, one on each line.",
    )
    polygon = AreaField(label="Drawn area", required=False)
    membership = forms.ModelChoiceField(
        label="Whose it is",
        queryset=Membership.objects.none(),
        required=False,
        empty_label="The whole organisation",
    )
    has_early_access = forms.BooleanField(label="See and hold its new leads first", required=False)

    def __init__(self, *args: Any, organisation_id: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        members = Membership.objects.filter(organisation=organisation_id).select_related("user")
        holder = self.fields["membership"]
        holder.queryset = members.order_by("created_at", "pk")  # type: ignore[attr-defined]
        holder.label_from_instance = lambda member: member.user.email  # type: ignore[attr-defined]

    def clean_zip_codes(self) -> tuple[str, ...]:
        return read_zips([word for word in _BETWEEN_ZIPS.split(self.cleaned_data["zip_codes"]) if word])

    def clean_counties(self) -> tuple[str, ...]:
        return read_counties(
            [line for line in _BETWEEN_COUNTIES.split(self.cleaned_data["counties"]) if line.strip()]
        )

    def clean_polygon(self) -> Area | None:
        return whole(self.cleaned_data["polygon"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and not (cleaned["zip_codes"] or cleaned["counties"] or cleaned["polygon"]):
            raise forms.ValidationError("Say where it lies: ZIP codes, counties, or an area drawn on the map.")
        return cleaned

    def ground(self) -> Ground:
        """Where the territory of a valid form lies."""
        said = self.cleaned_data
        return Ground(zip_codes=said["zip_codes"], counties=said["counties"], area=said["polygon"])
