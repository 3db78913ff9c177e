"""``make bench``: every comparison in a database of its own; a table, and bench/results.json."""

import argparse
import json
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from aiqleads import embedded
from bench import database
from bench.measuring import Comparison, Figure, Result, Share, measure

RESULTS = Path(__file__).parent / "results.json"
HEADINGS = ("what", "beside", "ratio", "10–90 %", "of CPU", "ours", "other")
FIGURES = ("ingest: records a second", "feed: records")
WIDTHS = ("42", "22", ">7", ">14", ">8", ">12", ">12")


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--leads", type=int, default=20_000, help="synthetic leads on the marketplace")
    parser.add_argument("--records", type=int, default=50_000, help="records of the feed that is followed")
    parser.add_argument("--only", default="", help="a pattern that a comparison's name must hold")
    chosen = parser.parse_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = "aiqleads.settings"
    with embedded.start(embedded.needed(os.environ)):
        server = os.environ.get("DATABASE_URL") or embedded.database_url()
        with database.fresh(server):
            os.environ["DATABASE_URL"] = database.url_of_the_bench(server)
            results = _run(leads=chosen.leads, records=chosen.records, only=chosen.only)
    RESULTS.write_text(json.dumps({"leads": chosen.leads, "results": [asdict(item) for item in results]}, indent=1))
    return 0 if all(item.is_within_bound for item in results) else 1


def _run(*, leads: int, records: int, only: str) -> list[Result | Share | Figure]:
    import django  # noqa: PLC0415  (the settings read the address that was just made)

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    call_command("load_leads", leads)
    results: list[Result | Share | Figure] = []
    _print_row(HEADINGS)
    for share in () if _is_figure(only) else _shares():
        if re.search(only, share.name):
            results.append(share)
            _print_share(share)
    for comparison in () if _is_figure(only) else _comparisons():
        if re.search(only, comparison.name):
            result = measure(comparison)
            results.append(result)
            _print_result(result)
    for figure in _figures(leads=leads, records=records, only=only):
        results.append(figure)
        _print_figure(figure)
    return results


def _is_figure(only: str) -> bool:
    """Whether ``only`` asks for a figure by its name: nothing else is assembled for it."""
    return only in FIGURES


def _figures(*, leads: int, records: int, only: str) -> Iterator[Figure]:
    """What is measured by itself, at the end: it fills the database."""
    from bench import ingesting, replicating  # noqa: PLC0415

    if re.search(only, FIGURES[0]):
        yield from ingesting.figures(leads=leads)
    if re.search(only, FIGURES[1]):
        yield from replicating.figures(records)


def _shares() -> Iterator[Share]:
    from bench import addresses, frauds, reading, resolving  # noqa: PLC0415

    yield from reading.shares()
    yield from addresses.shares()
    yield from frauds.shares()
    yield from resolving.shares()


def _comparisons() -> Iterator[Comparison]:
    from bench import (  # noqa: PLC0415
        addresses,
        cast,
        crawling,
        ingesting,
        pages,
        personal_data,
        pipeline,
        reading,
        searching,
        trading,
    )

    yield from searching.comparisons()
    for name in searching.plans_without_index():
        sys.stdout.write(f"search: {name} reads the whole table\n")
    yield from addresses.comparisons()
    yield from reading.comparisons()
    yield from pages.comparisons()
    yield from trading.comparisons(cast.assemble())
    yield from pipeline.comparisons()
    yield from ingesting.comparisons()
    yield from crawling.comparisons()
    yield from personal_data.comparisons()


def _print_share(share: Share) -> None:
    ratio, other = "", ""
    if share.other_right is not None:
        ratio, other = (
            f"{share.ours_right / max(1, share.other_right):.3f}",
            f"{share.other_right / share.cases:.2%}",
        )
    _print_row((share.name, share.beside, ratio, f"of {share.cases:,}", "", f"{share.share:.2%}", other))
    if not share.is_within_bound:
        peer = f", the peer {share.other_right}" if share.other_right is not None else ""
        sys.stdout.write(
            f"  NOT GOOD ENOUGH: {share.ours_right} right{peer}; at least {share.at_least:.1%} is asked\n"
        )


def _print_figure(figure: Figure) -> None:
    _print_row((figure.name, "", "", "", "", f"{figure.value:,.1f} {figure.unit}".strip(), ""))
    if not figure.is_within_bound:
        sys.stdout.write(f"  ABOVE ITS BOUND of {figure.at_most:,.0f}\n")


def _print_result(result: Result) -> None:
    spread = f"{result.ratio_low:.2f}–{result.ratio_high:.2f}"
    times = (f"{result.ours_ms:.2f} ms", f"{result.other_ms:.2f} ms")
    _print_row((result.name, result.beside, f"{result.ratio:.2f}", spread, f"{result.cpu_ratio:.2f}", *times))
    if not result.is_within_bound:
        sys.stdout.write(f"  ABOVE ITS BOUND of {result.at_most_ratio}\n")


def _print_row(cells: tuple[str, ...]) -> None:
    padded = (f"{cell:{width}}" for cell, width in zip(cells, WIDTHS, strict=True))
    sys.stdout.write("".join(padded) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
