"""Which lots pay for what, whatever is in them."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.spending import LotLeft, spend, worth_cents

ACCOUNT = UUID(int=1)


def lots(*remaining: int) -> list[LotLeft]:
    return [LotLeft(lot_id=number, account_id=ACCOUNT, remaining=left) for number, left in enumerate(remaining)]


def told(parts: list) -> list:
    return [[(part.lot.lot_id, part.amount) for part in mine] for mine in parts]


def test_each_amount_takes_up_where_the_one_before_stopped():
    assert told(spend(lots(5, 0, 10), [3, 4, 8])) == [[(0, 3)], [(0, 2), (2, 2)], [(2, 8)]]


def test_more_than_all_lots_hold_is_refused():
    with pytest.raises(ValueError, match="16 credits are more"):
        spend(lots(5, 10), [16])


@given(st.lists(st.integers(0, 40), max_size=8), st.lists(st.integers(1, 30), max_size=8))
def test_what_is_spent_is_what_was_asked_and_no_lot_gives_more_than_it_holds(remaining, amounts):
    if sum(amounts) > sum(remaining):
        with pytest.raises(ValueError, match="are more"):
            spend(lots(*remaining), amounts)
        return

    parts = spend(lots(*remaining), amounts)

    assert [sum(part.amount for part in mine) for mine in parts] == amounts
    flat = [part for mine in parts for part in mine]
    given_by = [sum(part.amount for part in flat if part.lot.lot_id == number) for number in range(len(remaining))]
    touched = [number for number, taken in enumerate(given_by) if taken]
    assert all(given_by[number] == remaining[number] for number in touched[:-1])
    assert all(part.amount > 0 for part in flat)
    untouched_before = [number for number in range(touched[-1]) if remaining[number]] if touched else []
    assert [number for number in untouched_before if number not in touched] == []


@given(st.integers(0, 10**7), st.integers(1, 10**5), st.data())
def test_a_lots_worth_falls_to_nothing_and_never_rises_as_it_is_spent(paid_cents, amount, data):
    more = data.draw(st.integers(0, amount))
    less = data.draw(st.integers(0, more))

    def worth(left: int) -> int:
        return worth_cents(paid_cents=paid_cents, amount=amount, credits_left=left)

    assert (worth(0), worth(amount)) == (0, paid_cents)
    assert 0 <= worth(less) <= worth(more) <= paid_cents
