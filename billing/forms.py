"""What members choose on the pages of money."""

from typing import Any, cast

from django import forms

from billing import recharge_terms, selectors
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
