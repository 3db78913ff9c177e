"""The price that one organisation pays: the list price less its plan's published discount.

The claim's guard trigger (migration 0002) computes the same number and is the one that charges.
"""


def own_price_credits(*, list_price_credits: int, discount_percent: int) -> int:
    """Whole credits, halves rounded up, never below 1."""
    return max(1, (list_price_credits * (100 - discount_percent) + 50) // 100)
