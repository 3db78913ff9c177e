"""Rounding to the steps in which people name prices and sizes."""


def round_to(value: float, *, step: int) -> int:
    """Return the multiple of ``step`` that is nearest to ``value``."""
    return round(value / step) * step
