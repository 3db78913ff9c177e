"""Background doors of this app."""

from contextlib import suppress
from itertools import islice
from typing import Final

from celery import shared_task

from aiqleads.core import retention
from aiqleads.core.transactions import LockTimeout
from leads import calling, provider_vectors, services, vector_lists, vectors
from leads.models import Lead
from leads.scoring import claims

AT_ONCE: Final = 100
"""Leads that are judged in one transaction, a third of a second: more would keep others waiting for longer."""


@shared_task(ignore_result=True, soft_time_limit=1700, time_limit=1800)
def rescore() -> None:
    """Judge every active or waiting lead again, since freshness fades. Safe to run twice."""
    states = [Lead.State.ACTIVE, Lead.State.REVIEW]
    waiting = Lead.objects.filter(state__in=states).order_by("pk").values_list("pk", flat=True).iterator()
    while lead_ids := list(islice(waiting, AT_ONCE)):
        with suppress(LockTimeout):  # somebody writes to them for long: who changes a lead has it judged
            services.assess_leads(lead_ids=lead_ids)


@shared_task(ignore_result=True, soft_time_limit=280, time_limit=300)
def count_what_became() -> None:
    """Count anew what became of sold leads. Safe to run twice: it is a query."""
    claims.count_anew()


@shared_task(ignore_result=True, soft_time_limit=540, time_limit=600, expires=60)
def embed_leads() -> None:
    """Make the vectors that are due. Safe to run twice and beside itself: each lead is taken by one worker."""
    vectors.ERRAND.begin()
    while vectors.write_due():
        pass


@shared_task(ignore_result=True, soft_time_limit=840, time_limit=870, expires=840)
def embed_leads_elsewhere() -> None:
    """Have a provider make vectors too. Safe to run twice: what is kept is not asked for again."""
    provider_vectors.catch_up()


@shared_task(ignore_result=True, soft_time_limit=1700, time_limit=1800)
def keep_vector_lists() -> None:
    """Keep the lists of alike vectors. Safe to run twice: what a broken run left is dropped first."""
    vector_lists.keep()


@shared_task(ignore_result=True, soft_time_limit=540, time_limit=600)
def read_adverts() -> None:
    """Have models read the adverts that only the rules have read. Safe to run twice: a text is read once."""
    services.read_by_models()


@shared_task(ignore_result=True, soft_time_limit=540, time_limit=600)
def clean_listings() -> None:
    """Fill what adverts' fields leave open from their words. Safe to run twice: a text is cleaned once."""
    services.clean_by_models()


@shared_task(ignore_result=True, soft_time_limit=3300, time_limit=3500, expires=3600)
def check_numbers() -> None:
    """Look numbers up in the do-not-call lists. Safe to run twice: what was looked up is not due."""
    calling.check_numbers()


@shared_task(ignore_result=True, soft_time_limit=3300, time_limit=3500)
def purge() -> None:
    """Let go of what is kept no longer. Safe to run twice: what is gone is not due."""
    retention.purge()
