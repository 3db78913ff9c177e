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
