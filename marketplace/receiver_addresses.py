"""Which addresses may be sent to: https on the public network; this machine only where that is allowed.

Looks names up, so it is asked outside of transactions; each connection asks again (``aiqleads.core.outbound``).
"""

from typing import Final
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from aiqleads.core.outbound import is_loopback
from aiqleads.core.public_network import NotPublic, public_addresses
from marketplace.errors import ReceiverRefused

LONGEST_URL: Final = 2000
LOWEST_FREE_PORT: Final = 1024
HTTPS_PORT: Final = 443


def host_of(url: str) -> str:
    """The host of an address that may be sent to.

    :raises ReceiverRefused: it may not; the sentence says why
    """
    parts = _parts(url)
    host = parts.hostname or ""
    if settings.DELIVER_TO_LOOPBACK and is_loopback(host) and parts.scheme in {"http", "https"}:
        return host
    if parts.scheme != "https":
        raise ReceiverRefused("The address has to begin with https://.", field="url")
    if parts.port not in {None, HTTPS_PORT} and (parts.port or 0) < LOWEST_FREE_PORT:
        raise ReceiverRefused("Ports below 1024 other than 443 are not sent to.", field="url")
    try:
        public_addresses(host, parts.port or HTTPS_PORT)
    except NotPublic as error:
        raise ReceiverRefused(f"This cannot be sent to: {error}.", field="url") from error
    return host


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        is_written_well = bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_written_well = False
    if not is_written_well or len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url:
        raise ReceiverRefused("This is no address. Write it as https://crm.example.com/hooks/leads.", field="url")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise ReceiverRefused("Leave user names, passwords and # out of the address.", field="url")
    return parts
