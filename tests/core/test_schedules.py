"""What runs by the clock, as shipped."""

import json
from importlib import import_module

import pytest
from django.apps import apps
from django_celery_beat.models import PeriodicTask

from aiqleads.celery import app

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shipped")]
PRICES = "pricing.migrations.0003_shipped_schedules"
MIGRATIONS = (
    PRICES,
    "aiqleads.core.migrations.0005_shipped_schedules",
    "accounts.migrations.0005_shipped_schedules",
    "ai.migrations.0003_shipped_schedules",
    "leads.migrations.0005_shipped_schedules",
    "marketplace.migrations.0009_shipped_schedules",
    "scraping.migrations.0003_shipped_schedules",
)


@pytest.fixture
def shipped(db):
    """The schedules of the migrations, which tests that commit may have emptied the tables of."""
    for name in MIGRATIONS:
        for operation in import_module(name).Migration.operations:
            operation.code(apps, None)


def test_the_shipped_schedules_call_tasks_that_exist():
    app.loader.import_default_modules()

    assert {schedule.task for schedule in PeriodicTask.objects.all()} >= {
        "aiqleads.core.tasks.check_alerts",
        "aiqleads.core.tasks.deliver_events",
        "leads.tasks.rescore",
        "marketplace.tasks.measure_demand",
        "pricing.tasks.reprice",
        "scraping.tasks.crawl_source",
    }
    assert {schedule.task for schedule in PeriodicTask.objects.all()} <= set(app.tasks)


def test_the_outbox_is_swept_every_ten_seconds_and_prices_every_ten_minutes():
    seconds = dict(PeriodicTask.objects.exclude(interval=None).values_list("name", "interval__every"))

    assert (seconds["Deliver missed events"], seconds["Reprice all leads"]) == (10, 600)


def test_no_crawl_starts_before_an_operator_switches_it_on():
    crawls = PeriodicTask.objects.filter(task="scraping.tasks.crawl_source")

    assert {tuple(json.loads(crawl.args)) for crawl in crawls} >= {("demo-fsbo",), ("craigslist",)}
    assert not crawls.filter(enabled=True).exists()


def test_shipping_again_leaves_what_an_operator_set(shipped):
    PeriodicTask.objects.filter(name="Reprice all leads").update(enabled=False)

    (operation,) = import_module(PRICES).Migration.operations
    operation.code(apps, None)

    assert not PeriodicTask.objects.get(name="Reprice all leads").enabled
    operation.reverse_code(apps, None)
    assert not PeriodicTask.objects.filter(name="Reprice all leads").exists()
