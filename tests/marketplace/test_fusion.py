"""Orders made one: by places alone, alike each time."""

from hypothesis import given
from hypothesis import strategies as st

from marketplace.fusion import fused

ORDERS = st.lists(st.lists(st.integers(0, 30), unique=True), max_size=4)


def test_what_several_orders_hold_comes_before_what_one_puts_first():
    assert fused(["a", "b", "c"], ["d", "b", "e"]) == ["b", "a", "d", "c", "e"]


def test_an_order_counts_as_much_as_it_weighs():
    assert fused(["a"], ["b"], weights=[1, 2]) == ["b", "a"]


def test_what_is_worth_the_same_shares_a_place_so_that_another_order_decides():
    worth = {"a": 2.0, "b": 2.0, "c": 1.0}

    assert fused(worth, ["c", "b", "a"], weights=[1, 0.1]) == ["b", "a", "c"]
    assert fused(list(worth), ["c", "b", "a"], weights=[1, 0.1]) == ["a", "b", "c"]


@given(ORDERS)
def test_everything_is_there_once_and_the_order_of_the_orders_does_not_matter(orders):
    found = fused(*orders)

    assert sorted(found) == sorted({one for order in orders for one in order})
    assert fused(*reversed(orders)) == found


@given(st.lists(st.integers(), unique=True))
def test_one_order_stays_as_it_is(order):
    assert fused(order) == order
