"""``python -m aiqleads.embedded run``: what ``make run`` calls. ``… keep SERVICE``: what starts itself at need."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from aiqleads.embedded import keeper, run, services
from aiqleads.embedded.places import CHECKOUT, Places


def main(arguments: Sequence[str]) -> int:
    """Run one of the package's commands and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m aiqleads.embedded")
    commands = parser.add_subparsers(dest="command", required=True)
    keep = commands.add_parser("keep", help="run one service while anybody uses it")
    keep.add_argument("service", choices=sorted(services.VARIABLES))
    keep.add_argument("--checkout", type=Path, default=CHECKOUT)
    serve = commands.add_parser("run", help="run everything until Ctrl-C")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", default="8000")
    serve.add_argument("--since", type=float, help="when the command was typed, in Unix seconds")
    serve.add_argument("--checkout", type=Path, default=CHECKOUT)
    chosen = parser.parse_args(arguments)
    if chosen.command == "run":
        places = Places(checkout=chosen.checkout)
        return run.main(host=chosen.host, port=chosen.port, since_seconds=chosen.since, places=places)
    return keeper.keep(chosen.service, Places(checkout=chosen.checkout))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
