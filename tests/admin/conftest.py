"""Olga's browser, and rows to look at."""

import pytest
from django.test import Client
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from leads.models import Lead
from tests.conftest import log_in


@pytest.fixture
def operator(client: Client, olga) -> Client:
    return log_in(client, olga)


@pytest.fixture
def make_doubtful(make_lead):
    """Makes leads that wait for review."""

    def make(**facts):
        lead = make_lead(**facts)
        Lead.objects.filter(pk=lead.pk).update(state=Lead.State.REVIEW, state_reason="May be a fraud.")
        return lead

    return make


@pytest.fixture
def schedule(db):
    """A task that is called every 30 minutes."""
    interval = IntervalSchedule.objects.create(every=1800, period="seconds")
    return PeriodicTask.objects.create(
        name="Crawl open-site", task="scraping.tasks.crawl_source", args='["open-site"]', interval=interval
    )
