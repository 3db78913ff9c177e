"""The bundled sites stay served: what "crawl now" and the schedules of the demo need."""

import sys
from collections.abc import Iterator
from datetime import date
from subprocess import Popen

import httpx
import pytest
from django.conf import settings
from django.urls import reverse
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from aiqleads import celery_app
from leads.models import Source
from scraping import bundled
from scraping.bundled import ShownWorld
from scraping.models import CrawlRun
from tests.conftest import log_in, make_source, wait_while_running

MLS = "demo-mls"
TODAY = date(2026, 11, 20)


@pytest.fixture
def mls(transactional_db: None) -> Source:
    source = make_source(MLS, may_list=True)
    source.family, source.reader = Source.Family.MLS, "reso"
    source.save()
    return source


@pytest.fixture
def served_day_1(for_subprocesses: None, mls: Source) -> Iterator[Popen[bytes]]:
    """`manage.py demo_sites` in a process of its own, showing day 1."""
    bundled.show(ShownWorld(day=1, today=TODAY, size_percent=20))
    with Popen([sys.executable, str(settings.BASE_DIR / "manage.py"), "demo_sites"]) as process:
        wait_until_moved(process)
        yield process
        process.terminate()


def wait_until_moved(process: Popen[bytes]) -> None:
    """Wait until the sites have told their source where they are now."""
    before = Source.objects.get(pk=MLS).base_url
    wait_while_running(process, until=Source.objects.filter(pk=MLS).exclude(base_url=before).exists)


def test_an_operator_crawls_now(served_day_1, client, olga):
    log_in(client, olga)
    celery_app.conf.task_always_eager = True

    client.post(reverse("admin:leads_source_changelist"), {"action": "crawl_now", "_selected_action": [MLS]})

    celery_app.conf.task_always_eager = False
    run = CrawlRun.objects.get()
    assert (run.source_id, run.state) == (MLS, "finished")
    assert run.new_count > 15


def test_another_day_is_served_as_soon_as_it_is_shown(served_day_1):
    def count_of_properties() -> int:
        source = Source.objects.get(pk=MLS)
        address = f"{source.base_url}/Property?$top=1&$count=true"
        answer = httpx.get(address, headers={"Authorization": f"Bearer {source.access_token}"})
        count: int = answer.raise_for_status().json()["@odata.count"]
        return count

    on_day_1 = count_of_properties()
    bundled.show(ShownWorld(day=3, today=TODAY, size_percent=20))
    wait_until_moved(served_day_1)

    assert count_of_properties() > on_day_1


@pytest.mark.django_db
def test_the_first_load_switches_the_crawls_on_and_a_later_one_leaves_them_alone():
    half_hourly, _ = IntervalSchedule.objects.get_or_create(every=1800, period="seconds")
    PeriodicTask.objects.get_or_create(
        name="Crawl demo-mls", defaults={"task": "t", "interval": half_hourly, "enabled": False}
    )
    schedule = PeriodicTask.objects.filter(name="Crawl demo-mls")

    bundled.show(ShownWorld(day=1, today=TODAY))
    was_on = schedule.get().enabled
    schedule.update(enabled=False)
    bundled.show(ShownWorld(day=2, today=TODAY))

    assert was_on
    assert not schedule.get().enabled


@pytest.mark.django_db
def test_a_day_is_dated_as_at_the_first_load():
    bundled.show(ShownWorld(day=1, today=TODAY))

    assert bundled.world_of(2) == ShownWorld(day=2, today=TODAY)
