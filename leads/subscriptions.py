"""Which events this app listens to: its own, to judge a lead after its facts changed."""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import Q

from accounts.events import PeopleLeftAlone, PeopleSuppressed
from aiqleads.core import events
from aiqleads.core.clock import Now
from aiqleads.core.events import subscribe, subscribe_many
from leads import objections, services, tasks, vectors
from leads.assessment import RIGHT_ENDED
from leads.events import LeadChanged, LeadErased, LeadScored, LeadWithdrawn, OwnerObjected, SourceRightLost
from leads.models import Contact, Lead


def connect() -> None:
    """Subscribe once, when the apps are ready."""
    subscribe_many(LeadChanged, assess_changed)
    subscribe(SourceRightLost, withdraw_unlistable)
    subscribe(LeadErased, forget_readings)
    subscribe(LeadScored, ask_for_vectors)
    subscribe(PeopleSuppressed, reconsider_suppressed)
    subscribe(PeopleLeftAlone, leave_alone)
    subscribe(OwnerObjected, suppress_objector)
    subscribe(OwnerObjected, take_off)


def assess_changed(changed: Sequence[LeadChanged]) -> None:
    services.assess_leads(lead_ids={event.lead_id for event in changed})


def forget_readings(event: LeadErased) -> None:
    services.erase_readings(lead_id=event.lead_id)


def reconsider_suppressed(event: PeopleSuppressed) -> None:
    """Have the leads of people who must not be sold judged again: what is on offer is withdrawn."""
    told = (
        Q(phone_hash__in=event.hashes) | Q(email_hash__in=event.hashes) | Q(household_hashes__overlap=event.hashes)
    )
    lead_ids = set(Contact.objects.filter(told).values_list("lead_id", flat=True))
    if lead_ids:
        services.assess_leads(lead_ids=lead_ids)


def leave_alone(event: PeopleLeftAlone) -> None:
    objections.leave_alone(hashes=event.hashes)


def suppress_objector(event: OwnerObjected) -> None:
    objections.keep_objection(lead_id=event.lead_id)


def take_off(event: OwnerObjected) -> None:
    objections.take_off(lead_id=event.lead_id)


def ask_for_vectors(_: LeadScored) -> None:
    """A trigger noted what is due; without a broker the minute's sweep sees to it."""
    vectors.ERRAND.ask(tasks.embed_leads.delay)


def withdraw_unlistable(event: SourceRightLost) -> None:
    """Take off what no other source's right keeps on; the rest loses only what the source told."""
    told = Lead.objects.filter(observations__source=event.source_slug, state=Lead.State.ACTIVE).distinct()
    kept = told.filter(
        observations__gone_at=None,
        observations__source__rights__may_list=True,
        observations__source__rights__during__contains=Now(),
    )
    kept_ids = set(kept.values_list("pk", flat=True))
    with transaction.atomic():
        for lead_id in told.order_by("pk").values_list("pk", flat=True):
            if lead_id in kept_ids:
                events.publish(LeadChanged(lead_id=lead_id))
            else:
                events.publish(LeadWithdrawn(lead_id=lead_id, reason=RIGHT_ENDED))
