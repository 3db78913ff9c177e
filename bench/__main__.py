"""``make bench``: what we do beside other ways to do it, in databases of its own: a table, bench/results.json."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from aiqleads import embedded
from bench import database
from bench.measuring import Comparison, Figure, Result, Share, is_asked_for, measure

RESULTS = Path(__file__).parent / "results.json"
HEADINGS = ("what", "beside", "ratio", "10–90 %", "of CPU", "ours", "other")
WIDTHS = ("46", "22", ">7", ">14", ">8", ">24", ">14")

Outcome = Result | Share | Figure


@dataclass(frozen=True, slots=True)
class Part:
    """Measurements that share their preparation, which nobody pays for who asks for others.

    :param names: what it may yield is called so, but for the numbers in it
    """

    names: Sequence[str]
    items: Callable[[], Iterable[Share | Comparison | Figure]]

    def is_asked_for(self, only: str) -> bool:
        return any(is_asked_for(name, only) for name in self.names)

    def measured(self, only: str) -> Iterable[Outcome]:
        """Measure what is asked for.

        :raises RuntimeError: an item is called as ``names`` does not tell
        """
        for item in self.items() if self.is_asked_for(only) else ():
            if not any(is_asked_for(item.name, name, wholly=True) for name in self.names):
                raise RuntimeError(f"The benchmark does not tell that something is called {item.name!r}.")
            if is_asked_for(item.name, only):
                yield measure(item) if isinstance(item, Comparison) else item


def main() -> int:
    chosen = _arguments()
    os.environ["DJANGO_SETTINGS_MODULE"] = "aiqleads.settings"
    with embedded.start(embedded.needed(os.environ)):
        server = os.environ.get("DATABASE_URL") or embedded.database_url()
        os.environ["DATABASE_URL"] = database.url_of_the_bench(server, name=chosen.loaded or database.NAME)
        import django  # noqa: PLC0415  (the settings read the address that was just made)

        django.setup()
        _print_row(HEADINGS)
        results = (
            _on_loaded(chosen)
            if chosen.loaded
            else [*_among_leads(server, chosen), *_growing(server, chosen), *_among_labelled(server, chosen)]
        )
    report = {"leads": chosen.leads, "sizes": chosen.sizes, "results": [_kept(item) for item in results]}
    RESULTS.write_text(json.dumps(report, indent=1))
    return 0 if all(item.is_within_bound for item in results) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--leads", type=int, default=20_000, help="synthetic leads on the marketplace (20,000)")
    parser.add_argument(
        "--sizes",
        type=int,
        nargs="+",
        default=[10_000],
        help="how many leads are there, one after another, when ingest and pages are measured (10000);"
        " 1000000 takes ten to forty minutes to load",
    )
    parser.add_argument(
        "--loaded", default="", metavar="DATABASE", help="measure pages in a database of the server that is loaded"
    )
    parser.add_argument("--records", type=int, default=50_000, help="records of the feed that is followed (50,000)")
    parser.add_argument(
        "--rows", type=int, default=1_000_000, help="entries of the audit trail, and rows of a list (1,000,000)"
    )
    parser.add_argument(
        "--vectors", type=int, nargs="+", default=[100_000], help="among how many leads the nearest are looked for"
    )
    parser.add_argument("--only", default="", help="a pattern that a name must hold; its numbers do not matter")
    return parser.parse_args()


def _kept(item: Outcome) -> dict[str, Any]:
    """An outcome as results.json keeps it."""
    ratio = item.value / item.other if isinstance(item, Figure) and item.other else None
    return {**asdict(item), **({"ratio": ratio} if ratio is not None else {})}


def _on_loaded(chosen: argparse.Namespace) -> list[Outcome]:
    """The pages alone, in a database that stays."""
    from django.core.management import call_command  # noqa: PLC0415  (after the settings)

    from bench import scale  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    return _printed([Part(scale.FIGURES, lambda: scale.figures([], is_loaded=True))], chosen.only)


def _among_leads(server: str, chosen: argparse.Namespace) -> list[Outcome]:
    """Shares, which ask for no lead, and comparisons on a marketplace of so many leads."""
    from django.core.management import call_command  # noqa: PLC0415  (after the settings)

    shares = [part for part in _shares() if part.is_asked_for(chosen.only)]
    comparisons = [part for part in _comparisons() if part.is_asked_for(chosen.only)]
    if not shares and not comparisons:
        return []
    with database.fresh(server):
        call_command("migrate", verbosity=0)
        if comparisons:
            call_command("load_leads", chosen.leads)
        return _printed([*shares, *comparisons], chosen.only)


def _growing(server: str, chosen: argparse.Namespace) -> list[Outcome]:
    """What is measured by itself, from an empty database on."""
    from django.core.management import call_command  # noqa: PLC0415  (after the settings)

    asked_for = [part for part in _figures(chosen) if part.is_asked_for(chosen.only)]
    if not asked_for:
        return []
    with database.fresh(server):
        call_command("migrate", verbosity=0)
        return _printed(asked_for, chosen.only)


def _among_labelled(server: str, chosen: argparse.Namespace) -> list[Outcome]:
    """How well searches in words and recommendations do, on a marketplace of which is known what fits whom."""
    from django.core.management import call_command  # noqa: PLC0415  (after the settings)

    from bench import hybrid, recommending  # noqa: PLC0415

    parts = [Part(hybrid.FIGURES, hybrid.figures), Part(recommending.FIGURES, recommending.figures)]
    asked_for = [part for part in parts if part.is_asked_for(chosen.only)]
    if not asked_for:
        return []
    with database.fresh(server):
        call_command("migrate", verbosity=0)
        hybrid.prepare()
        return _printed(asked_for, chosen.only)


def _printed(parts: Iterable[Part], only: str) -> list[Outcome]:
    from django.db import connections  # noqa: PLC0415  (after the settings)

    results = []
    for part in parts:
        for outcome in part.measured(only):
            results.append(outcome)
            _print(outcome)
    connections.close_all()
    return results


def _shares() -> list[Part]:
    from bench import addresses, frauds, labelled_adverts, reading, resolving, understanding  # noqa: PLC0415

    shares = (reading, addresses, frauds, resolving, understanding)
    return [
        *(Part(module.SHARES, module.shares) for module in shares),
        Part(labelled_adverts.FIGURES, labelled_adverts.figures),
    ]


def _comparisons() -> list[Part]:
    from bench import (  # noqa: PLC0415
        addresses,
        cast,
        crawling,
        doors,
        ingesting,
        pages,
        personal_data,
        pipeline,
        reading,
        scoring,
        searching,
        trading,
    )

    return [
        Part(searching.COMPARISONS, searching.comparisons),
        Part(addresses.COMPARISONS, addresses.comparisons),
        Part(reading.COMPARISONS, reading.comparisons),
        Part(pages.COMPARISONS, pages.comparisons),
        Part(trading.COMPARISONS, lambda: trading.comparisons(cast.assemble())),
        Part(pipeline.COMPARISONS, pipeline.comparisons),
        Part(ingesting.COMPARISONS, ingesting.comparisons),
        Part(crawling.COMPARISONS, crawling.comparisons),
        Part(personal_data.COMPARISONS, personal_data.comparisons),
        Part(scoring.FIGURES, scoring.figures),
        Part(doors.FIGURES, doors.figures),
    ]


def _figures(chosen: argparse.Namespace) -> list[Part]:
    from bench import (  # noqa: PLC0415
        asking,
        books,
        embedding,
        ingesting,
        lists,
        nearest,
        payments,
        replicating,
        scale,
        trail,
    )

    return [
        Part(books.FIGURES, books.figures),
        Part(payments.FIGURES, payments.figures),
        Part(scale.FIGURES, lambda: scale.figures(chosen.sizes)),
        Part(ingesting.FIGURES, lambda: ingesting.figures(chosen.sizes)),
        Part(asking.FIGURES, asking.figures),
        Part(embedding.FIGURES, embedding.figures),
        Part(nearest.FIGURES, lambda: nearest.figures(chosen.vectors)),
        Part(replicating.FIGURES, lambda: replicating.figures(chosen.records)),
        Part(trail.FIGURES, lambda: trail.figures(chosen.rows)),
        Part(lists.FIGURES, lambda: lists.figures(chosen.rows)),
    ]


def _print(outcome: Outcome) -> None:
    match outcome:
        case Share():
            _print_share(outcome)
        case Figure():
            _print_figure(outcome)
        case Result():
            _print_result(outcome)


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
    ratio, other = "", ""
    if figure.other is not None:
        ratio, other = f"{figure.value / figure.other:.2f}" if figure.other else "", f"{figure.other:,.1f}"
    ours = f"{figure.value:,.{2 if figure.value < 10 else 1}f} {figure.unit}".strip()
    _print_row((figure.name, figure.beside, ratio, "", "", ours, other))
    if not figure.is_within_bound:
        bounds = (("at least", figure.at_least), ("at most", figure.at_most))
        asked = " and ".join(f"{words} {bound:,g}" for words, bound in bounds if bound is not None)
        sys.stdout.write(f"  NOT GOOD ENOUGH: {asked} is asked\n")


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
