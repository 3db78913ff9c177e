"""Amounts as PayPal writes them: decimal strings, read to whole minor units and never through a float."""

import re
from typing import Final

from billing.providers.port import Money, ProviderMisunderstood

TWO_PLACES: Final = frozenset({"AUD", "CAD", "CHF", "EUR", "GBP", "NZD", "USD"})
"""Of the currencies that PayPal takes, those whose minor unit is a hundredth and that we would take too."""
_DECIMAL: Final = re.compile(r"(-?)([0-9]{1,12})(?:\.([0-9]{1,6}))?")


def spelt(amount: Money) -> str:
    """An amount that PayPal can read: 4,900 US cents are ``49.00``.

    :raises ProviderMisunderstood: the currency has no hundredths
    """
    _known(amount.currency)
    sign = "-" if amount.minor < 0 else ""
    whole, hundredths = divmod(abs(amount.minor), 100)
    return f"{sign}{whole}.{hundredths:02}"


def read(value: str, currency: str) -> Money:
    """What PayPal wrote: ``49.00``, ``49.0`` and ``49`` are 4,900 US cents.

    :raises ProviderMisunderstood: no number, a fraction of a cent, or a currency that has no hundredths
    """
    _known(currency)
    told = _DECIMAL.fullmatch(value)
    if told is None:
        raise ProviderMisunderstood(f"PayPal wrote an amount that is none: {value!r}")
    sign, whole, fraction = told.group(1), told.group(2), told.group(3) or ""
    if fraction[2:].strip("0"):
        raise ProviderMisunderstood(f"PayPal wrote a fraction of a cent: {value!r}")
    minor = int(whole) * 100 + int(fraction[:2].ljust(2, "0"))
    return Money(minor=-minor if sign else minor, currency=currency)


def _known(currency: str) -> None:
    if currency not in TWO_PLACES:
        raise ProviderMisunderstood(f"{currency!r} is no currency with hundredths that we take")
