"""Where what is being done comes from: set once at each door, read by whoever notes it.

An origin names nobody: the address is a keyed hash beside its network, and of a browser the family alone is kept.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Final
from uuid import uuid4

from structlog.contextvars import bound_contextvars

from aiqleads.core.personal_data import keyed_hash, keyed_hashes

ADDRESS: Final = "origin.address"
"""What addresses are hashed for."""
LONGEST_DOOR: Final = 80
_NETWORK_BITS: Final = {4: 24, 6: 48}
"""So much of an address is kept: a neighbourhood of the net, not a line into a home."""
_FAMILIES: Final = (
    # What a browser says of itself names those that came before it, so the newest is looked for first.
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
    ("python", "Python"),
    ("Java", "Java"),
    ("Go-http", "Go"),
    ("node", "Node"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """A door and what is known of who stands there; "" where it is not known.

    :param door: ``page``, ``api``, ``admin``, ``socket``, ``task <name>`` or ``command <name>``
    :param address_hash: of the client's address; ``network`` is the part of it that is kept readable
    :param agent: the family of the client's program
    :param request_id: the same in the answer's ``X-Request-ID``, in the log and in the audit trail
    """

    door: str = ""
    address_hash: str = ""
    network: str = ""
    agent: str = ""
    request_id: str = ""


NOWHERE: Final = Origin()
_current: ContextVar[Origin] = ContextVar("origin", default=NOWHERE)


def current() -> Origin:
    """Where the running work comes from."""
    return _current.get()


@contextmanager
def coming_from(origin: Origin) -> Iterator[Origin]:
    """Everything inside comes from ``origin``, and its lines of the log carry its request."""
    token = _current.set(origin)
    try:
        with bound_contextvars(request=origin.request_id):
            yield origin
    finally:
        _current.reset(token)


def of_client(*, door: str, address: str, agent: str) -> Origin:
    """The origin of a request: ``address`` as the server saw it, ``agent`` as the client calls itself."""
    network = network_of(address)
    return Origin(
        door=door,
        address_hash=keyed_hash(address, purpose=ADDRESS) if network else "",
        network=network,
        agent=family_of(agent),
        request_id=uuid4().hex,
    )


def of_work(door: str, name: str) -> Origin:
    """The origin of what no client asked for at once: a task or a command."""
    return Origin(door=f"{door} {name}"[:LONGEST_DOOR], request_id=uuid4().hex)


def of_scope(scope: Mapping[str, object]) -> Origin:
    """The origin of a WebSocket."""
    client, headers = scope.get("client"), scope.get("headers")
    address = str(client[0]) if isinstance(client, list | tuple) and client else ""
    pairs = headers if isinstance(headers, list | tuple) else ()
    agent = next((value.decode("latin-1") for name, value in pairs if name == b"user-agent"), "")
    return of_client(door="socket", address=address, agent=agent)


def address_hashes(address: str) -> list[str]:
    """What ``address`` may be hashed to, to find what came from it."""
    return keyed_hashes(address, purpose=ADDRESS)


def network_of(address: str) -> str:
    """The network that an address belongs to: 203.0.113.0/24; "" for what is no address."""
    try:
        known = ip_address(address)
    except ValueError:
        return ""
    mapped = getattr(known, "ipv4_mapped", None)
    known = mapped or known
    return str(ip_network(f"{known.compressed.partition('%')[0]}/{_NETWORK_BITS[known.version]}", strict=False))


def family_of(agent: str) -> str:
    """The family of a program that calls itself ``agent``; "other" for what we do not know, "" for silence."""
    if not agent:
        return ""
    lowered = agent.lower()
    return next((family for sign, family in _FAMILIES if sign.lower() in lowered), "other")
