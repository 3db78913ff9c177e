"""Giving a source to operators who are no curators of all."""

from typing import cast

from django import forms
from django.http import QueryDict

from accounts.models import User
from aiqleads.core.admin import OperatorForm
from leads import delegation
from leads.models import Source


class DelegationForm(OperatorForm):
    """Who looks after one source: its screens and its leads in the queue, and nothing else."""

    button = "Keep them"

    operators = forms.ModelMultipleChoiceField(
        User.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Beside curators, who look after all. Nobody chooses themselves.",
    )

    def __init__(self, data: QueryDict | None = None, *, source: Source) -> None:
        self.source = source
        super().__init__(data, initial={"operators": [one.user_id for one in source.delegations.all()]})
        field = cast("forms.ModelMultipleChoiceField[User]", self.fields["operators"])
        field.queryset = User.objects.filter(is_staff=True, is_active=True).order_by("email")

    def write(self, *, actor_id: int) -> str:
        chosen = [user.pk for user in self.cleaned_data["operators"]]
        users = delegation.delegate_source(slug=self.source.pk, user_ids=chosen, actor_id=actor_id)
        return f"{self.source.name}: {', '.join(map(str, users)) or 'curators alone'}."
