"""Under which key a payment is posted: the provider's name of the money that came in, never an event's."""


def of_payment(*, provider: str, capture_id: str) -> str:
    """``stripe:pi:<id>``, ``paypal:capture:<id>``; the database asks for the same of every payment."""
    return f"{provider}:{'capture' if provider == 'paypal' else 'pi'}:{capture_id}"
