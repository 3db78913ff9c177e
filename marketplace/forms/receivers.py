"""What owners write about where deliveries go."""

from django import forms

from marketplace.models import CHOSEN_EVENTS, DeliveryEvent
from marketplace.receiver_addresses import LONGEST_URL


class WebhookForm(forms.Form):
    """A webhook's address and what it hears of."""

    url = forms.CharField(
        label="Address",
        max_length=LONGEST_URL,
        help_text="https, reachable by everybody: https://crm.example.com/hooks/leads",
        widget=forms.URLInput(attrs={"class": "input", "inputmode": "url", "autocomplete": "off"}),
    )
    events = forms.MultipleChoiceField(
        label="Tell it when",
        choices=CHOSEN_EVENTS,
        initial=[DeliveryEvent.PURCHASED],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one."},
    )


class FollowUpBossForm(forms.Form):
    """The key of a Follow Up Boss account."""

    key = forms.CharField(
        label="API key",
        max_length=200,
        help_text="From Admin → API in Follow Up Boss. Kept encrypted and never shown again.",
        widget=forms.PasswordInput(attrs={"class": "input", "autocomplete": "off"}),
    )
