"""Every guard of the books, the leads and the marketplace that one statement can break into.

Each break-in is tried, refused in the guard's name, and goes through once that guard is gone. Guards that take a
story stand with their subject; ``tests/architecture`` sees that none is forgotten.
"""

from typing import Final

import pytest
from django.db import IntegrityError, connection

from accounts.models import Membership, User
from aiqleads.core import clock
from leads.models import Consent, DoubtfulPair, JudgingPolicy, Lead, Merge, Observation, Outcome, Source
from marketplace import models, services
from marketplace.grounds import Ground
from marketplace.return_rules import Reason
from pricing.models import PricePolicy
from tests.conftest import give_credits
from tests.marketplace.colleagues import join
from tests.marketplace.guards import NEW, again, refused_by, take_away, undone
from tests.marketplace.ordered import order_off, order_on
from tests.marketplace.returned import buy
from tests.marketplace.test_engagement import reach

pytestmark = [pytest.mark.django_db, pytest.mark.no_cover]

NUMBER: Final = "987654321"
OPEN: Final = "source_id = 'open-site'"
ALICES_HOLD: Final = "state = 'held'"
FREE_OF = "(SELECT {} FROM {} WHERE lead_id = (SELECT id FROM leads_lead WHERE address_line = 'Free'))"
FREE: Final = {
    "bundle": NEW,
    "lead_id": FREE_OF.format("lead_id", "marketplace_listing"),
    "slot_id": FREE_OF.format("id", "marketplace_leadslot"),
    "quote_id": FREE_OF.format("quote_id", "marketplace_listing"),
}
"""What makes of Alice's hold one of the lead that nobody holds, as wrong code would insert it."""
CHARLIES: Final = "(SELECT id FROM accounts_membership WHERE organisation_id <> r.organisation_id LIMIT 1)"
TO_CHARLIE: Final = "organisation_id = (SELECT organisation_id FROM marketplace_waitlistentry)"


NOBODY_BUYS: Final = (
    "SET CONSTRAINTS ALL IMMEDIATE; DROP TRIGGER membership_leaves_an_owner ON accounts_membership; "
    "UPDATE accounts_membership SET role = 'viewer'; "
)


def hold_free(**changed: str) -> str:
    return again("marketplace_claim", ALICES_HOLD, **{**FREE, **changed})


BREAK_INS: Final[dict[str, str]] = {
    # The books.
    "account_once": again("billing_account", "organisation_id IS NOT NULL", balance="0"),
    "balance_not_negative": "UPDATE billing_account SET balance = -1 WHERE organisation_id IS NOT NULL",
    "billing_journal_key_key": again("billing_journal"),
    "billing_journal_reverses_id_key": again("billing_journal", "reverses_id IS NOT NULL", key="'once more'"),
    "entry_moves_something": "UPDATE billing_entry SET amount = 0",
    # The leads.
    "consent_names_one_to_three_agents": again(
        "leads_consent",
        observation_id="(SELECT id FROM leads_observation o WHERE NOT EXISTS (SELECT FROM leads_consent WHERE "
        "observation_id = o.id) LIMIT 1)",
        agents="4",
    ),
    "consent_text_once": again("leads_consenttext"),
    "demand_once": "INSERT INTO pricing_demand (zip3, kind, holds, sales, listed) "
    "SELECT '787', 'fsbo', 0, 0, 0 FROM generate_series(1, 2)",
    "doubted_once": again("leads_doubtfulpair"),
    "doubtful_pair_in_order": "UPDATE leads_doubtfulpair SET first_id = second_id, second_id = first_id",
    "judging_review_before_reject": "INSERT INTO leads_judgingpolicy (name, review_from, reject_from, weights) "
    "VALUES ('', 9, 1, '{}')",
    "merged_names_its_winner": "UPDATE leads_lead SET state = 'merged' WHERE address_line = 'Free'",
    "merged_once": again("leads_merge"),
    "mls_needs_a_licence": "UPDATE leads_source SET family = 'mls'; UPDATE leads_sourceright SET document = '' "
    "WHERE " + OPEN,
    "not_merged_into_itself": "UPDATE leads_lead SET state = 'merged', merged_into_id = id",
    "observation_once": again("leads_observation"),
    "one_right_at_a_time": again("leads_sourceright", OPEN),
    "outcome_status_known": again("leads_outcome", status="'eaten'"),
    "policy_floor_below_ceiling": "INSERT INTO pricing_pricepolicy (name, floor_credits, ceiling_credits, "
    "base_credits, demand_weight_percent) VALUES ('', 9, 1, '{}', 0)",
    "prohibited_allows_nothing": "UPDATE leads_sourceright SET basis = 'prohibited' WHERE " + OPEN,
    "quote_costs_something": again("pricing_quote", price_credits="0"),
    "right_basis_known": "UPDATE leads_sourceright SET basis = 'hearsay' WHERE " + OPEN,
    "scores_in_range": again("leads_score", fraud_score="101"),
    # Offers and their copies.
    "listing_copies_left": "UPDATE marketplace_listing SET copies_left = copies + 1",
    "listing_costs_something": "UPDATE marketplace_listing SET price_credits = 0",
    "marketplace_leadslot_replaces_id_key": "UPDATE marketplace_leadslot SET replaces_id = "
    "(SELECT id FROM marketplace_leadslot LIMIT 1)",
    "slot_written_once": "UPDATE marketplace_leadslot SET lead_id = (SELECT id FROM leads_lead WHERE "
    "address_line = 'Free'), number = 2 WHERE closed_at IS NOT NULL",
    "slot_once": again("marketplace_leadslot"),
    "slot_closed_once": "UPDATE marketplace_leadslot SET closed_at = NULL WHERE closed_at IS NOT NULL",
    "slot_closed_when_free": "UPDATE marketplace_leadslot slot SET closed_at = now() FROM marketplace_claim claim "
    "WHERE claim.slot_id = slot.id AND claim.state = 'held'",
    # Holds and sales.
    "claim_at_the_listed_price": hold_free(
        quote_id="(SELECT quote_id FROM marketplace_claim WHERE state = 'sold' LIMIT 1)"
    ),
    "claim_by_its_member": NOBODY_BUYS + hold_free(),
    "claim_expired": "UPDATE test_clock SET shift = '1 hour'; "
    "UPDATE marketplace_claim SET state = 'released' WHERE state = 'held'",
    "claim_lead_withdrawn": "UPDATE leads_lead SET state = 'withdrawn'; " + hold_free(),
    "claim_not_open_yet": "UPDATE marketplace_listing SET opens_at = core_clock() + interval '1 day'; "
    + hold_free(),
    "claim_pause": "UPDATE marketplace_claim SET state = 'released' WHERE state = 'held'; "
    + again("marketplace_claim", "state = 'released'", state="'held'", bundle=NEW),
    "claim_price_within_list_price": "UPDATE marketplace_claim SET price_credits = list_price_credits + 1 WHERE "
    + ALICES_HOLD,
    "claim_quota": "UPDATE accounts_entitlement SET value = 1 WHERE key = 'live_holds'; " + hold_free(),
    "claim_slot_closed": f"UPDATE marketplace_leadslot SET closed_at = now() WHERE id = {FREE['slot_id']}; "
    + hold_free(),
    "cart_starts_without_time": "INSERT INTO marketplace_cart (id, membership_id, ends_at) "
    "SELECT gen_random_uuid(), id, now() FROM accounts_membership WHERE role = 'buyer'",
    "cart_timer_by_its_holds": "UPDATE marketplace_cart SET ends_at = ends_at + interval '1 hour'",
    "claim_starts_held": hold_free(state="'released'"),
    "marketplace_cart_membership_id_key": again("marketplace_cart"),
    "marketplace_claim_journal_id_key": "UPDATE marketplace_claim SET state = 'sold', journal_id = "
    "(SELECT journal_id FROM marketplace_claim WHERE state = 'sold' LIMIT 1) WHERE state = 'held'",
    "marketplace_purchase_claim_id_key": again("marketplace_purchase"),
    "purchase_by_its_holder": again("marketplace_purchase", membership_id=CHARLIES),
    "purchase_within_licence": "UPDATE accounts_licence SET state = 'expired'; " + again("marketplace_purchase"),
    "purchase_of_a_sold_claim": again(
        "marketplace_purchase", claim_id="(SELECT id FROM marketplace_claim WHERE state = 'held')"
    ),
    "sold_means_paid": "UPDATE marketplace_claim SET journal_id = NULL WHERE state = 'sold'",
    "reply_once": again("core_storedreply", id=NUMBER),
    "waitlisted_once": again("marketplace_waitlistentry"),
    "waiting_as_a_buyer": NOBODY_BUYS + "UPDATE marketplace_waitlistentry "
    "SET left_at = now(); " + again("marketplace_waitlistentry"),
    # Returns.
    "marketplace_return_journal_id_key": "UPDATE marketplace_return SET state = 'accepted', ground = reason, "
    "journal_id = (SELECT journal_id FROM marketplace_return WHERE state = 'accepted') WHERE state = 'refused'",
    "marketplace_return_purchase_id_key": again("marketplace_return", "state = 'refused'"),
    "return_appealed_once": "UPDATE marketplace_return SET state = 'appealed' WHERE state = 'refused'; "
    "UPDATE marketplace_return SET state = 'refused' WHERE state = 'appealed'; "
    "UPDATE marketplace_return SET state = 'appealed' WHERE state = 'refused'",
    "return_decided_at": "UPDATE marketplace_return SET decided_at = NULL",
    "return_of_a_sale": again(
        "marketplace_return",
        "state = 'refused'",
        state="'requested'",
        decided_at="NULL",
        purchase_id="(SELECT purchase_id FROM marketplace_return WHERE state = 'accepted')",
    ),
    "return_policy_within_reason": "INSERT INTO marketplace_returnpolicy (name, window_days, cap_percent, "
    "cap_purchases, cap_days) VALUES ('', 91, 20, 20, 90)",
    "return_reason_of_a_buyer": "UPDATE marketplace_return SET reason = 'erased'",
    "return_starts_requested": again(
        "marketplace_return",
        "state = 'refused'",
        purchase_id="(SELECT id FROM marketplace_purchase p WHERE NOT EXISTS "
        "(SELECT FROM marketplace_return WHERE purchase_id = p.id))",
    ),
    # Orders, territories and who works on what.
    "assignment_rule_known": "INSERT INTO marketplace_assignmentpolicy SELECT id, 'dice' "
    "FROM accounts_organisation",
    "handover_how_known": again("marketplace_handover", id=NUMBER, how="'dice'"),
    "handover_of_a_standing_sale": again(
        "marketplace_handover",
        id=NUMBER,
        purchase_id="(SELECT p.id FROM marketplace_purchase p JOIN marketplace_claim c ON c.id = claim_id "
        "WHERE c.state = 'returned')",
    ),
    "marketplace_standingorder_consent_id_key": again("marketplace_standingorder", "consent_id IS NOT NULL"),
    "order_asks_for_something": "UPDATE marketplace_standingorder SET query = '' WHERE state = 'off'",
    "order_by_its_member": again("marketplace_standingorderconsent", id=NUMBER, membership_id="CHARLIE"),
    "order_has_caps": "UPDATE marketplace_standingorder SET daily_leads = 0 WHERE state = 'off'",
    "order_of_one_organisation": "UPDATE marketplace_standingorder SET membership_id = CHARLIE WHERE state = 'off'",
    "order_starts_off": again("marketplace_standingorder", "state = 'on'"),
    "order_written_once": "UPDATE marketplace_standingorder SET organisation_id = (SELECT organisation_id FROM "
    "accounts_membership WHERE id = CHARLIE), membership_id = CHARLIE WHERE state = 'off'",
    "territory_lies_somewhere": "UPDATE marketplace_territory SET covered_zips = '{}', area = ''",
    "territory_size_within_plan": "UPDATE marketplace_territory SET square_miles = 1001",
    # What members keep, and what is sent to them.
    "crm_match_once": again("marketplace_crmmatch", id=NUMBER),
    "delivery_has_its_receiver": again("marketplace_delivery", "channel = 'email'", channel="'webhook'"),
    "delivery_settled_or_waiting": "UPDATE marketplace_delivery SET settled_at = NULL WHERE state = 'delivered'",
    "engagement_version": "UPDATE marketplace_engagement SET version = 0",
    "found_once": again("marketplace_foundlead", id=NUMBER),
    "marketplace_device_token_hash_key": again("marketplace_device"),
    "one_choice_per_channel": again("marketplace_notificationchoice", id=NUMBER),
    "one_crm_account_each": again("marketplace_receiver"),
    "one_step_per_number": again("marketplace_followup"),
    "one_text_per_channel": again("marketplace_engagementtext", id=NUMBER),
    "removed_receiver_keeps_no_secret": "UPDATE marketplace_receiver SET removed_at = now()",
    "receiver_kind_known": "UPDATE marketplace_receiver SET kind = 'fax'",
    "search_rhythm_known": "UPDATE marketplace_savedsearch SET rhythm = 'hourly'",
    "search_saved_once": again("marketplace_savedsearch"),
    "step_closed_at": "UPDATE marketplace_followup SET closed_at = now()",
    "try_numbered_once": again("marketplace_deliverytry", id=NUMBER),
    "viewed_once": again("marketplace_viewedlead", id=NUMBER),
    "watched_once": again("marketplace_watchedlead", id=NUMBER),
}
BEHIND: Final[dict[str, tuple[str, ...]]] = {
    "balance_not_negative": ("account_changes_by_entries",),
    "billing_journal_reverses_id_key": ("journal_balances", "reversal_is_whole", "reversal_fills_the_same_lots"),
    "billing_journal_key_key": ("journal_balances",),
    "claim_not_open_yet": ("listing_opens_once",),
    "claim_pause": ("claim_waits_its_turn",),
    "claim_price_within_list_price": ("claim_written_once", "bundle_moves_together"),
    "entry_moves_something": ("entry_is_written_once",),
    "marketplace_cart_membership_id_key": ("cart_starts_without_time",),
    "marketplace_leadslot_replaces_id_key": ("slot_written_once",),
    "marketplace_claim_journal_id_key": ("claim_guard", "sale_has_its_purchase"),
    "marketplace_return_journal_id_key": ("return_guard", "accepted_return_is_credited"),
    "marketplace_return_purchase_id_key": ("return_guard",),
    "marketplace_standingorder_consent_id_key": ("order_starts_off", "order_as_agreed"),
    "purchase_by_its_holder": ("marketplace_purchase_claim_id_key",),
    "purchase_within_licence": ("marketplace_purchase_claim_id_key",),
    "order_starts_off": ("order_as_agreed", "marketplace_standingorder_consent_id_key"),
    "return_decided_at": ("return_guard",),
    "return_reason_of_a_buyer": ("return_guard",),
    "try_numbered_once": ("one_try_at_a_time",),
    "return_of_a_sale": ("marketplace_return_purchase_id_key",),
    "slot_once": ("slots_of_the_first_offer",),
    "sold_means_paid": ("claim_guard",),
}
"""Guards that would refuse it first, or the rest of it."""


@pytest.fixture
def scene(alice, charlie, olga, make_lead, open_source):
    """A little of everything."""
    for member in (alice, charlie):
        give_credits(member, 500)
    make_lead(address_line="Free")
    sold, returned, refused, held = (make_lead() for _ in range(4))
    reach(sold, "call", "text", "email")
    bought = buy(sold, alice)
    services.write_engagement(purchase_id=bought.pk)
    _return(buy(returned, alice), olga, is_accepted=True)
    marked = buy(refused, alice)
    services.mark_outcome(purchase_id=marked.pk, buyer=alice, status=Outcome.Status.CONTACTED)
    _return(marked, olga, is_accepted=False)
    services.hold_lead(lead_id=held.pk, buyer=alice)
    services.join_waitlist(lead_id=held.pk, buyer=charlie)
    order_on(alice)
    order_off(alice, "city=Austin")
    _members_things(alice, bought, held)
    _leads_things(sold, held, open_source)
    _policies(alice, olga)


def _return(
    purchase: models.Purchase, operator: User, *, is_accepted: bool, reason: Reason = Reason.WRONG_NUMBER
) -> None:
    asked = services.request_return(
        purchase_id=purchase.pk, buyer=purchase.membership, reason=reason, explanation=""
    )
    services.decide_return(return_id=asked.pk, is_accepted=is_accepted, says="So.", actor_id=operator.pk)


def _members_things(alice: Membership, bought: models.Purchase, other: Lead) -> None:
    services.own_territory(member=alice, name="Mine", ground=Ground(zip_codes=("78704",)))
    services.assign_purchases(purchase_ids=[bought.pk], to=join(alice, "erin"), by=alice)
    services.watch_lead(lead_id=other.pk, member=alice)
    services.register_device(member=alice, token="a" * 40, platform=models.Device.Platform.IOS)
    search = services.save_search(member=alice, name="", query="state=TX", rhythm=models.SavedSearch.Rhythm.DAILY)
    models.FoundLead.objects.create(search=search, listing=other.listing)
    models.ViewedLead.objects.create(membership=alice, listing=other.listing)
    models.NotificationChoice.objects.create(membership=alice, kind="turn", channel="push", is_wanted=True)
    models.Receiver.objects.create(organisation=alice.organisation, kind="follow_up_boss", host="", secret="x")
    upload = models.CrmUpload.objects.create(
        organisation=alice.organisation, membership=alice, uploaded_on="2026-01-01", row_count=1, usable_count=1
    )
    models.CrmMatch.objects.create(upload=upload, listing=other.listing)
    models.DeliveryTry.objects.create(delivery=bought.deliveries.get(channel="email"), number=1)


def _leads_things(lead: Lead, other: Lead, source: Source) -> None:
    first, second = sorted([lead, other], key=lambda one: one.pk)
    DoubtfulPair.objects.create(first=first, second=second, points=1)
    Merge.objects.create(loser=lead, winner=other, evidence=[], observation_ids=[], lead_ids=[], pair_ids=[])
    for number in (1, 2):
        sighting = Observation.objects.create(source=source, external_id_hash=f"1:{number}", content_hash="1:")
    Consent.objects.create(observation=sighting, text_version="x", given_at=clock.now(), channels=[], agents=1)


def _policies(alice: Membership, operator: User) -> None:
    services.state_work_area(buyer=alice, zip_prefixes=["787"])
    services.set_return_policy(
        name="", window_days=14, cap_percent=20, cap_purchases=20, cap_days=90, actor_id=operator.pk
    )
    JudgingPolicy.objects.create(name="", review_from=1, reject_from=9, weights={})
    PricePolicy.objects.create(
        name="", floor_credits=1, ceiling_credits=9, base_credits={}, demand_weight_percent=0
    )


def test_each_guard_keeps_out_what_it_names_and_nothing_else_does(scene, charlie, subtests):
    for guard, statement in BREAK_INS.items():
        break_in = statement.replace("CHARLIE", f"'{charlie.pk}'")
        with subtests.test(guard), undone():
            for other in BEHIND.get(guard, ()):
                take_away(other)
            assert refused_by(break_in) == guard
            take_away(guard)
            assert refused_by(break_in) == ""


def test_a_hold_becomes_no_purchase_of_an_order(scene):
    break_in = "UPDATE marketplace_claim SET standing_order_id = (SELECT id FROM marketplace_standingorder LIMIT 1)"
    assert refused_by(f"{break_in} WHERE {ALICES_HOLD}") == "claim_written_once"

    without("claim_keeps_its_order", "marketplace_claim")

    assert refused_by(f"{break_in} WHERE {ALICES_HOLD}") == ""


WRITTEN_ONCE: Final = """
    SELECT tgrelid::regclass, tgname, attname, tgtype & 16 > 0, tgtype & 8 > 0 FROM pg_trigger
    JOIN pg_index ON indrelid = tgrelid AND indisprimary
    JOIN pg_attribute ON attrelid = tgrelid AND attnum = indkey[0]
    WHERE tgfoid = 'core_refuse_change'::regproc AND tgrelid::regclass::text !~ '^(scraping|ai)_'
"""


def is_refused(statement: str) -> bool:
    """Whether a statement is refused for changing what is written once; what it leaves hanging is not looked at."""
    try:
        with undone(), connection.cursor() as cursor:
            cursor.execute(statement)
    except IntegrityError as error:
        return "rows are written once" in str(error)
    return False


def test_what_is_written_once_stays_as_it_is_until_its_guard_is_gone(scene, subtests):
    with connection.cursor() as cursor:
        cursor.execute(WRITTEN_ONCE)
        guards = cursor.fetchall()
    assert len(guards) > 20
    for table, guard, key, stops_changes, stops_deletes in guards:
        change, delete = f"UPDATE {table} SET {key} = {key}", f"DELETE FROM {table}"
        broken = [statement for statement, stops in ((change, stops_changes), (delete, stops_deletes)) if stops]
        with subtests.test(f"{guard} ON {table}"), undone():
            assert [is_refused(statement) for statement in broken] == [True] * len(broken)
            without(guard, table)
            assert [is_refused(statement) for statement in broken] == [False] * len(broken)


def without(trigger: str, table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"DROP TRIGGER {trigger} ON {table}")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


DUTIES: Final[dict[str, str]] = {
    "returned_closes_engagement ON marketplace_claim": "SELECT count(*) = 0 FROM marketplace_engagementtext",
    "claim_counts_its_return ON marketplace_claim": "SELECT max(returned_copies) = 1 FROM marketplace_listing",
    "return_closes_the_assignment ON marketplace_claim": "SELECT NOT bool_or(is_open) FROM marketplace_assignment",
    "slot_counts_as_left ON marketplace_leadslot": "SELECT max(copies_left) = 1 FROM marketplace_listing",
    "handover_moves_the_assignment ON marketplace_handover": "SELECT NOT bool_or(member_id = m.id) FROM "
    "marketplace_assignment, accounts_membership m WHERE role = 'owner'",
    "outcome_closes_the_assignment ON leads_outcome": "SELECT NOT bool_or(is_open) FROM marketplace_assignment",
    "purchase_opens_its_assignment ON marketplace_purchase": "SELECT count(*) = 1 FROM marketplace_assignment",
}
"""Triggers that keep something up to date, and the question whose answer they make true."""


def live_through(trigger: str, lead: Lead, alice: Membership, operator: User) -> None:
    """A lead is sold, and then what the trigger waits for happens."""
    if not trigger.startswith("slot"):  # who agreed to one agent is not sold to a second
        reach(lead, "call", "text", "email")
    bought = buy(lead, alice)
    if trigger.startswith("purchase"):
        return
    services.write_engagement(purchase_id=bought.pk)
    if trigger.startswith("handover"):
        services.assign_purchases(purchase_ids=[bought.pk], to=join(alice, "erin"), by=alice)
    elif trigger.startswith("outcome"):
        services.mark_outcome(purchase_id=bought.pk, buyer=alice, status=Outcome.Status.LOST)
    else:
        _return(bought, operator, is_accepted=True, reason=Reason.OUT_OF_AREA)


@pytest.mark.parametrize("is_kept", [True, False])
@pytest.mark.parametrize("trigger", DUTIES)
def test_what_a_trigger_keeps_up_to_date_goes_stale_without_it(trigger, is_kept, lead, alice, olga):
    if not is_kept:
        without(*trigger.split(" ON "))

    live_through(trigger, lead, alice, olga)

    with connection.cursor() as cursor:
        cursor.execute(DUTIES[trigger])
        assert cursor.fetchone() == (is_kept,)
