"""What an agent fills in about a licence."""

from typing import Any

from django import forms

from accounts import licences


class LicenceForm(forms.Form):
    """A licence of one state."""

    state_code = forms.ChoiceField(
        label="State", choices=[("", "Choose"), *sorted(licences.STATES.items(), key=lambda state: state[1])]
    )
    number = forms.CharField(
        label="Licence number",
        max_length=licences.LONGEST_NUMBER,
        help_text="As it stands on the licence.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    expires_on = forms.DateField(
        label="Last day", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def add_refusal(self, field: str | None, says: str) -> None:
        """Show a refusal beside the field that it is about, or above the form."""
        self.add_error(field if field in self.fields else None, says)

    @property
    def licence(self) -> dict[str, Any]:
        """What ``services.add_licence`` is told."""
        return {name: self.cleaned_data[name] for name in self.fields}
