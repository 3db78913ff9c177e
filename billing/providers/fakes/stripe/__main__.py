"""Serves the stand-in for Stripe: ``python -m billing.providers.fakes.stripe --port 8098``, until interrupted.

Prints what to put into the environment. Listens on loopback alone, whatever it is asked.
"""

from billing.providers.fakes.serving import serve
from billing.providers.fakes.stripe.app import StripeFake

SECRET = "whsec_stand_in"  # noqa: S105 - signs nothing real


def settings(url: str) -> dict[str, str]:
    return {
        "STRIPE_API_BASE": url,
        "STRIPE_SECRET_KEY": "sk_test_stand_in",
        "STRIPE_WEBHOOK_SECRETS": SECRET,
    }


def main() -> None:
    serve(
        "billing.providers.fakes.stripe",
        says=__doc__,
        settings=settings,
        app=lambda url: StripeFake(base_url=url, secret=SECRET).app(),
    )


if __name__ == "__main__":
    main()
