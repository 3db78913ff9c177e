"""Refusals of pricing."""

from aiqleads.core.refusals import Refusal


class UnusablePolicy(Refusal):
    """The numbers of a price policy contradict each other; ``field`` names what to change."""

    code = "unusable_policy"
    remedy = "Change the field that is named."
