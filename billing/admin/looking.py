"""The button by which an operator asks a provider now, instead of waiting for its message."""

from collections.abc import Callable

from django.db import models
from django.http import QueryDict

from aiqleads.core.admin import OperatorForm
from billing.errors import ProviderAway
from billing.providers.port import ProviderMisunderstood, ProviderRefused, ProviderUnreachable


class LookForm(OperatorForm):
    """Nothing to fill in: the provider is asked, and what it says is acted upon.

    :param look: asks; returns what the row says then
    """

    button = "Ask the provider"

    def __init__(self, data: QueryDict | None = None, *, look: Callable[[], models.Model | None]) -> None:
        self.look = look
        super().__init__(data)

    def write(self, *, actor_id: int) -> str:
        try:
            row = self.look()
        except ProviderUnreachable as error:
            raise ProviderAway("The provider does not answer. Nothing was changed; try again later.") from error
        except (ProviderRefused, ProviderMisunderstood) as error:
            raise ProviderAway(f"The provider's answer helps nobody: {error}.") from error
        status = getattr(row, "get_status_display", None)
        return f"The provider was asked. It is {status()} now." if status else "The provider was asked."
