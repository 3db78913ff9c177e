"""Serves a stand-in until interrupted, on loopback alone, whatever it is asked."""

import argparse
import ipaddress
import socket
import sys
from collections.abc import Callable, Mapping

import uvicorn
from starlette.applications import Starlette


def serve(
    program: str, *, says: str | None, settings: Callable[[str], Mapping[str, str]], app: Callable[[str], Starlette]
) -> None:
    """Print what to put into the environment, and answer.

    :param program: the package, as ``python -m`` takes it
    :param says: what it is, for ``--help``
    :param settings: by its address, what our site needs to find it there
    :param app: by its address, what answers
    """
    parser = argparse.ArgumentParser(prog=f"python -m {program}", description=says)
    parser.add_argument("--host", default="127.0.0.1", help="loopback alone")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    asked = parser.parse_args()
    try:
        is_ours = ipaddress.ip_address(asked.host).is_loopback
    except ValueError:
        is_ours = False
    if not is_ours:
        parser.error("this stand-in is for this machine: it binds to loopback alone")
    with socket.create_server((asked.host, asked.port)) as listening:
        url = f"http://{asked.host}:{listening.getsockname()[1]}"
        sys.stdout.write("".join(f"{name}={value}\n" for name, value in settings(url).items()))
        sys.stdout.flush()
        uvicorn.Server(uvicorn.Config(app(url), log_level="critical")).run(sockets=[listening])
