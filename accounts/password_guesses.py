"""How often passwords may be guessed: at one account from wherever, and from one network at whichever account.

A guess is counted before it is looked at, so that of many at once no more pass than are allowed; a right password
is taken back. Nobody is locked out for longer than a window, and an address that nobody has counts like any other.
"""

from typing import Final

from aiqleads.core.personal_data import keyed_hash
from aiqleads.core.throttles import Limit, network_of

AT_ONE_ACCOUNT: Final = 5
ACCOUNT_SECONDS: Final = 300
FROM_ONE_NETWORK: Final = 10
NETWORK_SECONDS: Final = 60


def at_account(email: str) -> Limit:
    """Those at the account of an e-mail address, which Redis is not told."""
    return Limit(
        name="password_account",
        caller=keyed_hash(email.strip().casefold(), purpose="password_guesses"),
        most=AT_ONE_ACCOUNT,
        seconds=ACCOUNT_SECONDS,
    )


def from_network(address: str) -> Limit:
    """Those from the network of an address."""
    return Limit(
        name="password_network", caller=network_of(address), most=FROM_ONE_NETWORK, seconds=NETWORK_SECONDS
    )
