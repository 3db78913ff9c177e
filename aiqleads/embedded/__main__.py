"""``python -m aiqleads.embedded keep postgres|redis``: the keeper, started by whoever needs a service first."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from aiqleads.embedded import keeper, services
from aiqleads.embedded.places import CHECKOUT, Places


def main(arguments: Sequence[str]) -> int:
    """Run one of the package's commands and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m aiqleads.embedded")
    commands = parser.add_subparsers(dest="command", required=True)
    keep = commands.add_parser("keep", help="run one service while anybody uses it")
    keep.add_argument("service", choices=sorted(services.VARIABLES))
    keep.add_argument("--checkout", type=Path, default=CHECKOUT)
    chosen = parser.parse_args(arguments)
    return keeper.keep(chosen.service, Places(checkout=chosen.checkout))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
