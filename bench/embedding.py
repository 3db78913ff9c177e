"""The embedded model: how fast lead texts become vectors, and what a process that embeds weighs.

Beside it stand the same weights in torch, which is no part of the product: timed once on two cores of the same
machine, one process of one thread for each side, by processor time (``docs/decisions/0033``).
"""

import multiprocessing
import os
import statistics
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Final

import django

from bench.measuring import Figure
from leads.models import Kind
from leads.public_text import WORDS_OF, PublicHome, text_of
from leads.reading.catalogue import FEATURES
from leads.summary import HOME_WORDS

TEXTS: Final = 10_000
PROCESSES: Final = 2
QUERIES: Final = 100
SETTLED: Final = 500
"""After so many texts a process weighs what it will weigh."""
TORCH_TEXTS_PER_CPU_SECOND: Final = 69.0
TORCH_MEGABYTES: Final = 925.0
FASTER: Final = 2
"""So much faster than torch, on a processor that multiplies 16-bit floats."""
TORCH_QUERY_MS: Final = 14.0
FIGURES: Final = (
    "embedding: 0 lead texts on 0 cores, by the clock",
    "embedding: a lead text, of CPU",
    "embedding: a query, of CPU",
    "embedding: ready in",
    "embedding: weighs",
)
CITIES: Final = (("Austin", "TX"), ("Naples", "FL"), ("Phoenix", "AZ"), ("Columbus", "OH"), ("Tulsa", "OK"))


def figures() -> Iterator[Figure]:
    """Speed on both cores, and time and memory of one process."""
    made_up = texts(TEXTS, Random(3))  # noqa: S311  (made up, not secret)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(PROCESSES, mp_context=context, initializer=django.setup) as pool:
        (ready, megabytes), *_ = pool.map(_load, [made_up[:SETTLED]] * PROCESSES)
        began = time.perf_counter()
        cpu_seconds = sum(pool.map(_embed, [made_up[number::PROCESSES] for number in range(PROCESSES)]))
        taken = time.perf_counter() - began
        query_ms = pool.submit(_query_ms).result()
    yield Figure(
        name=f"embedding: {TEXTS:,} lead texts on {PROCESSES} cores, by the clock", value=TEXTS / taken, unit="/s"
    )
    yield Figure(
        name=FIGURES[1],
        value=cpu_seconds / TEXTS * 1000,
        unit="ms",
        beside="torch, recorded",
        other=1000 / TORCH_TEXTS_PER_CPU_SECOND,
        at_most=1000 / TORCH_TEXTS_PER_CPU_SECOND / FASTER if has_16_bit_floats() else None,
    )
    yield Figure(name=FIGURES[2], value=query_ms, unit="ms", beside="torch, recorded", other=TORCH_QUERY_MS)
    yield Figure(name=FIGURES[3], value=ready, unit="s", at_most=5)
    yield Figure(
        name=FIGURES[4],
        value=megabytes,
        unit="MB",
        beside="torch, recorded",
        other=TORCH_MEGABYTES,
        at_most=TORCH_MEGABYTES / 3,
    )


def has_16_bit_floats() -> bool:
    from ai.embedding import minilm  # noqa: PLC0415  (its loading is measured)

    return minilm.precision() == minilm.PRECISIONS["BF16"]


def texts(count: int, chance: Random) -> list[str]:
    """Public texts of made-up homes."""
    return [text_of(_home(chance)) for _ in range(count)]


def _home(chance: Random) -> PublicHome:
    city, state_code = chance.choice(CITIES)
    return PublicHome(
        kind=chance.choice(list(Kind)).value,
        city=city,
        state_code=state_code,
        property_type=chance.choice(list(HOME_WORDS)),
        beds=Decimal(chance.randint(1, 6)),
        baths=Decimal(chance.randint(1, 4)),
        features=chance.sample(list(FEATURES), chance.randint(0, 6)),
        parts=chance.sample(list(WORDS_OF), chance.randint(0, 3)),
    )


def _load(some: Sequence[str]) -> tuple[float, float]:
    """Seconds until the first vector, and the megabytes that the process has gained once it has made many."""
    before = _megabytes()
    began = time.perf_counter()
    from ai.embedding import embed  # noqa: PLC0415  (its loading is measured)

    embed(["ready"])
    ready = time.perf_counter() - began
    embed(some)
    return ready, _megabytes() - before


def _megabytes() -> float:
    """What the process holds, the pages of the weights included, which processes share."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _embed(some: Sequence[str]) -> float:
    """Seconds of CPU."""
    from ai.embedding import embed  # noqa: PLC0415

    began = time.process_time()
    embed(some)
    return time.process_time() - began


def _query_ms() -> float:
    from ai.embedding import embed  # noqa: PLC0415

    taken = []
    for number in range(QUERIES):
        began = time.process_time()
        embed([f"quiet condo near the lake under {number}00k"])
        taken.append((time.process_time() - began) * 1000)
    return statistics.median(taken)
