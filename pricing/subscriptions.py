"""Which events pricing listens to."""

from aiqleads.core.events import subscribe
from leads.events import LeadScored
from pricing import services


def connect() -> None:
    """Subscribe once, when the apps are ready."""
    subscribe(LeadScored, quote_scored)


def quote_scored(event: LeadScored) -> None:
    if event.verdict == "pass":
        services.quote_lead(lead_id=event.lead_id)
