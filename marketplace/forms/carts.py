"""A cart as its buyer saw it."""

from uuid import UUID

from django import forms


class CheckoutForm(forms.Form):
    """The cart as its buyer saw it, and the token that makes a second click harmless."""

    idempotency_key = forms.UUIDField(error_messages={"required": "Reload the cart and try again."})
    total_credits = forms.IntegerField(min_value=1, error_messages={"required": "Reload the cart and try again."})
    lines = forms.CharField(max_length=4_000, error_messages={"required": "You are holding no lead."})

    def clean_lines(self) -> list[UUID]:
        try:
            return [UUID(line) for line in self.cleaned_data["lines"].split(",")]
        except ValueError as error:
            raise forms.ValidationError("Reload the cart and try again.") from error


class TopUpForm(CheckoutForm):
    """The same, and the pack that brings the credits it lacks."""

    pack = forms.SlugField(max_length=40, error_messages={"required": "Choose how many credits to buy."})
    provider = forms.SlugField(max_length=16, error_messages={"required": "Choose how to pay."})
