"""Each guard of invoices, rates, profiles and adjustments: broken into, and through once the guard is gone."""

from datetime import date
from typing import Final
from uuid import uuid4

import pytest
from django.db import connection, transaction

from billing import services
from billing.models import BillingProfile, TaxRate
from tests.billing.money import paid, refunded, started
from tests.marketplace.guards import again, refused_by, take_away, undone

pytestmark = [pytest.mark.django_db, pytest.mark.no_cover]

ISSUED: Final = "kind = 'invoice'"
NOTE: Final = "kind = 'credit_note'"
UNDRAWN: Final = {"pdf": "NULL", "sha256": "''"}
OTHERS_PAYMENT: Final = (
    "(SELECT id FROM billing_payment p WHERE status = 'paid' AND "
    "NOT EXISTS (SELECT FROM billing_invoice i WHERE i.payment_id = p.id))"
)
UNPAID: Final = "(SELECT id FROM billing_payment WHERE status = 'created')"
SECOND_REFUND: Final = "(SELECT id FROM billing_refund WHERE reason = 'the rest')"
MORE_NET: Final = {
    "refund_id": SECOND_REFUND,
    "net_cents": "2500",
    "tax_cents": "152",
    "snapshot": 'snapshot || \'{"lines": [{"net_cents": 2500}], "tax": {"cents": 152}}\'',
}
CHARLIES: Final = "(SELECT id FROM accounts_organisation WHERE id <> r.organisation_id LIMIT 1)"
COUNTER_FREE: Final = (
    "SET CONSTRAINTS ALL IMMEDIATE; DROP TRIGGER invoice_counter_moves_by_invoices ON billing_invoicecounter; "
)
ANOTHER: Final = {"payment_id": OTHERS_PAYMENT, **UNDRAWN}
WAITING: Final = "state = 'waiting'"
DECIDED: Final = (
    "decided_at = now(), decided_by_id = (SELECT id FROM accounts_user u WHERE u.id <> asked_by_id LIMIT 1)"
)
OTHER_JOURNAL: Final = "(SELECT id FROM billing_journal WHERE key LIKE 'sandbox:pi:%' LIMIT 1)"


def rate(**changed: str) -> str:
    return again("billing_taxrate", **{"id": "987654321", "region": "'NV'", **changed})


def profile(**changed: str) -> str:
    return f"UPDATE billing_billingprofile SET {', '.join(f'{name} = {value}' for name, value in changed.items())}"


def asked(**changed: str) -> str:
    return again("billing_adjustment", WAITING, **changed)


BREAK_INS: Final[dict[str, str]] = {
    "profile_names_a_country": profile(country="'us'"),
    "profile_names_a_state": profile(region="'Texas'"),
    "tax_rate_of_a_country": rate(country="'u'"),
    "tax_rate_of_postal_codes": rate(postal_prefix="'787%'"),
    "tax_rate_within_reason": rate(millipercent="30001"),
    "tax_rate_ends_after_it_began": rate(valid_until="valid_from"),
    "one_tax_rate_at_a_time": rate(region="'TX'", valid_from="date '2030-01-01'"),
    "tax_rate_that_began_is_kept": "DELETE FROM billing_taxrate",
    "tax_rate_written_once": "UPDATE billing_taxrate SET millipercent = 1",
    "invoice_counter_moves_by_invoices": "UPDATE billing_invoicecounter SET last = last",
    "invoice_follows_the_one_before": COUNTER_FREE
    + "UPDATE billing_invoicecounter SET last = last + 1; "
    + again("billing_invoice", ISSUED, **ANOTHER),
    "invoice_number_once": COUNTER_FREE
    + "SET CONSTRAINTS ALL IMMEDIATE; DROP TRIGGER invoice_takes_a_number ON billing_invoice; "
    + again("billing_invoice", ISSUED, **ANOTHER),
    "payment_is_invoiced_once": again("billing_invoice", ISSUED, **UNDRAWN),
    "credit_note_corrects_an_invoice": again("billing_invoice", ISSUED, **ANOTHER, kind="'credit_note'"),
    "billing_invoice_refund_id_key": again("billing_invoice", NOTE, **UNDRAWN),
    "invoice_adds_up": again("billing_invoice", ISSUED, **ANOTHER, total_cents="1"),
    "invoice_page_has_its_hash": again("billing_invoice", ISSUED, **{**ANOTHER, "sha256": "'0'"}),
    "invoice_page_is_what_its_hash_says": "UPDATE billing_invoice SET pdf = 'forged', sha256 = '0' "
    "WHERE kind = 'credit_note'",
    "invoice_lines_add_up": again("billing_invoice", ISSUED, **ANOTHER, snapshot="snapshot || '{\"lines\": []}'"),
    "invoice_says_what_was_paid": again("billing_invoice", ISSUED, **UNDRAWN, payment_id=UNPAID),
    "credit_note_says_what_went_back": again(
        "billing_invoice", NOTE, **UNDRAWN, refund_id=SECOND_REFUND, organisation_id=CHARLIES
    ),
    "credit_notes_within_their_invoice": again("billing_invoice", NOTE, **UNDRAWN, **MORE_NET),
    "invoice_written_once": "UPDATE billing_invoice SET snapshot = '{}'",
    "adjustment_within_its_limit": asked(amount_credits="5001"),
    "adjustment_of_goodwill_gives": asked(kind="'goodwill'", amount_credits="-1"),
    "adjustment_says_why": asked(reason="''"),
    "adjustment_is_decided_by_somebody": f"UPDATE billing_adjustment SET state = 'refused' WHERE {WAITING}",
    "adjustment_takes_two_people": "UPDATE billing_adjustment SET state = 'confirmed', decided_at = now(), "
    f"decided_by_id = asked_by_id, journal_id = {OTHER_JOURNAL} WHERE {WAITING}",
    "adjustment_is_posted_when_confirmed": f"UPDATE billing_adjustment SET state = 'confirmed', {DECIDED} "
    f"WHERE {WAITING}",
    "adjustment_posts_what_was_asked": f"UPDATE billing_adjustment SET state = 'confirmed', {DECIDED}, "
    f"journal_id = {OTHER_JOURNAL} WHERE {WAITING}",
    "billing_adjustment_journal_id_key": f"UPDATE billing_adjustment SET state = 'confirmed', {DECIDED}, "
    "journal_id = (SELECT journal_id FROM billing_adjustment WHERE state = 'confirmed') "
    f"WHERE {WAITING}",
    "adjustment_starts_waiting": asked(state="'refused'", decided_at="now()", decided_by_id="r.asked_by_id"),
    "adjustment_written_once": "UPDATE billing_adjustment SET amount_credits = 2 WHERE " + WAITING,
}
BEHIND: Final[dict[str, tuple[str, ...]]] = {
    "adjustment_takes_two_people": ("adjustment_posts_what_was_asked",),
    "adjustment_is_posted_when_confirmed": ("adjustment_posts_what_was_asked",),
    "billing_adjustment_journal_id_key": ("adjustment_posts_what_was_asked",),
    "billing_invoice_refund_id_key": ("credit_notes_within_their_invoice",),
    "credit_note_corrects_an_invoice": ("credit_note_says_what_went_back",),
    "invoice_number_once": (),
    "tax_rate_ends_after_it_began": ("one_tax_rate_at_a_time",),
}
"""Guards that would refuse the rest of it."""


@pytest.fixture
def scene(alice, charlie, olga):
    """An invoice that was drawn, a credit note that was not, and adjustments that wait and were confirmed."""
    BillingProfile.objects.create(
        organisation=alice.organisation, name="Alice", street="1 Elm St", city="Austin", region="TX"
    )
    TaxRate.objects.create(country="US", region="TX", millipercent=8_250, label="Tax", valid_from=date(2020, 1, 1))
    first = paid(alice, tax_cents=404)
    with transaction.atomic():
        drawn = services.invoice(first)
    services.write_page(invoice_id=drawn.pk)
    take_away("refunds_within_their_payment")  # which keeps out before us what we keep out as well
    for net_cents, reason in ((2_450, "half"), (2_500, "the rest")):
        refunded(first, amount_credits=10, net_cents=net_cents, tax_cents=2_652 - net_cents, reason=reason)
    with transaction.atomic():
        services.credit_note(first.refunds.get(reason="half"))
    paid(alice, tax_cents=404)
    started(alice, tax_cents=404)
    asked = {"organisation_id": alice.organisation_id, "amount_credits": 5, "reason": "Sorry", "key": None}
    for kind in ("correction", "goodwill"):
        services.ask_for_adjustment(**{**asked, "kind": kind, "key": uuid4(), "actor_id": alice.user_id})
    given = alice.organisation.adjustments.get(kind="goodwill")
    services.confirm_adjustment(adjustment_id=given.pk, actor_id=olga.pk)


def test_each_guard_of_invoices_refuses_and_nothing_else_would(scene, subtests):
    for guard, statement in BREAK_INS.items():
        with subtests.test(guard), undone():
            assert refused_by(statement) == guard
            take_away(guard)
            for other in BEHIND.get(guard, ()):
                take_away(other)
            assert refused_by(statement) == ""


def test_truths_are_looked_at_by_triggers_and_nothing_is_deleted(scene):
    for trigger, guard in (
        ("invoice_is_true", "invoice_says_what_was_paid"),
        ("adjustment_written_once", "adjustment_starts_waiting"),
        ("tax_rate_written_once", "tax_rate_that_began_is_kept"),
    ):
        with undone():
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                cursor.execute(
                    "SELECT tgrelid::regclass FROM pg_trigger WHERE tgname = %s AND NOT tgisinternal", [trigger]
                )
                cursor.execute(f"DROP TRIGGER {trigger} ON {cursor.fetchone()[0]}")
            assert refused_by(BREAK_INS[guard]) == ""
    for table in ("billing_invoice", "billing_invoicecounter", "billing_adjustment"):
        assert "written once" in refused_by(f"DELETE FROM {table}")
