"""An MLS of 50,000 records followed from empty: memory, speed, a kill in the middle, and exactness after changes.

The service and the run are processes of their own; the run is ``manage.py crawl``, as a schedule starts it. Memory
is the most that the run's process ever held (VmHWM).
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx
from django.conf import settings

from bench.measuring import Figure
from leads.models import Observation, Source, SourceRight
from scraping import services
from scraping.demo.server import DEFAULT_ACCESS_TOKEN
from scraping.models import FeedAccess

SLUG: Final = "bench-mls"
MOST_MB: Final = 300.0
KILLED_AT_RATIO: Final = 0.4
INSERTED, CHANGED, DELETED = 1_000, 2_500, 500

FIGURES: Final = (
    "feed: peak memory of 0 records",
    "feed: records a second",
    "feed: stored before kill -9 of 0",
    "feed: records that differ after it",
    "feed: seconds to follow 0 changes",
    "feed: gone of 0 deleted",
    "feed: records that differ after them",
)


def figures(count: int = 50_000) -> Iterator[Figure]:
    """Follow a service of ``count`` records: killed and gone on with, then after changes."""
    with _service(count) as root:
        _register(root)
        killed_mb = _kill_midway(count)
        before = _standing().count()
        report, seconds, peak_mb = _follow()
        read = report["counts"]["new"]
        yield Figure(
            name=f"feed: peak memory of {count:,} records",
            value=max(peak_mb, killed_mb),
            unit="MB",
            at_most=MOST_MB,
        )
        yield Figure(name="feed: records a second", value=read / seconds, unit="/s")
        yield Figure(name=f"feed: stored before kill -9 of {count:,}", value=before, unit="")
        yield Figure(name="feed: records that differ after it", value=_differences(root), unit="", at_most=0)
        _change(root)
        report, seconds, peak_mb = _follow()
        yield Figure(name="feed: seconds to follow 4,000 changes", value=seconds, unit="s")
        yield Figure(name="feed: gone of 500 deleted", value=report["counts"]["gone"], unit="")
        yield Figure(name="feed: records that differ after them", value=_differences(root), unit="", at_most=0)


@contextmanager
def _service(count: int) -> Iterator[str]:
    command = [sys.executable, "-m", "scraping.demo.stock", "--records", str(count)]
    process = subprocess.Popen(command, cwd=settings.BASE_DIR, stdout=subprocess.PIPE, text=True)
    try:
        if process.stdout is None:
            raise RuntimeError("The listing service has no output.")
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait()


def _register(root: str) -> None:
    source = Source.objects.create(
        slug=SLUG,
        name="Bench MLS",
        family=Source.Family.MLS,
        reader="reso",
        base_url=root,
        access_token=DEFAULT_ACCESS_TOKEN,
    )
    SourceRight.objects.create(
        source=source,
        basis=SourceRight.Basis.LICENSED,
        may_list=True,
        may_value=True,
        may_suppress=True,
        during=("2020-01-01T00:00:00Z", None),
        document="Generated records.",
    )
    FeedAccess.objects.create(source=source, page_size=500, reconcile_hours=0)


def _kill_midway(count: int) -> float:
    """Start a run and kill it when a good part is stored. Return its memory in MB."""
    process = services.start_crawl_process(SLUG, stdout=subprocess.DEVNULL)
    peak_mb = 0.0
    while process.poll() is None and _standing().count() < count * KILLED_AT_RATIO:
        peak_mb = max(peak_mb, _peak_mb(process.pid))
        time.sleep(0.2)
    process.kill()
    process.wait()
    return peak_mb


def _follow() -> tuple[dict[str, Any], float, float]:
    """One whole run: its report, its seconds, its memory in MB."""
    started_at, peak_mb = time.monotonic(), 0.0
    process = services.start_crawl_process(SLUG, stdout=subprocess.PIPE)
    while process.poll() is None:
        peak_mb = max(peak_mb, _peak_mb(process.pid))
        time.sleep(0.1)
    output, _ = process.communicate()
    return json.loads(output), time.monotonic() - started_at, peak_mb


def _peak_mb(pid: int) -> float:
    """The most memory that a process has held; 0 for one that has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0.0)


def _standing() -> Any:
    return Observation.objects.filter(source=SLUG, gone_at=None)


def _differences(root: str) -> int:
    """How many records are stored and not there, there and not stored, or told otherwise."""
    truth = httpx.get(_control(root, "truth"), timeout=120).json()
    told = {key: (str(status).lower(), price, changed_at) for key, (status, price, changed_at) in truth.items()}
    stored = {}
    for observation in _standing().only("raw").iterator():
        raw = observation.raw
        stored[raw["external_id"]] = (raw["status"], int(raw["asking_price"]), raw["updated_at"])
    return len(told.items() ^ stored.items())


def _change(root: str) -> None:
    for verb, count in (("insert", INSERTED), ("change", CHANGED), ("delete", DELETED)):
        httpx.post(_control(root, verb), params={"count": count}, timeout=120).raise_for_status()


def _control(root: str, verb: str) -> str:
    return f"{root.removesuffix('/odata')}/control/{verb}"
