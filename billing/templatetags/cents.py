"""Money on pages."""

from django import template

from billing.papers import dollars

register = template.Library()
register.filter("money", dollars)


@register.filter
def exact_dollars(cents: int | None) -> str:
    """US dollars to the cent, as prices are said; empty for an unknown amount."""
    return "" if cents is None else f"{'−' if cents < 0 else ''}${abs(cents) // 100:,}.{abs(cents) % 100:02d}"
