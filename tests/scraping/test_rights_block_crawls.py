"""A prohibited or expired right blocks at the scheduler and at the crawl's start, each alone.

The third level, the constraint on listing, is tested where listings are (``tests/marketplace``).
"""

import subprocess

import pytest
from django_celery_beat.models import IntervalSchedule, PeriodicTask
from psycopg.types.range import TimestamptzRange

from aiqleads.core import clock
from leads.models import Source
from scraping import selectors, services, tasks
from scraping.errors import CrawlRefused
from scraping.models import CrawlRun
from tests.conftest import make_source

pytestmark = pytest.mark.django_db
SLUG = "demo-fsbo"


@pytest.fixture(params=["prohibited", "expired", "none"])
def closed(request) -> Source:
    """A source that has everything but a right in force."""
    source = make_source(SLUG, may_list=True)
    Source.objects.filter(pk=SLUG).update(base_url="http://127.0.0.1:9")
    right = source.rights.get()
    if request.param == "prohibited":
        right.basis, right.may_list, right.may_value = "prohibited", False, False
        right.save()
    if request.param == "expired":
        right.during = TimestamptzRange(right.during.lower, clock.now())
        right.save()
    if request.param == "none":
        right.delete()
    return Source.objects.get(pk=SLUG)


@pytest.fixture
def started(monkeypatch) -> list[list[str]]:
    """The commands of processes that would have been started."""
    commands: list[list[str]] = []

    class NoProcess:
        def __init__(self, command: list[str], **_: object) -> None:
            commands.append(command)

        def wait(self, timeout: float) -> int:
            return 0

        def kill(self) -> None:
            """Nothing runs."""

    monkeypatch.setattr(subprocess, "Popen", NoProcess)
    return commands


def test_the_scheduler_starts_no_process_without_a_right(closed, started):
    tasks.crawl_source(SLUG)

    assert started == []


def test_the_scheduler_starts_one_with_a_right(started):
    make_source(SLUG, may_list=True)
    Source.objects.filter(pk=SLUG).update(base_url="http://127.0.0.1:9")

    tasks.crawl_source(SLUG)

    assert [command[-2] for command in started] == [SLUG]


def test_the_schedule_says_why_nothing_is_crawled(closed):
    half_hourly, _ = IntervalSchedule.objects.get_or_create(every=1800, period="seconds")
    PeriodicTask.objects.update_or_create(
        name=f"Crawl {SLUG}",
        defaults={
            "task": "scraping.tasks.crawl_source",
            "args": f'["{SLUG}"]',
            "interval": half_hourly,
            "enabled": True,
        },
    )

    assert selectors.crawl_schedules()[SLUG].startswith("No right in force allows")


def test_a_crawl_does_not_begin_without_a_right(closed):
    with pytest.raises(CrawlRefused, match="No right in force"):
        services.start_run(slug=SLUG)

    assert not CrawlRun.objects.exists()
