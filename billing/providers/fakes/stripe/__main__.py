"""Serves the stand-in for Stripe: ``python -m billing.providers.fakes.stripe --port 8098``, until interrupted.

Prints what to put into the environment. Listens on loopback alone, whatever it is asked.
"""

import argparse
import ipaddress
import socket
import sys

import uvicorn

from billing.providers.fakes.stripe.app import StripeFake

SECRET = "whsec_stand_in"  # noqa: S105 - signs nothing real


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m billing.providers.fakes.stripe", description=__doc__)
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
        told = f"STRIPE_API_BASE={url}\nSTRIPE_SECRET_KEY=sk_test_stand_in\nSTRIPE_WEBHOOK_SECRETS={SECRET}\n"
        sys.stdout.write(told)
        sys.stdout.flush()
        server = uvicorn.Server(uvicorn.Config(StripeFake(base_url=url, secret=SECRET).app(), log_level="critical"))
        server.run(sockets=[listening])


if __name__ == "__main__":
    main()
