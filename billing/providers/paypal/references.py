"""What stands in the field that PayPal keeps for us: our reference, and what PayPal has no field for."""

from typing import Final

CLOSED: Final = "closed:"
"""Before the reference of an order that nobody is to pay any more."""
_BEFORE: Final = "|"


def reference(custom_id: str) -> str:
    """Our payment's or subscription's id."""
    return custom_id.removeprefix(CLOSED).partition(_BEFORE)[0]


def plan_before(custom_id: str) -> str:
    """The plan that a subscription ran on when its last change was asked for; empty where there was none."""
    return custom_id.partition(_BEFORE)[2]


def with_plan_before(custom_id: str, plan_id: str) -> str:
    return f"{reference(custom_id)}{_BEFORE}{plan_id}"
