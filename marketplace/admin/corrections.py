"""What operators fill in to correct a lead's facts, and to let the adverts tell them again."""

from typing import cast

from django import forms
from django.http import QueryDict

from aiqleads.core.admin import OperatorForm, ReasonField
from leads import corrections, services
from leads.models import Lead

FORMAT_HELP = "A number for rooms, area and price; a house number with its street; two letters for a state."


class CorrectionForm(OperatorForm):
    """One field of a lead, and what it should say."""

    button = "Correct it"

    field = forms.ChoiceField(
        label="What", choices=[(name, said) for name, (said, _) in corrections.FIELDS.items()]
    )
    value = forms.CharField(label="Is", max_length=200, help_text=FORMAT_HELP)
    reason = ReasonField(label="How you know")

    def __init__(self, data: QueryDict | None = None, *, lead: Lead) -> None:
        self.lead = lead
        super().__init__(data)

    def write(self, *, actor_id: int) -> str:
        said = self.cleaned_data
        services.correct_lead(
            lead_id=self.lead.pk,
            corrections={said["field"]: said["value"]},
            reason=said["reason"],
            actor_id=actor_id,
        )
        return f"{corrections.FIELDS[said['field']][0]}: corrected. No crawl changes it until you take it back."


class TakeBackForm(OperatorForm):
    """Which corrections no longer count."""

    button = "Take back"

    field = forms.MultipleChoiceField(
        label="What the adverts tell again",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one."},
    )

    def __init__(self, data: QueryDict | None = None, *, lead: Lead) -> None:
        self.lead = lead
        super().__init__(data)
        choice = cast("forms.MultipleChoiceField", self.fields["field"])
        choice.choices = [(name, corrections.FIELDS[name][0]) for name in corrections.in_force(lead)]
        if not choice.choices:
            choice.help_text = "Nothing of this lead is corrected."

    def write(self, *, actor_id: int) -> str:
        services.take_back_correction(lead_id=self.lead.pk, fields=self.cleaned_data["field"], actor_id=actor_id)
        return "The adverts tell it again."
