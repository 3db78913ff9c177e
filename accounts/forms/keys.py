"""What somebody says who makes an API key."""

from typing import Final

from django import forms

from accounts.models.credentials import Scope

LASTS: Final = [(30, "30 days"), (90, "90 days"), (180, "half a year"), (365, "a year")]


class KeyForm(forms.Form):
    """A name to know it by, what it is for, and until when."""

    name = forms.CharField(label="Name", max_length=80, help_text="What program uses it, and where.")
    scopes = forms.MultipleChoiceField(
        label="It may", choices=Scope.choices, initial=[Scope.READ], widget=forms.CheckboxSelectMultiple
    )
    lasts_days = forms.TypedChoiceField(label="It ends after", choices=LASTS, initial=90, coerce=int)
