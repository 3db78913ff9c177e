"""The stand-in for Stripe as tests of ours use it, and an adapter that speaks to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from billing.providers.fakes.stripe import StripeFake
from billing.providers.stripe import Stripe
from scraping.demo.server import HOST, listen, running

KEY = "sk_test_stand_in"
SECRETS = ("whsec_coming", "whsec_stand_in")


@dataclass(frozen=True)
class StripeServed:
    """A stand-in that answers at ``url``."""

    fake: StripeFake
    url: str
    provider: Stripe


@contextmanager
def stripe_served() -> Iterator[StripeServed]:
    with listen(0) as listening:
        url = f"http://{HOST}:{listening.getsockname()[1]}"
        fake = StripeFake(base_url=url, secret=SECRETS[-1])
        with running(fake.app(), [listening]):
            yield StripeServed(fake, url, Stripe(KEY, webhook_secrets=SECRETS, api_base=url))
