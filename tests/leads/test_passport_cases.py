"""What a passport says, case by case: kind of lead × channel × lists × state × the hour where the owner is."""

from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from leads import calling_rules, passport
from leads.models import Kind
from leads.passport import Agreement, Reach

NOW: Final = datetime(2026, 11, 23, 18, tzinfo=UTC)
DAYS: Final = {"mon": 0, "sat": 5, "sun": 6}
CONSENTS: Final = {Kind.OWNER_SUBMITTED, Kind.BUYER_ENQUIRY}
"""Kinds whose people sent themselves in, and said by which channels they may be reached."""
LISTS: Final = {
    # how a number stands with the lists: looked in, found in, how old the look is
    "unasked": (frozenset(), frozenset(), None),
    "clear": (frozenset({"federal"}), frozenset(), timedelta(days=3)),
    "stale": (frozenset({"federal"}), frozenset(), timedelta(days=32)),
    "listed": (frozenset({"federal"}), frozenset({"federal"}), timedelta(days=3)),
    "own": (frozenset({"federal", "fl", "tx"}), frozenset(), timedelta(days=3)),
    "own-listed": (frozenset({"federal", "fl", "tx"}), frozenset({"fl"}), timedelta(days=3)),
}
CASES: Final = """
fsbo            call  unasked     CA mon 10:00 -                no   Not checked against a do-not-call list.
fsbo            call  clear       CA mon 10:00 -                yes  Checked against the do-not-call lists. Dial by hand.
fsbo            call  clear       CA mon 07:59 -                late Checked against the do-not-call lists. Dial by hand.
fsbo            call  clear       CA mon 21:00 -                late Checked against the do-not-call lists. Dial by hand.
fsbo            call  clear       CA sun 20:59 -                yes  Checked against the do-not-call lists. Dial by hand.
fsbo            call  stale       CA mon 10:00 -                no   Not checked against a do-not-call list.
fsbo            call  listed      CA mon 10:00 -                no   The number is on a do-not-call list.
fsbo            call  clear       FL mon 10:00 -                no   Not checked against FL's own do-not-call list.
fsbo            call  own         FL mon 10:00 -                yes  Checked against the do-not-call lists. Dial by hand.
fsbo            call  own         FL mon 20:00 -                late Checked against the do-not-call lists. Dial by hand.
fsbo            call  own-listed  FL mon 10:00 -                no   The number is on a do-not-call list.
fsbo            call  clear       TX mon 10:00 -                no   Not checked against TX's own do-not-call list.
fsbo            call  own         TX sun 11:59 -                late Checked against the do-not-call lists. Dial by hand.
fsbo            call  own         TX sun 12:00 -                yes  Checked against the do-not-call lists. Dial by hand.
expired         call  clear       AL sun 12:00 -                late Checked against the do-not-call lists. Dial by hand.
expired         call  clear       AL sat 12:00 -                yes  Checked against the do-not-call lists. Dial by hand.
preforeclosure  call  clear       RI mon 17:59 -                yes  Checked against the do-not-call lists. Dial by hand.
preforeclosure  call  clear       RI mon 18:00 -                late Checked against the do-not-call lists. Dial by hand.
preforeclosure  call  clear       RI sat 09:30 -                late Checked against the do-not-call lists. Dial by hand.
probate         call  listed      WA mon 10:00 -                no   The number is on a do-not-call list.
probate         call  clear       WA mon 20:30 -                late Checked against the do-not-call lists. Dial by hand.
absentee        call  clear       KY mon 09:59 -                late Checked against the do-not-call lists. Dial by hand.
rental_owner    call  clear       CA sat 10:00 -                yes  Checked against the do-not-call lists. Dial by hand.
owner_submitted call  listed      CA mon 10:00 call             yes  The owner asked to be called. Dial by hand.
owner_submitted call  unasked     CA mon 07:00 call             late The owner asked to be called. Dial by hand.
owner_submitted call  listed      CA mon 10:00 text,email       no   The number is on a do-not-call list.
owner_submitted call  unasked     CA mon 10:00 email            no   Not checked against a do-not-call list.
owner_submitted call  own         FL mon 10:00 call,objected    no   The owner asked not to be contacted.
buyer_enquiry   call  unasked     TX sun 11:00 call             late The owner asked to be called. Dial by hand.
buyer_enquiry   call  unasked     TX sun 12:30 call             yes  The owner asked to be called. Dial by hand.
fsbo            text  clear       CA mon 10:00 -                no   Texts need the owner's prior consent, and there is none.
expired         text  own         FL mon 10:00 -                no   Texts need the owner's prior consent, and there is none.
owner_submitted text  listed      CA mon 10:00 text             yes  The owner consented.
owner_submitted text  listed      CA mon 22:00 text             late The owner consented.
owner_submitted text  clear       CA mon 10:00 call             no   Texts need the owner's prior consent, and there is none.
buyer_enquiry   text  unasked     FL mon 20:00 text             late The owner consented.
buyer_enquiry   text  unasked     FL mon 10:00 text,objected    no   The owner asked not to be contacted.
fsbo            email unasked     CA mon 03:00 -                yes  The advert gives it. Name yourself, your address and an opt-out.
owner_submitted email unasked     CA mon 03:00 email            yes  The owner asked for e-mail. Name yourself, your address and an opt-out.
owner_submitted email unasked     CA mon 10:00 call             no   The owner agreed to other channels, not to e-mail.
fsbo            email clear       CA mon 10:00 objected         no   The owner asked not to be contacted.
probate         post  unasked     RI sun 03:00 -                yes  Letters to the property are allowed.
absentee        post  listed      FL sun 03:00 -                yes  Letters to the property are allowed.
fsbo            post  clear       CA mon 10:00 objected         no   The owner asked not to be contacted.
"""  # noqa: E501  (a table is read in lines)


@pytest.mark.parametrize("case", CASES.strip().splitlines())
def test_what_may_be_done_with_a_contact(case):
    kind, channel, listed, state, day, at, said, may, why = case.split(maxsplit=8)
    told = set(said.split(",")) - {"-"}
    agreed = frozenset(told - {"objected"})
    assert not agreed or Kind(kind) in CONSENTS, "only who sent themselves in has agreed to anything"
    looked_in, found_in, age = LISTS[listed]
    facts = {"agreed": agreed, "has_objected": "objected" in told}
    phone = Reach(
        channel="phone",
        dnc_checked_at=NOW - age if age else None,
        dnc_looked_in=looked_in,
        dnc_found_in=found_in,
        **facts,
    )
    agreement = (
        Agreement(text_version="sell-1", given_at=NOW, channels=sorted(agreed), agents=1) if agreed else None
    )

    issued = passport.issue(
        reaches=[phone, Reach(channel="email", **facts)],
        has_address=True,
        agreement=agreement,
        now=NOW,
        state_code=state,
    )

    permission = getattr(issued, channel)
    assert (permission.is_allowed, permission.why) == (may != "no", why)
    hour, minute = map(int, at.split(":"))
    local = datetime(2026, 11, 23, hour, minute, tzinfo=UTC) + timedelta(days=DAYS[day])
    if channel in {"call", "text"} and permission.is_allowed:
        assert calling_rules.is_calling_hour(state, local) == (may == "yes")
    assert calling_rules.hours_in(state).cites in issued.quiet_hours or state not in calling_rules.STRICTER


def test_the_table_has_every_kind_channel_and_standing():
    rows = [case.split(maxsplit=8) for case in CASES.strip().splitlines()]

    assert {row[0] for row in rows} == set(Kind.values)
    assert {row[1] for row in rows} == {"call", "text", "email", "post"}
    assert {row[2] for row in rows} == set(LISTS)
