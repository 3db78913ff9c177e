"""SQL that nobody should write, and questions that find what it would leave behind if no guard stood there."""

from typing import Final

A_HOLD = """
    INSERT INTO marketplace_claim (id, lead_id, slot_id, organisation_id, membership_id, cart_id, bundle, state,
                                   during, max_until, list_price_credits, price_credits, quote_id, release_reason)
    SELECT gen_random_uuid(), slot.lead_id, slot.id, member.organisation_id, member.id, cart.id, gen_random_uuid(),
           'held', tstzrange(core_clock(), core_clock() + interval '1 day'), core_clock() + interval '1 day', 10, 1,
           listing.quote_id, ''
    FROM marketplace_leadslot slot JOIN marketplace_listing listing USING (lead_id), accounts_membership member
    JOIN marketplace_cart cart ON cart.membership_id = member.id
    WHERE member.id = %(member)s AND slot.lead_id = %(lead)s ORDER BY random() LIMIT %(copies)s"""
A_RUNNING = (
    "(SELECT id FROM marketplace_claim WHERE state = 'held' AND during @> core_clock() ORDER BY random() LIMIT 1)"
)
PAY = f"""
    WITH claim AS (SELECT * FROM marketplace_claim WHERE id = {A_RUNNING}),
    journal AS (INSERT INTO billing_journal (id, key, memo) SELECT id, 'buy:' || id, '' FROM claim RETURNING id)
    INSERT INTO billing_entry (journal_id, account_id, lot_id, amount)
    SELECT journal.id, account.id, lot.id, CASE account.kind WHEN 'granted' THEN -$CREDITS ELSE $CREDITS END
    FROM journal, claim, billing_account account LEFT JOIN billing_lot lot ON lot.account_id = account.id
    WHERE account.organisation_id = claim.organisation_id AND account.kind = 'granted'
       OR account.kind = 'revenue' AND account.unit = 'credits';
    UPDATE marketplace_claim SET state = 'sold', journal_id = id
    WHERE id IN (SELECT id FROM billing_journal) AND state = 'held'"""
RECORD = """
    INSERT INTO marketplace_purchase (id, claim_id, organisation_id, membership_id, lead_id, price_credits)
    SELECT id, id, organisation_id, membership_id, lead_id, 1 FROM marketplace_claim
    WHERE state = 'sold' AND id NOT IN (SELECT claim_id FROM marketplace_purchase)"""
HOLD_BY_ORDER = """
    INSERT INTO marketplace_claim (id, lead_id, slot_id, organisation_id, membership_id, cart_id, bundle, state,
                                   quote_id, release_reason, standing_order_id)
    SELECT gen_random_uuid(), slot.lead_id, slot.id, standing.organisation_id, standing.membership_id, cart.id,
           gen_random_uuid(), 'held', listing.quote_id, '', standing.id
    FROM marketplace_leadslot slot JOIN marketplace_listing listing USING (lead_id),
         marketplace_standingorder standing JOIN marketplace_cart cart USING (membership_id)
    WHERE slot.lead_id = %(lead)s AND standing.membership_id = %(member)s ORDER BY random() LIMIT 1"""
BUY_BY_ORDER = f"""
    WITH claim AS ({HOLD_BY_ORDER} RETURNING *),
    journal AS (INSERT INTO billing_journal (id, key, memo) SELECT id, 'buy:' || id, '' FROM claim RETURNING id)
    INSERT INTO billing_entry (journal_id, account_id, lot_id, amount)
    SELECT journal.id, account.id, lot.id, CASE account.kind WHEN 'granted' THEN -10 ELSE 10 END
    FROM journal, claim, billing_account account LEFT JOIN billing_lot lot ON lot.account_id = account.id
    WHERE account.organisation_id = claim.organisation_id AND account.kind = 'granted'
       OR account.kind = 'revenue' AND account.unit = 'credits';
    UPDATE marketplace_claim SET state = 'sold', journal_id = id
    WHERE id IN (SELECT id FROM billing_journal) AND state = 'held' AND standing_order_id IS NOT NULL;
    {RECORD.replace("lead_id, 1 FROM", "lead_id, 10 FROM")}"""
WRONG_CODE: Final = {
    "orders without looking": BUY_BY_ORDER,
    "orders and does not pay": HOLD_BY_ORDER,
    "takes without looking": A_HOLD,
    "holds longer": f"""
        UPDATE marketplace_claim SET during = tstzrange(lower(during), upper(during) + interval '1 hour')
        WHERE id = {A_RUNNING}""",
    "revives": """
        UPDATE marketplace_claim
        SET state = 'held', during = tstzrange(lower(during), max_until + interval '1 hour')
        WHERE state = 'released'""",
    "sells for nothing": f"UPDATE marketplace_claim SET state = 'sold' WHERE id = {A_RUNNING}",
    "sells for one credit": f"{PAY.replace('$CREDITS', '1')};{RECORD}",
    "sells in silence": PAY.replace("$CREDITS", "10"),
    "takes money for nothing": PAY.partition(";")[0].replace("$CREDITS", "5"),
    "tears a bundle": """
        UPDATE marketplace_claim SET state = 'released' WHERE id = (
            SELECT id FROM marketplace_claim claim WHERE state = 'held' AND during @> core_clock() AND EXISTS (
                SELECT FROM marketplace_claim other WHERE other.bundle = claim.bundle AND other.id <> claim.id)
            LIMIT 1)""",
    "takes over": f"""
        UPDATE marketplace_claim SET organisation_id = (
            SELECT organisation_id FROM accounts_membership WHERE id = %(member)s) WHERE id = {A_RUNNING}""",
    "forgets": "DELETE FROM marketplace_claim WHERE state = 'sold'",
    "makes credits": "UPDATE billing_account SET balance = balance + 1000 WHERE organisation_id IS NOT NULL",
    "books one side": """
        WITH journal AS (INSERT INTO billing_journal (id, key, memo)
                         VALUES (gen_random_uuid(), gen_random_uuid(), '') RETURNING id)
        INSERT INTO billing_entry (journal_id, account_id, lot_id, amount)
        SELECT journal.id, lot.account_id, lot.id, 5 FROM journal, billing_lot lot WHERE amount - remaining >= 5
        LIMIT 1""",
}

OFFENCES: Final = {
    "a copy claimed twice at once": """
        SELECT count(*) FROM marketplace_claim one JOIN marketplace_claim other
        ON one.slot_id = other.slot_id AND one.id < other.id AND one.during && other.during""",
    "one organisation with two bundles of a lead": """
        SELECT count(*) FROM marketplace_claim one JOIN marketplace_claim other
        ON one.lead_id = other.lead_id AND one.organisation_id = other.organisation_id
        AND one.bundle < other.bundle AND one.during && other.during""",
    "a hold beyond its plan": """
        SELECT count(*) FROM marketplace_claim WHERE state IN ('held', 'released')
        AND upper(during) > lower(during) + interval '5 minutes'""",
    "a sale at another price than the held one": """
        SELECT count(*) FROM marketplace_claim WHERE price_credits <> 10""",
    "a sale without its own payment": """
        SELECT count(*) FROM marketplace_claim claim WHERE state = 'sold' AND NOT EXISTS (
            SELECT FROM billing_entry entry JOIN billing_journal journal ON journal.id = entry.journal_id
            JOIN billing_account account ON account.id = entry.account_id
            WHERE journal.key = 'buy:' || claim.id AND entry.amount = -10
            AND account.organisation_id = claim.organisation_id)""",
    "a payment without its sale": """
        SELECT count(*) FROM billing_journal journal WHERE key LIKE 'buy:%' AND NOT EXISTS (
            SELECT FROM marketplace_claim claim JOIN marketplace_purchase purchase ON purchase.claim_id = claim.id
            WHERE claim.journal_id = journal.id AND claim.state = 'sold')""",
    "a sale without its purchase": """
        SELECT count(*) FROM marketplace_claim claim WHERE state = 'sold'
        AND NOT EXISTS (SELECT FROM marketplace_purchase WHERE claim_id = claim.id)""",
    "a bundle torn": """
        SELECT count(*) FROM (SELECT FROM marketplace_claim GROUP BY bundle
            HAVING count(DISTINCT (state = 'sold', state = 'released', during)) > 1) torn""",
    "more holds at once than the plan allows": """
        SELECT count(*) FROM marketplace_claim claim WHERE (
            SELECT count(DISTINCT bundle) FROM marketplace_claim other WHERE other.cart_id = claim.cart_id
            AND other.state IN ('held', 'released') AND other.during @> lower(claim.during)) > 5""",
    "a hold within the pause": """
        SELECT count(*) FROM marketplace_claim claim JOIN marketplace_claim earlier
        ON claim.lead_id = earlier.lead_id AND claim.organisation_id = earlier.organisation_id
        AND lower(claim.during) >= upper(earlier.during)
        AND lower(claim.during) < upper(earlier.during) + interval '10 minutes'""",
    "a hold past those who waited": """
        SELECT count(*) FROM marketplace_claim claim,
        LATERAL (SELECT max(upper(full_time)) AS opens FROM unnest(marketplace_full_times(claim.lead_id)) full_time
                 WHERE upper(full_time) <= lower(claim.during)) gap
        JOIN marketplace_waitlistentry entry ON entry.joined_at <= gap.opens
        WHERE entry.lead_id = claim.lead_id AND entry.organisation_id <> claim.organisation_id
        AND coalesce(entry.left_at > lower(claim.during), true)
        AND lower(claim.during) < gap.opens + interval '2 minutes' AND NOT EXISTS (
            SELECT FROM marketplace_waitlistentry own WHERE own.lead_id = claim.lead_id
            AND own.organisation_id = claim.organisation_id AND own.joined_at <= lower(claim.during))""",
    "an order beyond its caps": """
        SELECT count(*) FROM (
            SELECT FROM marketplace_claim claim
            JOIN marketplace_standingorder standing ON standing.id = claim.standing_order_id
            GROUP BY standing.id, date_trunc('day', lower(during), 'UTC')
            HAVING count(*) > standing.daily_leads) beyond""",
    "an order that only holds": """
        SELECT count(*) FROM marketplace_claim
        WHERE standing_order_id IS NOT NULL AND state IN ('held', 'released')""",
    "orders with more than half": """
        SELECT count(*) FROM (
            SELECT FROM marketplace_listing listing
            LEFT JOIN marketplace_claim claim
                ON claim.lead_id = listing.lead_id AND claim.standing_order_id IS NOT NULL
            GROUP BY left(zip_code, 3), date_trunc('day', opens_at, 'UTC')
            HAVING 2 * count(DISTINCT claim.lead_id) > count(DISTINCT listing.lead_id)) greedy""",
    "a count of copies that is wrong": """
        SELECT count(*) FROM marketplace_listing listing WHERE copies_left <> copies - (
            SELECT count(*) FROM marketplace_claim WHERE lead_id = listing.lead_id AND state = 'sold')""",
    "books that do not balance": """
        SELECT (SELECT count(*) FROM (
            SELECT FROM billing_entry GROUP BY journal_id HAVING sum(amount) <> 0) lopsided)
        + (SELECT count(*) FROM billing_account account WHERE organisation_id IS NOT NULL AND (balance < 0 OR
            balance <> (SELECT coalesce(sum(amount), 0) FROM billing_entry WHERE account_id = account.id)))""",
}
