"""How long what leads hold of people is kept, in one place, and letting go of it in small steps.

What nobody bought goes with its time: an advert that is gone, a lead that was never sold. A sold lead's contact
stays with its sale. Each step is a short transaction of its own, so that nobody waits, and may be killed anywhere.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from ai import services as ai
from aiqleads.core import clock, transactions
from leads.models import Contact, Lead, Observation, Sale

KEPT_FOR: Final[Mapping[str, timedelta]] = {
    "contact": timedelta(days=180),
    "observation": timedelta(days=365),
    "reply": timedelta(days=90),
    "saved_page": timedelta(days=365),
    "sent_file": timedelta(days=30),
    "identity_code": timedelta(days=30),
}
"""``contact``: of a lead that nobody bought, since its last advert was seen. ``observation``: since it was gone.
``reply``, ``saved_page`` and the rest: since they were written."""
AT_ONCE: Final = 200
Live = Lead.State
LetGo = Callable[[datetime, int], int]
"""Lets go of at most so many of what is older than a moment, in a transaction of its own; returns of how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Dated:
    """What goes by its age alone: how many are due, and how some are let go of."""

    kept: str
    due: Callable[[datetime], int]
    let_go: LetGo


_DATED: dict[str, _Dated] = {}


def register(what: str, *, kept: str, due: Callable[[datetime], int], let_go: LetGo) -> None:
    """Have what an app above holds let go of by its age: ``kept`` names its time in ``KEPT_FOR``."""
    _DATED[what] = _Dated(kept=kept, due=due, let_go=let_go)


def in_words(kept: timedelta) -> str:
    """A time to keep what was seen, in a sentence's words."""
    return f"{kept.days} days after it was last seen, where nobody bought it"


def purge(*, is_dry: bool = False) -> dict[str, int]:
    """Let go of what is due; return how many rows of what. Safe to run again, and to kill.

    :param is_dry: only count
    """
    now = clock.now()
    if is_dry:
        dated = {what: one.due(now - KEPT_FOR[one.kept]) for what, one in _DATED.items()}
        return {"contacts": _due_contacts().count(), "observations": _due_observations().count(), **dated}
    dated = {what: _purge_dated(one, now - KEPT_FOR[one.kept]) for what, one in _DATED.items()}
    return {"contacts": _purge_contacts(), "observations": _purge_observations(), **dated}


def _purge_dated(dated: _Dated, before: datetime) -> int:
    gone = 0
    while some := dated.let_go(before, AT_ONCE):
        gone += some
    return gone


def _unsold() -> Q:
    return ~Exists(Sale.objects.filter(lead=OuterRef("lead"))) & ~Exists(
        Sale.objects.filter(lead__merged_into=OuterRef("lead"))
    )


def _due_contacts() -> QuerySet[Contact]:
    last = clock.now() - KEPT_FOR["contact"]
    over = Q(lead__state__in=[Live.WITHDRAWN, Live.REJECTED, Live.MERGED]) | Q(observation__gone_at__isnull=False)
    return Contact.objects.filter(_unsold(), over, lead__last_seen_at__lt=last, observation__last_seen_at__lt=last)


def _due_observations() -> QuerySet[Observation]:
    last = clock.now() - KEPT_FOR["observation"]
    old = Observation.objects.filter(gone_at__lt=last, last_seen_at__lt=last).exclude(raw=None)
    return old.filter(Q(lead=None) | _unsold())


def _purge_contacts() -> int:
    gone = 0
    while ids := list(_due_contacts().order_by("pk").values_list("pk", flat=True)[:AT_ONCE]):
        gone += _delete_contacts(ids)
    return gone


@transactions.write
def _delete_contacts(ids: list[UUID]) -> int:
    return Contact.objects.filter(pk__in=ids).delete()[0]


def _purge_observations() -> int:
    gone = 0
    while ids := list(_due_observations().order_by("pk").values_list("pk", flat=True)[:AT_ONCE]):
        gone += _empty_observations(ids)
    return gone


@transactions.write
def _empty_observations(ids: list[UUID]) -> int:
    return Observation.objects.filter(pk__in=ids).update(raw=None)


register("model replies", kept="reply", due=ai.count_replies, let_go=ai.forget_replies)
