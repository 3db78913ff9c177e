"""Who is asked what is taxed where: Stripe Tax where the settings say so, whoever takes the money."""

from functools import cache

from django.conf import settings

from billing.providers.port import TaxOffice


def tax_office() -> TaxOffice | None:
    """The office that is asked; None where the table of rates says it all."""
    if not settings.STRIPE_TAX:
        return None
    return _connected(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE, settings.STRIPE_TAX_CODE)


def told_office() -> TaxOffice | None:
    """The office that is told of what it reckoned: also when it is asked no more, as long as there is a key."""
    if not settings.STRIPE_SECRET_KEY:
        return None
    return _connected(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE, settings.STRIPE_TAX_CODE)


def reckons_itself(provider: str) -> bool:
    """Whether a provider of plans reckons the tax of each bill by itself, where the settings let it."""
    return settings.STRIPE_TAX and provider == "stripe"


@cache
def _connected(*account: str) -> TaxOffice:
    """One for each account: the library of Stripe is heavy, and loaded when it is asked for first."""
    from billing.providers import stripe_tax  # noqa: PLC0415

    return stripe_tax.connect()
