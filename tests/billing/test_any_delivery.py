"""Whatever is delivered how often, in whatever order and between whatever crashes: the books end the same."""

from itertools import count
from typing import Any, Final

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing import selectors, services
from billing.invariants import broken
from billing.models import MOST_BYTES, Difference, Entry, SandboxEvent, SandboxObject
from billing.providers.sandbox import desk, memory, pages, telling
from tests.billing.test_ledger import sell
from tests.conftest import at_length, open_membership

pytestmark = [pytest.mark.django_db, pytest.mark.no_cover]

NUMBERS: Final = count()
CREDIT_CENTS: Final = 98
CALLS: Final = ("fetch_checkout", "fetch_payment", "refunds", "fetch_refund", "fetch_dispute")
CRASHES: Final = [f"{call} {when}" for call in CALLS for when in ("before", "after")]
SPOILT: Final = ("none", "forged", "stale", "from the future", "oversized")
STORIES: Final = st.fixed_dictionaries(
    {
        "spent": st.integers(0, 50),
        "refunded": st.integers(0, 49),
        "dispute": st.sampled_from(["none", "open", "won", "lost"]),
        "times": st.lists(st.sampled_from([0, 1, 5]), min_size=8, max_size=8),
        "order": st.permutations(range(8)),
        "spoilt": st.lists(st.sampled_from(SPOILT), min_size=8, max_size=8),
        "crashes": st.lists(st.sets(st.sampled_from(CRASHES), max_size=3), min_size=8, max_size=8),
    }
)


def live(member: Any, story: dict[str, Any]) -> None:
    """A pack that is bought, spent in part, given back in part and disputed; we hear of the first step alone."""
    started = services.start_checkout(member=member, pack_code="fifty", provider="sandbox")
    pages.hand_in(started.checkout_id, "good")
    capture_id = memory.find(memory.Kind.CHECKOUT, started.checkout_id).data["capture_id"]
    if story["spent"]:
        services.look_again(started.pk)
        sell(member, story["spent"], key=f"sale:{started.pk}")
    if story["refunded"]:
        desk.refund_here(capture_id, CREDIT_CENTS * story["refunded"])
    if story["dispute"] != "none":
        dispute_id = desk.dispute(capture_id)
        if story["dispute"] != "open":
            desk.close_dispute(dispute_id, is_won=story["dispute"] == "won")


def deliver(events: list[SandboxEvent], story: dict[str, Any], line: Any) -> None:
    """Bring each event as often as the story says, spoilt ones among them, and work between crashes."""
    for place in story["order"]:
        if place >= len(events):
            continue
        raw, headers = telling.message(events[place])
        spoil(raw, headers, story["spoilt"][place])
        for _ in range(story["times"][place]):
            assert bring(raw, headers[telling.HEADER]) == 200
        line.dies = story["crashes"][place]
        services.work_inbox()
    line.dies = set()


def spoil(raw: bytes, headers: dict[str, str], how: str) -> None:
    seconds = int(headers[telling.HEADER].partition(",")[0][2:])
    if how == "forged":
        assert bring(raw + b" ", headers[telling.HEADER]) == 400
    elif how == "oversized":
        assert bring(raw + b" " * MOST_BYTES, headers[telling.HEADER]) == 413
    elif how in {"stale", "from the future"}:
        shift = -302 if how == "stale" else 302
        assert bring(raw, telling.signature(raw, seconds=seconds + shift)) == 400


def bring(raw: bytes, signature: str) -> int:
    signed = {telling.HEADER: signature}
    address = "/webhooks/sandbox/"
    return Client().post(address, raw, content_type="application/json", headers=signed).status_code


@settings(max_examples=at_length(short=8, soak=400), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=STORIES)
def test_the_books_end_the_same_whatever_is_delivered(story, line, clock, pack):
    known = set(SandboxEvent.objects.values_list("pk", flat=True))
    lines = set(SandboxObject.objects.filter(kind="movement").values_list("pk", flat=True))
    member = open_membership(f"member-{next(NUMBERS)}")
    before = clearing_cents()
    live(member, story)
    events = list(SandboxEvent.objects.exclude(pk__in=known).order_by("occurred_at", "pk"))

    deliver(events, story, line)
    clock.advance(hours=7)  # what failed is tried again, and what never came is found by the look
    services.reconcile(provider="sandbox")

    gone = story["refunded"] + (50 - story["refunded"] if story["dispute"] in {"open", "lost"} else 0)
    has = selectors.balance_credits(member.organisation_id) - selectors.owed_credits(member.organisation_id)
    assert has == 50 - story["spent"] - gone
    moved = SandboxObject.objects.filter(kind="movement").exclude(pk__in=lines).values_list("data", flat=True)
    assert clearing_cents() - before == sum(one["gross"] - one["fee"] for one in moved)
    assert not Difference.objects.filter(closed_at=None).exists()
    assert broken() == []


def clearing_cents() -> int:
    return sum(Entry.objects.filter(account__kind="clearing").values_list("amount", flat=True))
