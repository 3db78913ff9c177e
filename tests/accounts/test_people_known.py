"""Who a person is to us: read, hashed, never shown."""

from uuid import UUID

from accounts.privacy.people import HOUSEHOLD, PHONE, Person
from aiqleads.core.personal_data import keyed_hash

LEAD = UUID("6f2c0000-0000-4000-8000-000000000001")


def test_spellings_of_one_person_are_one_person():
    one = Person.of(
        emails=[" Jane.Doe@Example.com"],
        phones=["(512) 555-0187"],
        names=["Jane  Doe"],
        addresses=["100 North Main Street, Austin, TX 78704"],
    )
    other = Person.of(
        emails=["jane.doe@example.com"],
        phones=["+1 512.555.0187 ext 4"],
        names=["Doe, Jane"],
        addresses=["100 N Main St, Austin TX 78704"],
    )

    assert one.marks() == other.marks()
    assert [mark.kind for mark in one.marks()].count(HOUSEHOLD) == 2  # by ZIP, and by town
    assert one.hashes(PHONE) == [keyed_hash("+15125550187", purpose="phone")]


def test_an_address_without_a_surname_is_nobody():
    at_home = Person.of(addresses=["100 N Main St, Austin TX 78704"])
    by_name = Person.of(names=["Jane Doe"])

    assert (at_home.marks(), by_name.marks()) == ([], [])
    assert not at_home.is_known_by_something
    assert not by_name.is_known_by_something


def test_what_cannot_be_read_is_left_out():
    assert Person.of(emails=["no address"], phones=["12"], names=[" "]) == Person()


def test_a_person_shows_nothing_of_themselves():
    person = Person.of(emails=["jane.doe@example.com"], phones=["+15125550187"], names=["Jane Doe"])

    assert repr(person) == str(person) == "Person(1 emails, 1 phones, 1 names, 0 addresses, 0 leads)"


def test_a_person_is_kept_whole():
    person = Person.of(emails=["jane.doe@example.com"], phones=["+15125550187"], names=["Jane Doe"], leads=[LEAD])

    assert Person.from_document(person.document()) == person
