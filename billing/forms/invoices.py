"""Whom invoices are made out to."""

from typing import Any

from django import forms

from billing import addresses


def _line(label: str, fills: str, *, most: int, is_asked: bool = True, help_text: str = "") -> forms.CharField:
    """One line. ``fills`` is what browsers call it, to fill it in."""
    widget = forms.TextInput(attrs={"autocomplete": fills})
    return forms.CharField(label=label, max_length=most, required=is_asked, help_text=help_text, widget=widget)


class BillingProfileForm(forms.Form):
    """The profile; checked as the API checks it."""

    name = _line("Name", "organization", most=120, help_text="A firm, or a person.")
    email = forms.EmailField(
        label="E-mail for invoices",
        max_length=254,
        required=False,
        help_text="Nothing said: the owner's.",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    street = _line("Street", "street-address", most=200)
    city = _line("City", "address-level2", most=80)
    region = _line(
        "State or region",
        "address-level1",
        most=40,
        is_asked=False,
        help_text="In the United States two letters: TX.",
    )
    postal_code = _line("ZIP or postal code", "postal-code", most=16, is_asked=False)
    country = _line("Country", "country", most=2, help_text="Two letters: US.")
    tax_id = _line("Tax number", "off", most=40, is_asked=False, help_text="Printed as it is. Nothing said: none.")

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if self.errors:
            return said
        said = addresses.tidy(said)
        for column, says in addresses.wrong_with(said).items():
            self.add_error(column, says)
        return said
