"""What goes back of a payment, part by part."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.undoing import Portion, of_cents, of_credits

NOTHING = Portion(amount_credits=0, net_cents=0, tax_cents=0)
WHOLE = Portion(amount_credits=3, net_cents=100, tax_cents=8)


def added(first: Portion, second: Portion) -> Portion:
    return Portion(
        amount_credits=first.amount_credits + second.amount_credits,
        net_cents=first.net_cents + second.net_cents,
        tax_cents=first.tax_cents + second.tax_cents,
    )


def test_each_credit_takes_its_share_and_the_last_one_the_rest():
    first = of_credits(1, whole=WHOLE, gone=NOTHING)
    rest = of_credits(2, whole=WHOLE, gone=first)

    assert first == Portion(amount_credits=1, net_cents=33, tax_cents=2)
    assert rest == Portion(amount_credits=2, net_cents=67, tax_cents=6)


def test_cents_that_somebody_else_gave_back_take_tax_and_credits_with_them():
    half = of_cents(54, whole=WHOLE, gone=NOTHING)

    assert half == Portion(amount_credits=1, net_cents=50, tax_cents=4)
    assert of_cents(54, whole=WHOLE, gone=half) == Portion(amount_credits=2, net_cents=50, tax_cents=4)


@pytest.mark.parametrize(("part", "amount"), [(of_credits, 4), (of_cents, 109)])
def test_no_more_goes_back_than_there_is(part, amount):
    with pytest.raises(ValueError, match="are more than"):
        part(amount, whole=WHOLE, gone=NOTHING)


PAYMENTS = st.builds(
    Portion,
    amount_credits=st.integers(1, 500),
    net_cents=st.integers(1, 100_000),
    tax_cents=st.integers(0, 20_000),
)


@given(PAYMENTS, st.lists(st.tuples(st.booleans(), st.integers(1, 400)), max_size=12))
def test_whatever_goes_back_in_whatever_parts_sums_to_the_payment_at_most_and_the_last_takes_all(whole, parts):
    gone = NOTHING
    for by_credits, amount in parts:
        left = whole - gone
        if by_credits and amount <= left.amount_credits:
            gone = added(gone, of_credits(amount, whole=whole, gone=gone))
        elif not by_credits and amount <= left.total_cents:
            part = of_cents(amount, whole=whole, gone=gone)
            assert part.total_cents == amount
            gone = added(gone, part)
        left = whole - gone
        assert min(left.amount_credits, left.net_cents, left.tax_cents) >= 0

    if (left := whole - gone).total_cents:
        assert added(gone, of_cents(left.total_cents, whole=whole, gone=gone)) == whole
