"""How long what leads hold of people is kept, and letting go of it in small steps.

What nobody bought goes with its time: an advert that is gone, a lead that was never sold. A sold lead's contact
stays with its sale.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Exists, OuterRef, Q, QuerySet

from aiqleads.core import retention, transactions
from leads.models import Contact, Lead, Merge, Observation, Sale

KEPT_FOR: Final[Mapping[str, timedelta]] = {
    "contact": timedelta(days=180),
    "observation": timedelta(days=365),
    "merge": timedelta(days=365),
}
"""``contact``: of a lead that nobody bought, since its last advert was seen. ``observation``: since it was gone.
``merge``: what two leads were before they became one, since then."""
UNSOLD: Final = "it was last seen, where nobody bought it"
Live = Lead.State


def in_words(kept: timedelta) -> str:
    """A time to keep what was seen, in a sentence's words."""
    return retention.in_words(kept, UNSOLD)


def say() -> None:
    """Have the rules followed."""
    retention.register(
        retention.Rule(
            what="contacts",
            tables=["leads.contact"],
            kept=KEPT_FOR["contact"],
            since=UNSOLD,
            due=lambda before: _due_contacts(before).count(),
            let_go=_delete_contacts,
        )
    )
    retention.register(
        retention.Rule(
            what="what adverts said",
            tables=["leads.observation"],
            kept=KEPT_FOR["observation"],
            since=UNSOLD,
            due=lambda before: _due_observations(before).count(),
            let_go=_empty_observations,
        )
    )
    retention.register(
        retention.Rule(
            what="leads as they were before they were merged",
            tables=["leads.merge"],
            kept=KEPT_FOR["merge"],
            since="they were merged",
            due=lambda before: _due_merges(before).count(),
            let_go=_empty_merges,
        )
    )


def _unsold() -> Q:
    return ~Exists(Sale.objects.filter(lead=OuterRef("lead"))) & ~Exists(
        Sale.objects.filter(lead__merged_into=OuterRef("lead"))
    )


def _due_contacts(before: datetime) -> QuerySet[Contact]:
    over = Q(lead__state__in=[Live.WITHDRAWN, Live.REJECTED, Live.MERGED]) | Q(observation__gone_at__isnull=False)
    old = Contact.objects.filter(lead__last_seen_at__lt=before, observation__last_seen_at__lt=before)
    return old.filter(_unsold(), over)


def _due_observations(before: datetime) -> QuerySet[Observation]:
    old = Observation.objects.filter(gone_at__lt=before, last_seen_at__lt=before).exclude(raw=None)
    return old.filter(Q(lead=None) | _unsold())


def _due_merges(before: datetime) -> QuerySet[Merge]:
    return Merge.objects.filter(merged_at__lt=before).exclude(before=None)


@transactions.write
def _delete_contacts(before: datetime, most: int) -> int:
    some = list(_due_contacts(before).order_by("pk").values_list("pk", flat=True)[:most])
    return Contact.objects.filter(pk__in=some).delete()[0]


@transactions.write
def _empty_observations(before: datetime, most: int) -> int:
    some = list(_due_observations(before).order_by("pk").values_list("pk", flat=True)[:most])
    return Observation.objects.filter(pk__in=some).update(raw=None)


@transactions.write
def _empty_merges(before: datetime, most: int) -> int:
    some = list(_due_merges(before).order_by("pk").values_list("pk", flat=True)[:most])
    return Merge.objects.filter(pk__in=some).update(before=None)
