"""Where an organisation works, as its members type it."""

import re
from typing import Final

from django import forms

MOST_PREFIXES: Final = 200
_SEPARATORS: Final = re.compile(r"[\s,;]+")
_PREFIX: Final = re.compile(r"[0-9]{3,5}")


def read_prefixes(text: str) -> list[str]:
    """ZIP codes, or how they begin, out of a text with commas, spaces or lines between them.

    :raises forms.ValidationError: there is none, there are too many, or one is none
    """
    words = [word for word in _SEPARATORS.split(text) if word]
    wrong = next((word for word in words if not _PREFIX.fullmatch(word)), None)
    if wrong is not None:
        raise forms.ValidationError(f"“{wrong[:20]}” is no ZIP code and no beginning of one, such as 787.")
    if not 1 <= len(words) <= MOST_PREFIXES:
        raise forms.ValidationError(f"Enter 1 to {MOST_PREFIXES} ZIP codes or beginnings.")
    return sorted(set(words))


class WorkAreaForm(forms.Form):
    """ZIP codes, or how they begin."""

    zip_codes = forms.CharField(
        label="ZIP codes",
        max_length=3_000,
        widget=forms.Textarea(attrs={"rows": 4, "placeholder": "787, 78613, 78641"}),
        help_text="Five digits, or the first three or four for everything that begins so; commas between them.",
        error_messages={"required": "Enter at least one."},
    )

    def clean_zip_codes(self) -> list[str]:
        return read_prefixes(self.cleaned_data["zip_codes"])
