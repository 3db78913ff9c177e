"""Do-not-call lists: whole editions in force, numbers looked up again within a month, none kept in the clear."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import override_settings

from accounts.errors import UnusableList
from accounts.models import DoNotCallCheck, DoNotCallEdition, DoNotCallNumber
from accounts.services import do_not_call
from aiqleads.core import clock as core_clock
from leads import calling, services
from leads.models import Contact
from leads.reaching import reachable
from tests.leads.test_pipeline import record

pytestmark = pytest.mark.django_db

OWNERS = "512,5550142"


@pytest.fixture
def owner(open_source) -> Contact:
    services.ingest(record=record(), source=open_source)
    return Contact.objects.get()


def today(days: int = 0):
    return (core_clock.now() + timedelta(days=days)).date()


def load(*lines: str, slug: str = "federal", days: int = 0) -> DoNotCallEdition:
    return do_not_call.load_edition(slug=slug, name=slug, as_of=today(days), lines=lines)


def test_a_number_on_the_list_is_found_and_nothing_is_kept_in_the_clear(owner):
    edition = load("Area,Number", OWNERS, "(512) 555-0142", "1-415-555-0199", "12345")

    run = calling.check_numbers()

    owner.refresh_from_db()
    assert (edition.numbers, edition.unreadable) == (2, 2)
    assert (run.numbers, run.listed) == (1, 1)
    assert (owner.dnc_looked_in, owner.dnc_found_in) == ([f"federal#{edition.pk}"], ["federal"])
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(encode(digest, 'escape'), ' ') FROM accounts_donotcallnumber")
        assert "5550142" not in cursor.fetchone()[0]


def test_a_number_that_left_the_list_may_be_called_again(owner):
    load(OWNERS)
    calling.check_numbers()

    load("415,5550199")
    calling.check_numbers()

    owner.refresh_from_db()
    assert owner.dnc_found_in == []
    assert DoNotCallEdition.objects.filter(state="in_force").count() == 1
    assert DoNotCallNumber.objects.count() == 1


def test_without_a_list_every_number_reads_not_checked(owner):
    assert calling.check_numbers() is None

    owner.refresh_from_db()
    assert owner.dnc_checked_at is None
    assert not DoNotCallCheck.objects.exists()


def test_a_list_of_more_than_a_month_ago_says_nothing(owner, clock):
    load("415,5550199", days=-31)
    assert calling.check_numbers().numbers == 1
    clock.advance(days=1)
    Contact.objects.update(dnc_checked_at=None)

    assert calling.check_numbers() is None


def test_numbers_are_looked_up_again_before_a_month_is_over(owner, clock):
    load("415,5550199")
    calling.check_numbers()
    assert calling.check_numbers() is None

    clock.advance(days=25)

    assert calling.check_numbers().numbers == 1


def test_another_list_has_every_number_looked_up_again(owner):
    load("415,5550199")
    calling.check_numbers()

    load(OWNERS, slug="tx")

    assert calling.check_numbers().listed == 1
    owner.refresh_from_db()
    assert (len(owner.dnc_looked_in), owner.dnc_found_in) == (2, ["tx"])


def test_an_older_or_future_or_empty_list_changes_nothing(owner):
    load(OWNERS)

    for lines, days in ((["415,5550199"], -1), (["415,5550199"], 1), (["no number"], 0)):
        with pytest.raises(UnusableList):
            load(*lines, days=days)

    assert DoNotCallEdition.objects.get(state="in_force").numbers == 1
    assert DoNotCallNumber.objects.count() == 1


def test_a_change_of_keys_leaves_no_number_unfound(owner, settings):
    with override_settings(PERSONAL_DATA_KEYS={**settings.PERSONAL_DATA_KEYS, 2: "k" * 48}):
        load(OWNERS)
        calling.check_numbers()

        owner.refresh_from_db()
        assert owner.dnc_found_in == ["federal"]


def test_a_passport_tells_of_the_check(owner):
    load("415,5550199")
    load("415,5550199", slug="tx")
    calling.check_numbers()

    [reach] = reachable([owner.lead_id], at=core_clock.now())[owner.lead_id].reaches

    assert (reach.dnc_looked_in, reach.dnc_found_in) == (frozenset({"federal", "tx"}), frozenset())
    assert reach.dnc_checked_at is not None
