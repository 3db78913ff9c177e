"""One lead in 32, picked by its id: enough to estimate large numbers by, always the same ones."""

from typing import Final

from django.db.models import BooleanField, Func

SAMPLED_ONE_IN: Final = 32


class IsSampled(Func):
    """Whether the lead of that id is one of the sample. An index holds the sample of what is on offer."""

    template = f"((uuid_hash(%(expressions)s) & {SAMPLED_ONE_IN - 1}) = 0)"
    output_field = BooleanField()
    conditional = True
