"""Which addresses lie on the public network: what strangers name may lead into our own.

A name is looked up and every address that it has is judged; whoever connects uses one of the judged addresses, so
that the name cannot turn private in between.
"""

import ipaddress
import socket
from typing import Final

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
_IPV4_IN_IPV6: Final = (ipaddress.IPv6Network("::ffff:0:0/96"), _NAT64)
_GIVEN_OUT: Final = ipaddress.IPv6Network("2000::/3")
"""All of IPv6 that is given out; Python calls much beside it global, such as site-local ``fec0::``."""
_CLOUDS_OWN: Final = (ipaddress.IPv4Network("192.0.0.0/24"), ipaddress.IPv4Network("168.63.129.16"))
"""Where clouds tell their machines' secrets (Oracle's, Azure's): outside of every private range."""


class NotPublic(Exception):
    """The name has no address, or one that is not on the public network."""


def public_addresses(host: str, port: int | None = None) -> list[str]:
    """Every address of ``host``, in the order to try them. Waits for DNS: never on an event loop.

    :raises NotPublic: it has none, or one of them is not public
    """
    try:
        found = dict.fromkeys(str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    except (OSError, UnicodeError) as error:
        raise NotPublic("the name is not known") from error
    if not found or not all(is_public(address) for address in found):
        raise NotPublic("the address is not on the public network")
    return list(found)


def is_public(address: str) -> bool:
    """Whether an IP address is reachable by everybody, the IPv4 address inside an IPv6 one included."""
    told = ipaddress.ip_address(address.partition("%")[0])
    return all(_is_given_out(one) for one in (told, *_inside(told)))


def _is_given_out(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv4Address):
        is_ours = any(address in network for network in _CLOUDS_OWN)
        return address.is_global and not address.is_multicast and not is_ours
    if any(address in network for network in _IPV4_IN_IPV6):
        return True  # the address inside decides
    return address.is_global and address in _GIVEN_OUT


def _inside(address: Address) -> list[Address]:
    """IPv4 addresses that a gateway would make of an IPv6 one."""
    if not isinstance(address, ipaddress.IPv6Address):
        return []
    nat64 = ipaddress.IPv4Address(address.packed[-4:]) if address in _NAT64 else None
    return [one for one in (address.ipv4_mapped, address.sixtofour, nat64) if one]
