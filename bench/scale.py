"""How fast the marketplace is among more and more leads: the real server, asked by eight visitors at once.

Beside each search stands what cannot be had for less: its SQL sent alone, and twice the time that its rows take to
draw when they lie in memory.
"""

import os
import time
from collections.abc import Iterator, Sequence
from typing import Any, Final

from django.core.management import call_command
from django.db import connection
from django.template.loader import render_to_string
from django.test import Client
from django.test.utils import setup_test_environment, teardown_test_environment
from rest_framework.renderers import JSONRenderer

from aiqleads.core import events, tasks
from aiqleads.embedded.run import WEB_PROCESSES
from bench import cast, rush, server, sockets, visitors
from bench.cast import Share
from bench.measuring import Figure
from bench.shapes import SEARCHES, Shape, shapes
from bench.visitors import Latency
from leads.models import Lead
from marketplace import services
from marketplace.serializers.leads import LeadSerializer
from marketplace.synthetic import TABLES

EACH: Final = 12
"""So often each of the eight visitors asks, after two times that do not count."""
MOST_MS: Final = 150.0
MOST_OF_FACETS_MS: Final = 250.0
MOST_TO_SOCKET_MS: Final = 1_000.0
LEAST_OF_BARE: Final = 0.5
SOCKETS: Final = 1_000
HOLDS_HEARD: Final = 15
SECONDS_BETWEEN_HOLDS: Final = 1.0
MOST_SECONDS_TO_EMPTY: Final = 600.0
WINDOWS: Final = {
    "the country": "bbox=-125,24,-66,50&zoom=4",
    "the country, five baths": "bbox=-125,24,-66,50&zoom=4&baths_min=5",
    "Texas": "bbox=-107,25,-93,37&zoom=6",
    "Dallas": "bbox=-97.2,32.5,-96.4,33.1&zoom=11",
}
DOORS: Final = {"page": "/leads/", "API": "/api/v1/leads/"}
PROCESSES_TOLD: Final = server.NEEDED

FIGURES: Final = (
    *(f"scale: 0 leads, {door}, {shape}, p0" for door in DOORS for shape in SEARCHES),
    *(f"scale: 0 leads, map of {window}, p0" for window in WINDOWS),
    *(f"scale: 0 leads, {work} a second" for work in rush.WORKS),
    *(f"scale: 0 leads, memory of {process}" for process in PROCESSES_TOLD),
    *(f"scale: 0 leads, {wrong}" for wrong in rush.WRONGS),
    "scale: 0 leads, outbox emptied of 0 events",
    "scale: 0 leads, commit to 0 sockets, p0",
    "scale: 0 leads, messages that did not arrive",
)


def figures(sizes: Sequence[int], *, is_loaded: bool = False) -> Iterator[Figure]:
    """Everything, with each of ``sizes`` leads there.

    :param is_loaded: the leads are there already, and their number is what is told
    """
    for size in [Lead.objects.count()] if is_loaded else sorted(sizes):
        _fill_up_to(size)
        yield from _among(size)


def _fill_up_to(size: int) -> None:
    there = Lead.objects.count()
    if there < size:
        call_command("load_leads", size - there, processes=2)
    with connection.cursor() as cursor:  # as autovacuum does in time: not while the clock runs
        cursor.execute(f"VACUUM (ANALYZE) {', '.join(model._meta.db_table for model in TABLES.values())}")


def _among(size: int) -> Iterator[Figure]:
    begins = f"scale: {size:,} leads"
    with server.serving() as running:
        for shape in shapes():
            yield from _searched(begins, shape, running.port)
        for window, query in WINDOWS.items():
            asked = visitors.of_server(running.port, f"/api/v1/leads/clusters/?{query}", each=EACH)
            yield from _told(f"{begins}, map of {window}", asked, at_most=MOST_OF_FACETS_MS)
        yield _emptied(begins)
        yield from _heard(begins, running.port)
        for process, megabytes in running.megabytes().items():
            yield Figure(name=f"{begins}, memory of {process}", value=megabytes, unit="MB")
    for work in rush.WORKS:
        ours, bare = rush.rates(work)
        for beside, other in {"the least SQL": bare.done, "its own statements": ours.statements_alone}.items():
            yield Figure(
                name=f"{begins}, {work} a second", value=ours.done, unit="/s", beside=beside, other=other,
                at_least=other * LEAST_OF_BARE,
            )  # fmt: skip
    for wrong, times in rush.wrongs():
        yield Figure(name=f"{begins}, {wrong}", value=times, unit="", at_most=0)


def _searched(begins: str, shape: Shape, port: int) -> Iterator[Figure]:
    """One search through both doors, beside its SQL and twice the drawing."""
    alone = visitors.of_database(_database_url(), shape.statements, each=EACH)
    at_most = MOST_OF_FACETS_MS if shape.name == "facets" else MOST_MS
    for door, path in DOORS.items():
        asked = visitors.of_server(port, f"{path}?{shape.query}".rstrip("?"), each=EACH)
        drawn = _drawing(door, shape)
        floor = Latency(alone.p50_ms + 2 * drawn.p50_ms, alone.p95_ms + 2 * drawn.p95_ms)
        yield from _told(f"{begins}, {door}, {shape.name}", asked, floor=floor, at_most=at_most)


def _told(name: str, asked: Latency, *, at_most: float, floor: Latency | None = None) -> Iterator[Figure]:
    beside = "SQL + 2 × drawing" if floor else ""
    yield Figure(
        name=f"{name}, p50", value=asked.p50_ms, unit="ms", beside=beside, other=floor.p50_ms if floor else None
    )
    yield Figure(
        name=f"{name}, p95", value=asked.p95_ms, unit="ms", beside=beside, other=floor.p95_ms if floor else None,
        at_most=at_most,
    )  # fmt: skip


def _drawing(door: str, shape: Shape) -> Latency:
    """What drawing the rows takes where they lie in memory, with as many at it as one web process has visitors."""
    setup_test_environment(debug=True)
    try:
        seen = Client(HTTP_HOST="localhost").get(f"/leads/?{shape.query}")
    finally:
        teardown_test_environment()
    used: list[Any] = list(seen.context)
    context: dict[str, Any] = next(one for one in used if "cards" in one).flatten()
    rows = context["cards"]

    def draw() -> object:
        if door == "page":
            return render_to_string("marketplace/lead_list.html", context, seen.wsgi_request)
        return JSONRenderer().render(LeadSerializer(rows, many=True).data)

    return visitors.of_threads(draw, each=EACH, at_once=visitors.AT_ONCE // WEB_PROCESSES)


def _emptied(begins: str) -> Figure:
    """The worker delivers what runs before this one left in the outbox: no socket hears of a hold before that.

    :raises RuntimeError: it does not come to an end
    """
    waiting, started_at = events.backlog().waiting, time.monotonic()
    while events.backlog().waiting:
        if time.monotonic() - started_at > MOST_SECONDS_TO_EMPTY:
            raise RuntimeError("The outbox is not empty after ten minutes.")
        tasks.deliver_events.delay()  # again and again: one task is ended after two minutes
        time.sleep(1)
    return Figure(
        name=f"{begins}, outbox emptied of {waiting:,} events", value=time.monotonic() - started_at, unit="s"
    )


def _heard(begins: str, port: int) -> Iterator[Figure]:
    """From the commit of a hold to the last of all pages."""
    buyers = cast.assemble(Share())
    committed_at: dict[str, float] = {}
    with sockets.listening(port, SOCKETS) as line:
        for _ in range(HOLDS_HEARD):
            claim = services.hold_lead(lead_id=buyers.another_lead().pk, buyer=buyers.ours)
            committed_at[str(claim.lead_id)] = time.time()
            services.release_claim(claim_id=claim.pk, buyer=buyers.ours)
            time.sleep(SECONDS_BETWEEN_HOLDS)
        heard = sockets.heard(line)
    waits = [at - committed_at[lead] for lead, times in heard.items() for at in times if lead in committed_at]
    yield from _told(f"{begins}, commit to {SOCKETS:,} sockets", Latency.of(waits), at_most=MOST_TO_SOCKET_MS)
    unheard = HOLDS_HEARD * SOCKETS - len(waits)
    yield Figure(name=f"{begins}, messages that did not arrive", value=unheard, unit="", at_most=0)


def _database_url() -> str:
    return os.environ["DATABASE_URL"]
