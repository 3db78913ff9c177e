"""Background doors of the marketplace."""

from celery import shared_task

from marketplace import offering, services


@shared_task(ignore_result=True, soft_time_limit=840, time_limit=900)
def measure_demand() -> None:
    """Count every market again. Safe to run twice: it sets counts, it does not add to them."""
    offering.measure_all_demand()


@shared_task(ignore_result=True, soft_time_limit=240, time_limit=300)
def count_words() -> None:
    """Count the words of offers again. Safe to run twice: it counts anew."""
    services.count_words()


@shared_task(ignore_result=True, soft_time_limit=540, time_limit=600)
def tell_of_due_searches() -> None:
    """Tell members what their saved searches found.

    Safe to run twice: each search is locked and goes on from where it stopped.
    """
    services.tell_of_due_searches()


@shared_task(ignore_result=True, soft_time_limit=840, time_limit=900)
def ask_for_outcomes() -> None:
    """Ask buyers what became of their leads. Safe to run twice: each purchase is asked about once."""
    services.ask_for_outcomes()


@shared_task(ignore_result=True, soft_time_limit=840, time_limit=900)
def remind_of_deletions() -> None:
    """Remind buyers to confirm that they deleted. Safe to run twice: each is reminded once a week."""
    services.remind_of_deletions()


@shared_task(ignore_result=True, soft_time_limit=120, time_limit=150, expires=300)
def deliver() -> None:
    """Send what is due. Safe to run twice: a try is taken under a lock, and the next one has the same id."""
    services.queue_ended_holds()
    services.send_due()


@shared_task(ignore_result=True, soft_time_limit=240, time_limit=300)
def forget_deliveries() -> None:
    """Forget what was delivered long ago. Safe to run twice: nothing is left the second time."""
    services.forget_deliveries()


@shared_task(ignore_result=True, soft_time_limit=240, time_limit=300)
def buy_for_due_orders() -> None:
    """Let standing orders buy what has opened to them. Safe to run twice: what was bought is not bought again."""
    services.buy_for_due_orders()


@shared_task(ignore_result=True, soft_time_limit=240, time_limit=300)
def remind() -> None:
    """Tell members which steps of their plans are due. Safe to run twice: each fact is told once."""
    services.remind()


@shared_task(ignore_result=True, soft_time_limit=240, time_limit=300, expires=60)
def push_due() -> None:
    """Tell members on their telephones. Safe to run twice: each notification is taken under a lock."""
    services.push_due()


@shared_task(ignore_result=True, soft_time_limit=30, time_limit=60, expires=10)
def tell_of_turns() -> None:
    """Tell who waits that their turn has come. Safe to run twice: each turn is told once."""
    services.tell_of_turns()


@shared_task(ignore_result=True)
def give_up_intents() -> None:
    """Close what waited for payments that did not come. Safe to run twice: one is settled once."""
    services.give_up_intents()
