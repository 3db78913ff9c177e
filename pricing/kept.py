"""How long the tables of prices are kept."""

from aiqleads.core import retention


def say() -> None:
    """Say it of every table."""
    retention.keep("shows why a lead cost what it did", "pricing.quote", "pricing.pricepolicy")
    retention.keep("one row per market, counted anew every hour", "pricing.demand")
