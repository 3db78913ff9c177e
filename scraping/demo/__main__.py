"""Serves the source sites by hand: ``python -m scraping.demo --day 1``."""

import argparse
import sys
from datetime import UTC, date, datetime
from threading import Event

from scraping.demo.server import DEFAULT_SLOW_SECONDS, serve
from scraping.demo.world import DEFAULT_SEED, LARGEST_PERCENT, LAST_DAY


def main() -> None:
    """Serve until interrupted, and print where."""
    parser = argparse.ArgumentParser(prog="python -m scraping.demo", description=__doc__)
    parser.add_argument("--day", type=int, default=0, choices=range(LAST_DAY + 1), metavar=f"0..{LAST_DAY}")
    parser.add_argument("--today", type=date.fromisoformat, default=datetime.now(UTC).date(), metavar="YYYY-MM-DD")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED)
    parser.add_argument("--percent", type=int, default=100, help=f"of the usual homes, up to {LARGEST_PERCENT}")
    parser.add_argument("--port", type=int, default=0, help="port of the first site; 0 takes free ones")
    parser.add_argument("--slow", type=float, default=DEFAULT_SLOW_SECONDS, help="seconds that the slow page takes")
    given = parser.parse_args()
    with serve(
        given.day,
        today=given.today,
        seed=given.seed,
        size_percent=given.percent,
        first_port=given.port,
        slow_seconds=given.slow,
    ) as sites:
        for slug, url in sites.base_urls.items():
            sys.stdout.write(f"{slug:24} {url}/\n")
        sys.stdout.write(f"bearer token of demo-mls {sites.access_token}\nCtrl-C stops the sites.\n")
        sys.stdout.flush()
        try:
            Event().wait()
        except KeyboardInterrupt:
            sys.stdout.write("\nStopped.\n")


if __name__ == "__main__":
    main()
