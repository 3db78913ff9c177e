"""Public reads of prices."""

from uuid import UUID

from aiqleads.core.clock import Now
from pricing.models import Demand, PricePolicy, Quote
from pricing.quoting import Policy


def current_quote(lead_id: UUID) -> Quote | None:
    """The newest quote of a lead, or None before the first."""
    return Quote.objects.filter(lead=lead_id).order_by("-quoted_at", "-pk").first()


def policy_in_force() -> Policy:
    """The newest price policy that is in force; the defaults where an operator has set none."""
    row = (
        PricePolicy.objects.filter(in_force_at__lte=Now()).order_by("-in_force_at", "-pk").first() or PricePolicy()
    )
    return Policy(
        floor_credits=row.floor_credits,
        ceiling_credits=row.ceiling_credits,
        base_credits=row.base_credits,
        demand_weight_percent=row.demand_weight_percent,
    )


def measured_markets() -> list[tuple[str, str]]:
    """Three-digit ZIP and kind of every market whose demand was ever measured."""
    return list(Demand.objects.order_by("zip3", "kind").values_list("zip3", "kind"))
