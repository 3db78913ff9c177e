"""Real pages read: how much of them is right, what was invented, and how quickly beside parsel reading one field.

The pages and the values that somebody else read from them lie beside the checkout; without them there is nothing
to measure, and that is said.
"""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from django.conf import settings
from parsel import Selector

from bench.measuring import Comparison, Share
from bench.sidecars import CONTROLS, FACTS, PageScore, pages_with_sidecars, read_saved, score_page
from scraping.readers import READERS, read_page

FOLDER: Final[Path] = settings.BASE_DIR.parent / "shared" / "data"
AT_LEAST_RIGHT: Final = 0.995


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """A page to read against the clock, and the one field that parsel takes from each of its rows."""

    what: str
    reader: str
    page: str
    rows: str
    field: str
    at_most_ratio: float


TIMED: Final = (
    Timed(
        what="a Craigslist search",
        reader="craigslist",
        page="craigslist_search/milwaukee_apa_wauwatosa_static_2026-05-25.html",
        rows="li.cl-static-search-result",
        field=".price::text",
        at_most_ratio=5,
    ),
    Timed(
        what="a Zillow home",
        reader="zillow",
        page="zillow_detail/forsale_4836-sicily-dr_2026-02.html",
        rows="head",
        field="title::text",
        at_most_ratio=4,
    ),
)

SHARES: Final = (
    *(f"read: {name}" for name in ("records", *(fact.name for fact in FACTS))),
    "read: mean over 0 pages",
    "read: absent facts left absent",
    "read: pages without a home rejected",
)
COMPARISONS: Final = tuple(f"read {how}{timed.what}" for timed in TIMED for how in ("", "and normalise "))


def shares(folder: Path = FOLDER) -> Iterator[Share]:
    """A row per fact, the mean over pages, the facts that no page holds and none made up, the negative controls."""
    if not folder.is_dir():
        sys.stdout.write("reading: no saved pages beside the checkout, left out\n")
        return
    scores = [score_page(folder, name) for name in pages_with_sidecars(folder)]
    for score in scores:
        for miss in score.misses:
            sys.stdout.write(f"  {score.page}: {miss}\n")
    yield from _shares_of_facts(scores)
    yield Share(
        name=f"read: mean over {len(scores)} pages",
        beside="",
        cases=len(scores),
        ours_right=sum(score.share_right for score in scores),
        at_least=AT_LEAST_RIGHT,
    )
    absent = sum(score.absent for score in scores)
    invented = sum(score.invented for score in scores)
    yield Share(
        name="read: absent facts left absent", beside="", cases=absent, ours_right=absent - invented, at_least=1.0
    )
    rejected = [read_saved(folder, name)[0].page == "rejected" for name in CONTROLS]
    yield Share(
        name="read: pages without a home rejected",
        beside="",
        cases=len(rejected),
        ours_right=sum(rejected),
        at_least=1.0,
    )


def comparisons(folder: Path = FOLDER) -> Iterator[Comparison]:
    """Half of parsel's speed is twice its time. Below the readers' rows, the same with every record normalised."""
    if not folder.is_dir():
        return
    for timed in TIMED:
        body = (folder / timed.page).read_bytes()
        yield _beside_parsel(f"read {timed.what}", timed, body, READERS[timed.reader])
        yield _beside_parsel(f"read and normalise {timed.what}", timed, body, partial(read_page, timed.reader))


def _shares_of_facts(scores: list[PageScore]) -> Iterator[Share]:
    for name, tolerance in (("records", "their number"), *((fact.name, fact.tolerance) for fact in FACTS)):
        tallies = [score.tallies[name] for score in scores if name in score.tallies]
        asked = sum(tally.asked for tally in tallies)
        if asked:
            right = sum(tally.right for tally in tallies)
            yield Share(name=f"read: {name}", beside=tolerance, cases=asked, ours_right=right)


def _beside_parsel(name: str, timed: Timed, body: bytes, read: Callable[[bytes, str | None], object]) -> Comparison:
    return Comparison(
        name=name,
        beside="parsel, a field a row",
        ours=lambda _: read(body, None),
        other=lambda _: [row.css(timed.field).get() for row in Selector(body.decode()).css(timed.rows)],
        rounds=30,
        at_most_ratio=timed.at_most_ratio if read is READERS[timed.reader] else 6 * timed.at_most_ratio,
    )
