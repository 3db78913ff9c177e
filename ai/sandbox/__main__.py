"""Serves the stand-in for the providers of models: ``python -m ai.sandbox --port 8099``, until interrupted.

Prints the base URL of each provider that it stands for.
"""

import argparse
import socket
import sys

import uvicorn

from ai.sandbox.app import ModelSandbox
from ai.sandbox.dialects import DIALECTS

HOST = "127.0.0.1"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m ai.sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    asked = parser.parse_args()
    with socket.create_server((HOST, asked.port)) as listening:
        url = f"http://{HOST}:{listening.getsockname()[1]}"
        for provider in DIALECTS:
            sys.stdout.write(f"{provider}: {url}/{provider}/v1\n")
        sys.stdout.flush()
        # An answer that is cut on purpose is an error to the server that sends it: it stays silent about those.
        server = uvicorn.Server(uvicorn.Config(ModelSandbox().app(), log_level="critical"))
        server.run(sockets=[listening])


if __name__ == "__main__":
    main()
