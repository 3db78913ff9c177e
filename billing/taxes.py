"""What is watched of taxes: that their office is told in time, for it listens for ninety days."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from aiqleads.core import clock
from aiqleads.core.alerts import Finding
from billing import selectors

AREA_LATE: Final = "tax.late"
LATE: Final = timedelta(days=3)


def told_late() -> Iterable[Finding]:
    """An alert of what the office should have been told days ago."""
    late = selectors.taxes_to_report().filter(payment__paid_at__lt=clock.now() - LATE).count()
    if late:
        yield Finding(
            key=f"{AREA_LATE}:office",
            says=f"Stripe Tax was not told of {late} payments of more than {LATE.days} days ago.",
        )
