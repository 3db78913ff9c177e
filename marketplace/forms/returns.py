"""What a buyer fills in to give a purchase back, and to appeal. Nothing here saves."""

from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.core.files.base import File

from aiqleads.core.uploads import Examined
from marketplace import evidence
from marketplace.errors import EvidenceRefused
from marketplace.return_rules import BUYERS_REASONS, Reason

LONGEST_EXPLANATION = 2_000


class ManyFilesInput(forms.ClearableFileInput):
    """A file field that takes several."""

    allow_multiple_selected = True


class EvidenceField(forms.FileField):
    """Files that show what is said, looked into."""

    widget = ManyFilesInput(attrs={"accept": evidence.ACCEPTED})

    def clean(self, data: Any, initial: Any = None) -> list[Examined]:
        brought = cast("Sequence[File[bytes]]", data if isinstance(data, list | tuple) else [data] if data else [])
        try:
            return evidence.examine(brought)
        except EvidenceRefused as refusal:
            raise forms.ValidationError(refusal.detail) from refusal


class ReturnForm(forms.Form):
    """Why a purchase comes back."""

    reason = forms.TypedChoiceField(
        label="What is wrong",
        choices=[(reason.value, reason.label) for reason in BUYERS_REASONS],
        coerce=Reason,
        widget=forms.RadioSelect,
        error_messages={"required": "Say what is wrong."},
    )
    explanation = forms.CharField(
        label="In your own words",
        required=False,
        max_length=LONGEST_EXPLANATION,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="When you called, who answered, what you found. Only operators read it.",
    )
    exhibits = EvidenceField(
        label="Evidence",
        required=False,
        help_text=f"At most {evidence.MAX_FILES} files of 5 MB: {evidence.KINDS}. Only operators open them.",
    )


class AppealForm(forms.Form):
    """What the first decision overlooked."""

    explanation = forms.CharField(
        label="What did we overlook?",
        max_length=LONGEST_EXPLANATION,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "Say what the decision overlooked."},
    )
