"""What members fill in to hand bought leads over. Nothing here saves."""

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from django import forms

from accounts.models import Membership
from marketplace.models import AssignmentPolicy
from marketplace.services.assigning import LONGEST_REASON

MOST_TOGETHER: Final = 200
IN_TURN: Final = "turn"
_NOBODY_CHOSEN: Final = {"required": "Choose who works on it."}


def read_purchases(written: Iterable[str]) -> list[UUID]:
    """Ids of purchases as a page sends them, each once.

    :raises forms.ValidationError: there is none, there are more than ``MOST_TOGETHER``, or one is no id
    """
    try:
        asked = list(dict.fromkeys(UUID(one) for one in written))
    except ValueError as error:
        raise forms.ValidationError("This is no lead of yours.") from error
    if not 1 <= len(asked) <= MOST_TOGETHER:
        raise forms.ValidationError(f"Mark 1 to {MOST_TOGETHER} leads.")
    return asked


class AssignForm(forms.Form):
    """To whom leads go, and why. ``member`` is a member's id, or ``turn``."""

    member = forms.ChoiceField(label="Give it to", error_messages=_NOBODY_CHOSEN)
    reason = forms.CharField(label="Why (your organisation reads it)", required=False, max_length=LONGEST_REASON)

    def __init__(
        self, data: Any = None, *, colleagues: Iterable[Membership], in_charge: UUID | None = None, **options: Any
    ) -> None:
        super().__init__(data, **options)
        names = [(str(one.pk), str(one.user)) for one in colleagues if one.pk != in_charge]
        choices = [("", "Choose somebody"), *names, (IN_TURN, "Whoever’s turn it is")]
        self.fields["member"] = forms.ChoiceField(
            label=self.fields["member"].label, choices=choices, error_messages=_NOBODY_CHOSEN
        )


class RuleForm(forms.Form):
    """To whom new purchases go by themselves."""

    rule = forms.TypedChoiceField(
        label="A new lead",
        choices=AssignmentPolicy.Rule.choices,
        coerce=AssignmentPolicy.Rule,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose one."},
    )
