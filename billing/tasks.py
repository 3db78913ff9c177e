"""Background doors of billing."""

from celery import shared_task

from aiqleads.core import clock
from billing import books, selectors, services
from billing.providers.sandbox import telling


@shared_task(ignore_result=True, soft_time_limit=1_700, time_limit=1_800)
def verify_books() -> None:
    """Look at the whole books. Safe to run twice: it reads, and an alert of the same key stays one."""
    books.verify()


@shared_task(ignore_result=True, soft_time_limit=1_700, time_limit=1_800)
def expire_lots() -> None:
    """Write off what ended unspent. Safe to run twice: a lot's end is written off once, under its own key."""
    for organisation_id in selectors.organisations_with_ended_lots():
        services.expire_lots(organisation_id=organisation_id)


@shared_task(ignore_result=True, soft_time_limit=240, time_limit=300)
def recognise_revenue() -> None:
    """Book what was earned. Safe to run twice: a day has one journal."""
    services.recognise_revenue(day=clock.now().date())


@shared_task(ignore_result=True, soft_time_limit=110, time_limit=120)
def tell_of_sandbox() -> None:
    """Have the sandbox send its messages, while developing. Safe to run twice: our inbox takes each event once."""
    telling.tell()
