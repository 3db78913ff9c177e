"""What members fill in to share a bought lead. Nothing here saves."""

from collections.abc import Iterable
from typing import Any, cast

from django import forms

from accounts.models import Membership


class ShareForm(forms.Form):
    """With whom. ``member`` is a member's id."""

    member = forms.ChoiceField(label="Share it with", error_messages={"required": "Choose a colleague."})

    def __init__(self, data: Any = None, *, colleagues: Iterable[Membership], **options: Any) -> None:
        super().__init__(data, **options)
        self.colleagues = {str(one.pk): one for one in colleagues}
        names = [(pk, str(one.user)) for pk, one in self.colleagues.items()]
        cast("forms.ChoiceField", self.fields["member"]).choices = [("", "Choose a colleague"), *names]
