"""Serves the stand-in for PayPal: ``python -m billing.providers.fakes.paypal --port 8097``, until interrupted.

Prints what to put into the environment. Listens on loopback alone, whatever it is asked.
"""

import argparse
import ipaddress
import socket
import sys

import uvicorn

from billing.providers.fakes.paypal.app import PayPalFake

WEBHOOK_ID = "1STANDIN"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m billing.providers.fakes.paypal", description=__doc__)
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
        told = f"PAYPAL_API_BASE={url}\nPAYPAL_CLIENT_ID=stand-in\nPAYPAL_CLIENT_SECRET=stand-in\n"
        sys.stdout.write(f"{told}PAYPAL_WEBHOOK_ID={WEBHOOK_ID}\n")
        sys.stdout.flush()
        fake = PayPalFake(base_url=url, webhook_id=WEBHOOK_ID)
        uvicorn.Server(uvicorn.Config(fake.app(), log_level="critical")).run(sockets=[listening])


if __name__ == "__main__":
    main()
