"""When and by which lists somebody may be called: each rule, hour by hour, beside rows told by hand."""

from datetime import UTC, datetime, time, timedelta
from typing import Final

import pytest

from leads import calling_rules, passport
from leads.passport import Reach

MONDAY: Final = datetime(2026, 11, 23, tzinfo=UTC)
DAYS: Final = {"mon": 0, "sat": 5, "sun": 6}
ORACLE: Final = """
CA mon 07:59 no
CA mon 08:00 yes
CA sun 20:59 yes
CA sun 21:00 no
FL mon 07:59 no
FL mon 08:00 yes
FL mon 19:59 yes
FL mon 20:00 no
FL sun 12:00 yes
OK sat 20:00 no
OK sat 19:59 yes
MD mon 20:30 no
MD mon 19:30 yes
WA mon 20:00 no
TX mon 08:59 no
TX mon 09:00 yes
TX mon 20:59 yes
TX sat 21:00 no
TX sun 11:59 no
TX sun 12:00 yes
LA sun 12:00 no
LA sat 19:59 yes
AL sun 15:00 no
MS mon 20:00 no
RI mon 17:59 yes
RI mon 18:00 no
RI sat 09:59 no
RI sat 10:00 yes
RI sat 17:00 no
RI sun 12:00 no
SD mon 08:30 no
SD sun 10:00 no
UT sat 20:59 yes
UT sun 12:00 no
KY mon 09:59 no
KY mon 10:00 yes
KY sun 20:59 yes
CT mon 08:59 no
CT mon 19:59 yes
NV sat 20:00 no
NM mon 08:59 no
MI sun 09:00 yes
MN mon 20:59 yes
MA mon 20:00 no
WY sun 19:59 yes
"""


@pytest.mark.parametrize("row", ORACLE.strip().splitlines())
def test_the_hours_of_a_state_as_told_by_hand(row):
    state, day, at, may = row.split()
    hour, minute = map(int, at.split(":"))
    local = MONDAY + timedelta(days=DAYS[day], hours=hour, minutes=minute)

    assert calling_rules.is_calling_hour(state, local) == (may == "yes")


def test_no_state_is_ever_called_outside_the_federal_hours():
    """Each state, day of the week and quarter of an hour: 34 thousand rows."""
    states = [*calling_rules.STRICTER, "CA", "NY", ""]
    quarters = [MONDAY + timedelta(minutes=15 * number) for number in range(7 * 96)]

    open_hours = {state: [at for at in quarters if calling_rules.is_calling_hour(state, at)] for state in states}

    assert all(time(8) <= at.time() < time(21) for several in open_hours.values() for at in several)
    assert len(open_hours["CA"]) == 7 * 13 * 4
    assert all(len(open_hours[state]) < len(open_hours["CA"]) for state in calling_rules.STRICTER)
    assert len(open_hours["RI"]) == 5 * 9 * 4 + 7 * 4


def test_each_rule_names_its_source_and_fits_a_passport():
    for state, hours in calling_rules.STRICTER.items():
        assert "§" in hours.cites, state
        assert len(calling_rules.quiet_hours_in(state)) <= 120, state


NOW: Final = datetime(2026, 11, 23, 12, tzinfo=UTC)
FRESH: Final = NOW - timedelta(days=31)
STALE: Final = NOW - timedelta(days=31, seconds=1)
BOTH: Final = frozenset({"federal", "tx"})
CASES: Final = {
    # state, checked, looked in, found in, agreed, objected: may it be called, and why
    ("CA", None, frozenset(), frozenset(), (), False): (False, "Not checked against a do-not-call list."),
    ("CA", FRESH, frozenset({"federal"}), frozenset(), (), False): (True, "Checked against the do-not-call lists."),
    ("CA", STALE, frozenset({"federal"}), frozenset(), (), False): (
        False,
        "Not checked against a do-not-call list.",
    ),
    ("CA", FRESH, frozenset({"federal"}), frozenset({"federal"}), (), False): (
        False,
        "The number is on a do-not-call",
    ),
    ("CA", FRESH, frozenset({"tx"}), frozenset(), (), False): (False, "Not checked against the national"),
    ("TX", FRESH, frozenset({"federal"}), frozenset(), (), False): (False, "Not checked against TX's own"),
    ("TX", FRESH, BOTH, frozenset(), (), False): (True, "Checked against the do-not-call lists."),
    ("TX", FRESH, BOTH, frozenset({"tx"}), (), False): (False, "The number is on a do-not-call list."),
    ("TX", STALE, BOTH, frozenset({"tx"}), (), False): (False, "The number is on a do-not-call list."),
    ("TX", None, frozenset(), frozenset(), ("call",), False): (True, "The owner asked to be called."),
    ("TX", FRESH, BOTH, frozenset({"federal"}), ("call",), False): (True, "The owner asked to be called."),
    ("TX", FRESH, BOTH, frozenset({"federal"}), ("email",), False): (False, "The number is on a do-not-call list."),
    ("TX", FRESH, BOTH, frozenset(), ("call",), True): (False, passport.ASKED_NOT_TO),
}


@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))  # sets have no order of their own
def test_whether_a_number_may_be_called(case):
    state, checked_at, looked_in, found_in, agreed, has_objected = case
    reach = Reach(
        channel="phone",
        agreed=frozenset(agreed),
        dnc_checked_at=checked_at,
        dnc_looked_in=looked_in,
        dnc_found_in=found_in,
        has_objected=has_objected,
    )

    issued = passport.issue(reaches=[reach], has_address=True, agreement=None, now=NOW, state_code=state)

    is_allowed, why = CASES[case]
    assert (issued.call.is_allowed, issued.call.why.startswith(why)) == (is_allowed, True), issued.call.why
    assert issued.text.is_allowed is False
    assert issued.post.is_allowed is not has_objected


def test_every_case_of_the_table_is_refused_or_has_a_ground():
    """Kind of channel × lists × state × consent × objection, all together: nobody is called without a ground."""
    states = ["CA", *calling_rules.OWN_LISTS]
    rows = 0
    for state in states:
        own = calling_rules.lists_for(state)
        for looked_in in (frozenset(), frozenset({"federal"}), own):
            for found_in in (frozenset(), looked_in):
                for checked_at in (None, FRESH, STALE):
                    for agreed in ((), ("call",), ("text",), ("email",), ("call", "text", "email")):
                        for has_objected in (False, True):
                            rows += 1
                            phone = Reach(
                                channel="phone",
                                agreed=frozenset(agreed),
                                dnc_checked_at=checked_at,
                                dnc_looked_in=looked_in,
                                dnc_found_in=found_in,
                                has_objected=has_objected,
                            )
                            issued = passport.issue(
                                reaches=[phone], has_address=True, agreement=None, now=NOW, state_code=state
                            )
                            is_clear = checked_at == FRESH and looked_in == own and not found_in
                            wanted = not has_objected and ("call" in agreed or is_clear)
                            assert issued.call.is_allowed == wanted, (
                                state,
                                looked_in,
                                found_in,
                                checked_at,
                                agreed,
                            )
                            assert issued.text.is_allowed == (not has_objected and "text" in agreed)
    assert rows == 12 * 3 * 2 * 3 * 5 * 2
