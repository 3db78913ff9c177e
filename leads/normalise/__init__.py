"""From what a page says to what the product understands: :func:`normalise`, total and free of side effects."""

from leads.normalise.listing import normalise

__all__ = ["normalise"]
