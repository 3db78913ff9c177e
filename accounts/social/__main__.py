"""Serves the stand-in for another site to log in with: ``python -m accounts.social --port 8098``.

Prints what to set for it.
"""

import argparse
import socket
import sys

import uvicorn

from accounts.social.sandbox import CLIENT_ID, CLIENT_SECRET, OpenIdSandbox

HOST = "127.0.0.1"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m accounts.social", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    asked = parser.parse_args()
    with socket.create_server((HOST, asked.port)) as listening:
        url = f"http://{HOST}:{listening.getsockname()[1]}"
        sys.stdout.write(
            f"SOCIAL_LOGINS=oidc\nOIDC_URL={url}\nOIDC_CLIENT_ID={CLIENT_ID}\nOIDC_CLIENT_SECRET={CLIENT_SECRET}\n"
        )
        sys.stdout.flush()
        server = uvicorn.Server(uvicorn.Config(OpenIdSandbox().app(), log_level="warning"))
        server.run(sockets=[listening])


if __name__ == "__main__":
    main()
