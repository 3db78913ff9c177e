"""Serves the stand-in for PayPal: ``python -m billing.providers.fakes.paypal --port 8097``, until interrupted.

Prints what to put into the environment. Listens on loopback alone, whatever it is asked.
"""

from billing.providers.fakes.paypal.app import PayPalFake
from billing.providers.fakes.serving import serve

WEBHOOK_ID = "1STANDIN"


def settings(url: str) -> dict[str, str]:
    return {
        "PAYPAL_API_BASE": url,
        "PAYPAL_CLIENT_ID": "stand-in",
        "PAYPAL_CLIENT_SECRET": "stand-in",
        "PAYPAL_WEBHOOK_ID": WEBHOOK_ID,
    }


def main() -> None:
    serve(
        "billing.providers.fakes.paypal",
        says=__doc__,
        settings=settings,
        app=lambda url: PayPalFake(base_url=url, webhook_id=WEBHOOK_ID).app(),
    )


if __name__ == "__main__":
    main()
