"""A standing order as its owner writes it."""

from typing import Any
from uuid import UUID

from django import forms

from marketplace.models import Territory
from marketplace.standing_terms import MOST_CREDITS, MOST_LEADS, Caps


class StandingOrderForm(forms.Form):
    """What to buy, and within which caps."""

    name = forms.CharField(
        label="Name", required=False, max_length=80, help_text="Left empty, it is called by its filters."
    )
    query = forms.CharField(required=False, max_length=30_000, widget=forms.HiddenInput)
    territory = forms.ModelChoiceField(
        label="Only in a territory", queryset=Territory.objects.none(), required=False, empty_label="Anywhere"
    )
    most_credits_per_lead = forms.IntegerField(label="Credits for one lead, at most", min_value=1, max_value=10_000)
    daily_leads = forms.IntegerField(label="Leads a day", min_value=1, max_value=MOST_LEADS)
    daily_credits = forms.IntegerField(label="Credits a day", min_value=1, max_value=MOST_CREDITS)
    monthly_leads = forms.IntegerField(label="Leads a month", min_value=1, max_value=MOST_LEADS)
    monthly_credits = forms.IntegerField(label="Credits a month", min_value=1, max_value=MOST_CREDITS)

    def __init__(self, *args: Any, organisation_id: UUID, **options: Any) -> None:
        super().__init__(*args, **options)
        owned = Territory.objects.filter(organisation=organisation_id).order_by("name", "pk")
        self.fields["territory"].queryset = owned  # type: ignore[attr-defined]

    def caps(self) -> Caps:
        """The caps of a valid form."""
        return Caps(**{name: self.cleaned_data[name] for name in Caps.__slots__})


class ConsentForm(forms.Form):
    """That a member agrees to the text that was shown."""

    agrees = forms.BooleanField(error_messages={"required": "Tick the box to agree."})
    terms = forms.CharField(max_length=16, error_messages={"required": "Reload the page and read it again."})
