"""What callers of ``ai.services`` can expect."""

from aiqleads.core.refusals import Refusal


class UnusableRoute(Refusal):
    """A route names a model that nobody has, or numbers that cannot hold."""

    code = "unusable_route"
    remedy = "Choose a model that is listed, and numbers within the limits shown."
