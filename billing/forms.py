"""What members choose on the pages of money."""

from typing import Any, Self, cast
from uuid import uuid4

from django import forms

from billing import addresses, recharge_terms, selectors
from billing.models import Pack


class ProviderForm(forms.Form):
    """Who takes the money; the first where nobody chose."""

    provider = forms.ChoiceField(widget=forms.RadioSelect, label="Pay by")

    def __init__(self, data: Any = None, *, ways: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(data, **options)
        field = cast(forms.ChoiceField, self.fields["provider"])
        field.choices = ways
        field.initial = ways[0][0] if ways else None
        if len(ways) == 1:
            field.widget = forms.HiddenInput()


class PackForm(ProviderForm):
    """A pack; ``payment_id`` makes a form that is sent twice one payment."""

    payment_id = forms.UUIDField(widget=forms.HiddenInput)
    pack = forms.ChoiceField(widget=forms.RadioSelect, label="How many credits")

    def __init__(self, data: Any = None, **options: Any) -> None:
        super().__init__(data, **options)
        self.packs = list(selectors.packs_on_offer())
        field = cast(forms.ChoiceField, self.fields["pack"])
        field.choices = [(pack.code, pack.name) for pack in self.packs]
        field.initial = self.packs[0].code if self.packs else None

    def for_another_payment(self) -> Self:
        """The same choice under a number that no payment has: what was refused is not sent again."""
        self.data = {**self.data, "payment_id": str(uuid4())}
        return self


class MethodForm(ProviderForm):
    """Where a way of paying is left; ``setup_id`` makes a form that is sent twice one page."""

    setup_id = forms.UUIDField(widget=forms.HiddenInput)


class RechargeForm(forms.Form):
    """What is bought by itself, and when."""

    pack = forms.ChoiceField(label="Buy")
    below_credits = forms.IntegerField(
        label="When there are fewer credits than",
        min_value=1,
        max_value=recharge_terms.HIGHEST_THRESHOLD_CREDITS,
    )
    most_a_day = forms.IntegerField(
        label="At most so often within 24 hours", min_value=1, max_value=recharge_terms.MOST_A_DAY
    )

    def __init__(self, data: Any = None, **options: Any) -> None:
        super().__init__(data, **options)
        self.packs = {pack.code: pack for pack in selectors.packs_on_offer()}
        field = cast(forms.ChoiceField, self.fields["pack"])
        field.choices = [
            (code, f"{pack.name} for {pack.price_cents / 100:,.2f} USD") for code, pack in self.packs.items()
        ]

    @property
    def chosen_pack(self) -> Pack:
        """The chosen one, of a valid form."""
        return self.packs[self.cleaned_data["pack"]]


class AgreementForm(forms.Form):
    """That the text was read: which text, and which price it named."""

    version = forms.CharField(max_length=20, widget=forms.HiddenInput)
    price_cents = forms.IntegerField(min_value=1, max_value=10**9, widget=forms.HiddenInput)
    agrees = forms.BooleanField(error_messages={"required": "Tick that you agree, or leave it off."})


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
