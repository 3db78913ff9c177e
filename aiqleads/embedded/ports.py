"""Which port the web server may have, and whether it answers there."""

import http.client
import socket
from collections.abc import Iterator
from typing import Final

_FREE_PORTS_TRIED: Final = 200


class PortUnusable(Exception):
    """The text says why, and what to write instead."""


def port_number(text: str) -> int:
    """Read a port as it was typed.

    :raises PortUnusable: it is none
    """
    if not text.isdecimal() or not 1 <= int(text) <= 65_535:
        raise PortUnusable(f"PORT={text} is not a port from 1 to 65535. Try: make run PORT=8001")
    return int(text)


def check_port(host: str, port: int) -> None:
    """Refuse when ``port`` cannot be listened on, and offer one that can.

    :raises PortUnusable: the port is taken, or ``host`` is no address of this machine
    """
    reason = _why_not_listen(host, port)
    if reason is None:
        return
    free = next((other for other in _ports_after(port) if _why_not_listen(host, other) is None), None)
    offer = f"Try: make run PORT={free}" if free else "Choose another with PORT= (and HOST=)."
    raise PortUnusable(f"Cannot listen on {host}:{port}: {reason}. {offer}")


def free_port() -> int:
    """A port of loopback that nobody listens on at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def answers(host: str, port: int) -> bool:
    """Tell whether a web server answers anything at all."""
    connection = http.client.HTTPConnection(_loopback_for(host), port, timeout=5)
    try:
        connection.request("GET", "/health/live", headers={"Host": "localhost"})
        connection.getresponse()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


def _ports_after(port: int) -> Iterator[int]:
    yield from range(max(port + 1, 1024), min(port + 1 + _FREE_PORTS_TRIED, 65_536))


def _why_not_listen(host: str, port: int) -> str | None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return (error.strerror or str(error)).lower()
    return None


def _loopback_for(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  (compared, not bound)
