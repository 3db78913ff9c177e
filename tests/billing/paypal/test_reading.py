"""What PayPal writes: amounts, months and answers."""

from datetime import UTC, datetime, timedelta

import pytest

from billing.providers.paypal import amounts, shapes
from billing.providers.paypal.periods import Period, months_after, period_of
from billing.providers.port import Money, ProviderMisunderstood

START = datetime(2026, 1, 31, 18, 57, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "minor"),
    [
        ("49.00", 4_900),
        ("49.0", 4_900),
        ("49", 4_900),
        ("0.07", 7),
        ("-1.75", -175),
        ("999999999999.99", 10**14 - 1),
    ],
)
def test_an_amount_is_read_to_the_cent(written, minor):
    assert amounts.read(written, "USD") == Money(minor=minor)


@pytest.mark.parametrize(
    "written", ["", "49.001", "4,900.00", "1e3", "NaN", "49.", ".50", "٤٩.00", "+1.00", " 1.00"]
)
def test_what_is_no_amount_of_cents_is_refused(written):
    with pytest.raises(ProviderMisunderstood):
        amounts.read(written, "USD")


@pytest.mark.parametrize("currency", ["JPY", "HUF", "TWD", "TND", "usd", ""])
def test_currencies_without_hundredths_are_refused_both_ways(currency):
    with pytest.raises(ProviderMisunderstood):
        amounts.read("49", currency)
    with pytest.raises(ProviderMisunderstood):
        amounts.spelt(Money(minor=49, currency=currency))


@pytest.mark.parametrize("minor", [0, 1, 9, 10, 99, 100, 4_900, 10**14 - 1, -1, -175])
def test_what_is_written_is_read_back(minor):
    assert amounts.read(amounts.spelt(Money(minor=minor)), "USD") == Money(minor=minor)


def test_months_end_on_the_day_they_began_or_on_their_last():
    assert [f"{months_after(START, months):%m-%d}" for months in range(5)] == [
        "01-31",
        "02-28",
        "03-31",
        "04-30",
        "05-31",
    ]
    assert months_after(START, 12) == START.replace(year=2027)


def test_a_payment_belongs_to_the_month_that_begins_with_it_though_paypal_is_some_hours_early():
    second = Period(months_after(START, 1), months_after(START, 2))

    assert period_of(START, START) == Period(START, second.start)
    assert period_of(START, second.start - timedelta(hours=9)) == second
    assert period_of(START, second.start + timedelta(days=10)) == second
    assert period_of(START, second.end - timedelta(days=2)) == second
    assert period_of(START, START - timedelta(days=3)) == Period(START, second.start)


def test_an_answer_of_another_shape_is_refused_without_repeating_what_it_holds():
    answer = '{"id": "5O1", "status": "COMPLEAT", "payer": {"payer_id": 7, "email_address": "ann@example.com"}}'

    with pytest.raises(ProviderMisunderstood) as refused:
        shapes.parsed(shapes.Order, answer)

    assert "status: literal_error" in str(refused.value)
    assert "ann@example.com" not in str(refused.value)
