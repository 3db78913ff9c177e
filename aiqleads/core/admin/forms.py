"""Forms of operators: each checks what was typed and calls one service."""

import re
from collections.abc import Sequence
from typing import Any, ClassVar, Final

from django import forms
from django.http import HttpRequest, QueryDict

REACHES_SOMEBODY: Final = re.compile(r"@|(?:\d[\s().+-]*){7}")


def typed(request: HttpRequest) -> QueryDict | None:
    """What was sent to a form; None where it is only looked at."""
    return request.POST if request.method == "POST" else None


class OperatorForm(forms.Form):
    """What an operator fills in. ``write`` is the door: it calls the service and says what was done.

    :ivar button: what the last button says
    :cvar template: the page that shows it
    :cvar asks_first: whether a second page shows ``review()`` before anything is written
    """

    button: str = "Save"
    template: ClassVar[str] = "admin/operator_form.html"
    asks_first: ClassVar[bool] = False
    required_css_class = "is-required"

    def write(self, *, actor_id: int) -> str:
        """Call the service with what was typed; return a sentence for the operator.

        :raises Refusal: shown beside its ``field``, or above the form
        """
        raise NotImplementedError

    def review(self) -> Sequence[tuple[str, Any]]:
        """What is about to happen, as (what, value) pairs for the page that asks first."""
        return ()


class ReasonField(forms.CharField):
    """Why, in words that buyers may see and the audit trail keeps: so nobody's phone or e-mail."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"max_length": 150, "label": "Why", **options})

    def validate(self, value: str) -> None:
        super().validate(value)
        if REACHES_SOMEBODY.search(value):
            raise forms.ValidationError("Leave phone numbers and e-mail addresses out: others will read this.")
