"""What the database refuses about messages, refunds, disputes and differences, whoever asks."""

from typing import Final

import pytest
from django.db import connection, transaction

from billing import services
from billing.invariants import broken
from billing.services.ledger import House
from tests.billing.gone_back import something_of_each
from tests.marketplace.guards import again, refused_by, take_away, undone

pytestmark = [pytest.mark.django_db, pytest.mark.no_cover]

ISSUED_AGAIN: Final = "(SELECT clawed_back_id FROM billing_dispute LIMIT 1)"
CLOSED: Final = "(SELECT id FROM billing_journal WHERE key = 'closed')"
BREAK_INS: Final = {
    "difference_is_closed_with_a_reason": "UPDATE billing_difference SET closed_at = now()",
    "difference_open_once": again("billing_difference"),
    "difference_stays_closed": "UPDATE billing_difference SET closed_at = now(), how = 'ours'; "
    "UPDATE billing_difference SET closed_at = NULL, how = ''",
    "dispute_is_booked": "UPDATE billing_dispute SET status = 'lost', closed_at = now()",
    "dispute_is_booked_as_it_says": again(
        "billing_dispute", dispute_id="'dp_2'", clawed_back_id=CLOSED
    ),
    "dispute_is_closed_when_final": "UPDATE billing_dispute SET closed_at = now()",
    "dispute_is_decided_once": "UPDATE billing_dispute SET status = 'won', closed_at = now(), closed_id = "
    "(SELECT id FROM billing_journal WHERE key = 'closed'); UPDATE billing_dispute SET status = 'lost'",
    "dispute_keeps_what_it_is": "UPDATE billing_dispute SET opened_at = now() - interval '1 day'",
    "dispute_once": again(
        "billing_dispute", clawed_back_id="NULL", status="'won'", closed_at="now()", amount_credits="0"
    ),
    "message_is_settled_when_worked": "UPDATE billing_inboxmessage SET state = 'done'",
    "message_is_short": again(
        "billing_inboxmessage", event_id="'evt_2'", raw=r"'\x' || repeat('00', 262145)"
    ),
    "message_is_worked_before_it_goes": "DELETE FROM billing_inboxmessage",
    "message_is_written_once": "UPDATE billing_inboxmessage SET object_id = 'pi_other'",
    "message_once": again("billing_inboxmessage"),
    "refusals_counted_by_day": again("billing_inboxrefusals", id="987654321"),
    "refund_is_booked_as_it_says": again(
        "billing_refund", refund_id="'re_2'", set_aside_id="NULL", asked_by_id="NULL", net_cents="1",
        status="'succeeded'", closed_at="now()", settled_id=ISSUED_AGAIN,
    ),
    "refund_is_closed_when_final": "UPDATE billing_refund SET closed_at = now()",
    "refund_is_posted_when_made": "UPDATE billing_refund SET status = 'succeeded', closed_at = now()",
    "refund_is_set_aside_before_it_is_asked": again("billing_refund", refund_id="'re_2'", set_aside_id="NULL"),
    "refund_keeps_what_was_asked": "UPDATE billing_refund SET reason = 'another'",
    "refund_moves_forward": "UPDATE billing_refund SET status = 'failed', closed_at = now(); "
    "UPDATE billing_refund SET status = 'pending', closed_at = NULL",
    "refund_once": again("billing_refund", set_aside_id="NULL", asked_by_id="NULL", amount_credits="1"),
    "refunds_within_their_payment": again(
        "billing_refund", refund_id="'re_2'", set_aside_id="NULL", asked_by_id="NULL", amount_credits="41"
    ),
}  # fmt: skip


@pytest.fixture
def goes_back(alice, olga):
    """Something of each, and a journal by which a dispute could be closed."""
    something_of_each(alice, olga)
    house = House()
    moves = [*house.cents({"clearing": 2_000}, provider="sandbox"), *house.cents({"withheld": -2_000})]
    with transaction.atomic():
        services.post([services.Fact(key="closed", memo="", moves=moves)])


def test_each_guard_keeps_out_what_it_names_and_nothing_else_does(goes_back, subtests):
    for guard, statement in BREAK_INS.items():
        with subtests.test(guard), undone():
            assert refused_by(statement) == guard
            take_away(guard)
            assert refused_by(statement) == ""


TRIGGERS: Final = {
    "difference_is_guarded": "difference_stays_closed",
    "dispute_is_checked": "dispute_is_booked_as_it_says",
    "dispute_is_guarded": "dispute_keeps_what_it_is",
    "message_is_guarded": "message_is_written_once",
    "refund_is_checked": "refunds_within_their_payment",
    "refund_is_guarded": "refund_keeps_what_was_asked",
}
"""Which trigger speaks for which guards: the first of them."""


def test_nothing_but_its_trigger_speaks_for_a_guard(goes_back, subtests):
    for trigger, guard in TRIGGERS.items():
        with subtests.test(trigger), undone():
            take_away(trigger)
            assert refused_by(BREAK_INS[guard]) == ""


OF_DISPUTES: Final = ("withheld_is_of_open_disputes", "clearing_is_what_came_and_went")


@pytest.mark.parametrize(
    ("what", "change", "named"),
    [
        ("refund", "net_cents = net_cents + 1", "refunds_are_booked_as_they_say"),
        ("refund", "amount_credits = amount_credits - 1", "refunds_are_booked_as_they_say"),
        ("dispute", "amount_cents = amount_cents - 1", "disputes_are_booked_as_they_say"),
        ("dispute", "amount_credits = amount_credits + 1", "disputes_are_booked_as_they_say"),
    ],
)
def test_what_went_back_otherwise_than_its_row_says_is_named_by_the_invariants(what, change, named, alice):
    something_of_each(alice)
    assert broken() == []
    take_away(f"{what}_is_guarded")
    take_away(f"{what}_is_checked")
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE billing_{what} SET {change}")

    found = {finding.name: finding.count for finding in broken()}

    assert found[named] == 1
    assert found.keys() <= {named, "set_aside_is_of_open_refunds", *OF_DISPUTES}


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("UPDATE billing_refund SET status = 'failed', closed_at = now()", ["set_aside_is_of_open_refunds"]),
        ("UPDATE billing_refund SET amount_credits = 9", ["set_aside_is_of_open_refunds"]),
        ("UPDATE billing_refund SET net_cents = 999", ["set_aside_is_of_open_refunds"]),
        ("UPDATE billing_dispute SET amount_cents = 1999", list(OF_DISPUTES)),
    ],
)
def test_what_no_row_tells_of_any_more_is_named_by_the_invariants(alice, change, named):
    something_of_each(alice)
    for guard in ("refund_is_guarded", "refund_is_checked", "dispute_is_guarded", "dispute_is_checked"):
        take_away(guard)

    with connection.cursor() as cursor:
        cursor.execute(change)

    assert set(named) <= {finding.name for finding in broken()}
