"""Background doors of billing."""

from uuid import UUID

import structlog
from celery import shared_task

from aiqleads.core import clock
from billing import books, selectors, services
from billing.providers import choosing
from billing.providers.port import ProviderMisunderstood, ProviderRefused, ProviderUnreachable
from billing.providers.sandbox import telling

log = structlog.get_logger(__name__)


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


@shared_task(ignore_result=True, soft_time_limit=160, time_limit=170)
def look_at_payments() -> None:
    """Ask about payments that are not final. Safe to run twice: what was learnt is acted upon once."""
    services.look_at_unfinished()


@shared_task(ignore_result=True, soft_time_limit=540, time_limit=600)
def recharge_everywhere() -> None:
    """Buy what organisations agreed to. Safe to run twice: one charge of each runs at a time."""
    services.recharge_everywhere()


@shared_task(ignore_result=True)
def recharge_where_low(organisation_id: str) -> None:
    """The same for one organisation, which has just spent something."""
    services.recharge_where_low(organisation_id=UUID(organisation_id))


@shared_task(ignore_result=True, expires=60, soft_time_limit=540, time_limit=600)
def work_inbox() -> None:
    """Work the messages that are due. Safe to run twice: each is claimed, and acts on what it finds.

    Runs after each message that came, and each minute for what was missed.
    """
    services.work_inbox()


@shared_task(ignore_result=True, expires=3_600, soft_time_limit=110, time_limit=120)
def mirror_of_stripe(kind: str, object_id: str) -> None:
    """Write down how an object of Stripe's stands. Safe to run twice: the last state stands.

    Nothing reads it for money, so a failure is noted and the object's next message brings the mirror up to date.
    """
    from billing.providers import stripe_mirrors  # noqa: PLC0415  (Stripe's SDK is not every process's to load)

    try:
        stripe_mirrors.mirror(kind=kind, object_id=object_id)
    except (ProviderRefused, ProviderUnreachable, ProviderMisunderstood) as error:
        log.warning("mirror.failed", kind=kind, why=type(error).__name__)


@shared_task(ignore_result=True, soft_time_limit=540, time_limit=600)
def look_at_asked_refunds() -> None:
    """Go on with refunds that were asked for. Safe to run twice: a provider makes each once, under its key."""
    services.look_at_asked_refunds()


@shared_task(ignore_result=True, soft_time_limit=3_500, time_limit=3_600)
def reconcile(provider: str = "") -> None:
    """Look at the books of one provider, or of all. Safe to run twice: what differs is open once."""
    for name in [provider] if provider else choosing.offered():
        services.reconcile(provider=name)


@shared_task(ignore_result=True, soft_time_limit=540, time_limit=600)
def look_at_subscriptions() -> None:
    """Look at the plans of which something is due. Safe to run twice: a look acts once upon what it sees."""
    services.look_at_due()


@shared_task(ignore_result=True, soft_time_limit=540, time_limit=600)
def send_missed_invoices() -> None:
    """Draw and send what no event did. Safe to run twice: what was sent waits no more."""
    services.send_missed_invoices()


@shared_task(ignore_result=True, soft_time_limit=540, time_limit=600)
def report_taxes() -> None:
    """Tell the tax office what came in and went back. Safe to run twice: it takes each report once."""
    services.report_taxes()
