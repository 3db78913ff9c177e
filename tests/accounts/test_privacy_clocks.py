"""By when the law wants an answer: reckoned by the database, compared with tables that others keep."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import holidays
import pytest
from django.db import connection

from accounts.models import PrivacyRequest
from tests.accounts.privacy_requests import asked

pytestmark = pytest.mark.django_db

NEW_YORK = ZoneInfo("America/New_York")


def ask_database(statement: str, *values: object) -> object:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchone()[0]


def test_holidays_are_those_of_a_maintained_table_for_fifty_years():
    known = holidays.country_holidays("US", years=range(2022, 2073))  # those of the law, not a president's orders

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT day::date FROM generate_series('2022-01-01'::date, '2072-01-01', '1 day') day "
            "WHERE accounts_is_federal_holiday(day::date)"
        )
        ours = {day for (day,) in cursor.fetchall()}

    weekdays = {day for day in known if day.weekday() < 5 and day <= date(2072, 1, 1)}
    assert len(ours) > 500
    assert {day for day in ours if day.weekday() < 5} == weekdays


@pytest.mark.parametrize(
    ("moment", "days", "ends"),
    [
        # A Monday without a holiday ahead: three weeks.
        (datetime(2026, 6, 1, 15, tzinfo=UTC), 15, date(2026, 6, 23)),  # Juneteenth, a Friday, does not count
        # Thanksgiving stands in between.
        (datetime(2026, 11, 20, 15, tzinfo=UTC), 10, date(2026, 12, 7)),
        # Christmas on a Friday, New Year's Day on a Friday.
        (datetime(2026, 12, 21, 15, tzinfo=UTC), 10, date(2027, 1, 6)),
        # July 4, 2026 is a Saturday: the Friday before is free.
        (datetime(2026, 7, 1, 15, tzinfo=UTC), 1, date(2026, 7, 2)),
        (datetime(2026, 7, 2, 15, tzinfo=UTC), 1, date(2026, 7, 6)),
    ],
)
def test_business_days_end_with_new_yorks_day(moment, days, ends):
    due = ask_database("SELECT accounts_after_business_days(%s, %s)", moment, days)

    assert due.astimezone(NEW_YORK) == datetime.combine(ends + timedelta(days=1), datetime.min.time(), NEW_YORK)


def test_whoever_asks_late_in_the_evening_in_the_west_loses_no_day():
    in_los_angeles = datetime(2026, 6, 1, 22, tzinfo=ZoneInfo("America/Los_Angeles"))

    due = ask_database("SELECT accounts_after_business_days(%s, 1)", in_los_angeles)

    assert due.astimezone(NEW_YORK).date() == date(2026, 6, 3), "before June 2 is over anywhere in the States"


@pytest.mark.parametrize(
    ("kind", "state_code", "is_covered", "days"),
    [
        ("know", "CA", False, 45),
        ("erase", "TX", False, 45),
        ("erase", "NJ", False, 45),
        ("erase", "TX", True, 45),
        ("correct", "NJ", True, 45),
    ],
)
def test_most_requests_are_answered_within_45_days(kind, state_code, is_covered, days):
    request = asked(kind=kind, state_code=state_code, is_covered_person=is_covered)

    assert request.acknowledge_by - request.received_at == timedelta(days=10)
    assert request.complete_by - request.received_at == timedelta(days=days)


@pytest.mark.parametrize(
    ("kind", "state_code", "is_covered", "business_days"),
    [
        ("opt_out", "CA", False, 15),
        ("report_harassment", "", False, 15),
        ("opt_out", "NJ", True, 10),
        ("erase", "NJ", True, 10),
    ],
)
def test_some_are_answered_within_business_days(kind, state_code, is_covered, business_days):
    request = asked(kind=kind, state_code=state_code, is_covered_person=is_covered)

    assert request.complete_by == ask_database(
        "SELECT accounts_after_business_days(%s, %s)", request.received_at, business_days
    )


def test_no_code_sets_a_clock():
    request = asked(kind="know")
    due = request.complete_by

    PrivacyRequest.objects.filter(pk=request.pk).update(complete_by=due + timedelta(days=400))
    request.refresh_from_db()

    assert request.complete_by == due
