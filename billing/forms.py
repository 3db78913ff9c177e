"""What members choose on the pages of money."""

from typing import Any, cast

from django import forms

from billing import selectors


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
