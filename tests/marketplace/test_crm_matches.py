"""A lead is already an organisation's own by its address and a phone or e-mail, and by nothing less."""

import csv
import io

import pytest
from allauth.account.models import EmailAddress
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from aiqleads.core import alerts
from aiqleads.core.models import AuditEntry
from aiqleads.core.personal_data import keyed_hash
from leads.address import parse_address
from leads.models import Contact, Observation
from leads.sightings import building_hash
from marketplace import crm_rows, errors, offering, selectors, services
from marketplace.models import CrmMatch, CrmUpload
from marketplace.serializers.crm import CrmUploadSerializer
from tests.conftest import at_length

pytestmark = pytest.mark.django_db

PHONE, EMAIL = "+15125550142", "pat@example.com"
ROW = {"phone": "(512) 555-0142", "address": "12 Hidden Creek Rd", "city": "Austin", "state": "TX", "zip": "78704"}


@pytest.fixture
def home(make_lead):
    """A lead whose owner has a phone, an e-mail and a whole address."""
    address = parse_address("12 Hidden Creek Road", city="Austin", state="TX", zip_code="78704")
    lead = make_lead(address_line="12 Hidden Creek Road", address_hash=building_hash(address))
    Contact.objects.create(
        lead=lead,
        observation=Observation.objects.get(lead=lead),
        phone=PHONE,
        phone_hash=keyed_hash(PHONE, purpose="phone"),
        email=EMAIL,
        email_hash=keyed_hash(EMAIL, purpose="email"),
    )
    return lead


@pytest.fixture
def verified(alice):
    EmailAddress.objects.update_or_create(
        user=alice.user, email=alice.user.email, defaults={"primary": True, "verified": True}
    )
    return alice


def compare(member, *rows):
    return services.compare_crm(member=member, contacts=crm_rows.read_items(rows))


@pytest.mark.parametrize(
    "row",
    [
        ROW,
        {**ROW, "phone": "512.555.0142 x3"},
        {**ROW, "phone": "", "email": "PAT@example.com"},
        {"phone": PHONE, "address": "12 Hidden Creek Road, Austin, TX 78704"},
        {**ROW, "address": "12 HIDDEN CREEK ROAD #4"},
    ],
)
def test_address_and_reach_together_are_a_match(verified, home, row):
    upload = compare(verified, row)

    assert [match.listing_id for match in upload.matches.all()] == [home.pk]
    assert selectors.known_leads(verified.organisation_id, [home.pk]) == {home.pk}


@pytest.mark.parametrize(
    "row",
    [
        {**ROW, "address": "14 Hidden Creek Rd"},
        {**ROW, "phone": "(512) 555-0143"},
        {**ROW, "zip": "78745"},
        {**ROW, "phone": "", "email": "pat@elsewhere.example.com"},
    ],
)
def test_one_of_the_two_is_none(verified, home, row):
    assert not compare(verified, row).matches.exists()


@pytest.mark.parametrize("row", [{"phone": PHONE}, {"address": "12 Hidden Creek Rd", "zip": "78704"}, {}])
def test_a_row_with_one_of_the_two_cannot_even_be_asked(verified, home, row):
    with pytest.raises(errors.CrmRefused):
        compare(verified, row)

    assert not CrmUpload.objects.exists()


def test_the_parts_of_a_match_do_not_come_from_two_rows(verified, home):
    somebody = {**ROW, "address": "1 Elsewhere Street"}
    neighbour = {**ROW, "phone": "(512) 555-0199"}

    assert not compare(verified, somebody, neighbour).matches.exists()


def test_an_account_that_is_not_verified_compares_nothing(alice, home):
    EmailAddress.objects.filter(user=alice.user).update(verified=False)
    with pytest.raises(errors.NotVerified):
        compare(alice, ROW)

    assert not CrmUpload.objects.exists()


def test_an_organisation_compares_once_a_day(verified, home, clock):
    compare(verified, ROW)

    with pytest.raises(errors.CrmUploadedToday):
        compare(verified, ROW)
    assert CrmUpload.objects.count() == 1

    clock.advance(days=1)
    assert compare(verified, ROW)


def test_the_database_allows_one_upload_a_day_and_twenty_thousand_rows(verified):
    facts = {"organisation": verified.organisation, "membership": verified, "uploaded_on": "2026-11-21"}
    CrmUpload.objects.create(**facts, row_count=1, usable_count=1)

    with pytest.raises(IntegrityError, match="one_crm_upload_a_day"), transaction.atomic():
        CrmUpload.objects.create(**facts, row_count=1, usable_count=1)
    with pytest.raises(IntegrityError, match="crm_upload_is_small"), transaction.atomic():
        CrmUpload.objects.create(**{**facts, "uploaded_on": "2026-11-22"}, row_count=20_001, usable_count=1)


def test_too_many_rows_are_refused_before_anything_is_compared(verified):
    with pytest.raises(errors.CrmRefused, match="20,000"):
        crm_rows.read_items({} for _ in range(20_001))


def test_what_was_found_stays_as_it_was_found(verified, home, make_lead, clock):
    upload = compare(verified, ROW)
    offering.delist_lead(lead_id=home.pk, reason="gone")

    assert CrmMatch.objects.filter(upload=upload).count() == 1
    assert [offer.pk for offer in selectors.matched_offers(upload)] == [home.pk]


def test_a_lead_that_is_not_on_offer_is_no_match(verified, home):
    offering.delist_lead(lead_id=home.pk, reason="gone")

    assert not compare(verified, ROW).matches.exists()


@pytest.mark.parametrize(
    "rows",
    [
        [{**ROW, "phone": f"(512) 555-01{number:02}"} for number in range(38, 50)],
        [
            {**ROW, "address": f"12 Hidden Creek Rd Apt {number}", "phone": f"512-555-01{number}"}
            for number in range(40, 52)
        ],
        [{**ROW, "address": f"{number} Hidden Creek Rd"} for number in range(1, 90)],
        [
            {
                **ROW,
                "address": f"c/o Pat{'abcdefghijkl'[number]} 12 Hidden Creek Rd",
                "phone": f"512-555-01{number + 40}",
            }
            for number in range(12)
        ],
        [
            {**ROW, "address": f"{'0' * number}12 Hidden Creek Road", "phone": f"512-555-01{number + 40}"}
            for number in range(12)
        ],
    ],
)
def test_trying_numbers_at_a_door_finds_nothing_uses_the_day_and_raises_an_alarm(verified, home, rows):
    with pytest.raises(errors.CrmRefused, match="trying out numbers"):
        compare(verified, *rows)

    assert CrmUpload.objects.get().is_refused
    assert not CrmMatch.objects.exists()
    assert alerts.open_alerts().get().key == f"crm.guessing:{verified.organisation_id}"
    with pytest.raises(errors.CrmUploadedToday):
        compare(verified, ROW)


def test_households_and_portfolios_are_no_guessing():
    household = [crm_rows.read_contact({**ROW, "phone": f"512-555-014{number}"}) for number in range(6)]
    portfolio = [crm_rows.read_contact({**ROW, "address": f"{number} Elm Street"}) for number in range(40)]

    contacts = [(contact.building(), contact) for contact in household + portfolio]
    assert not crm_rows.looks_like_guessing(contacts)


def test_nothing_of_the_contacts_is_kept(verified, home):
    compare(verified, {**ROW, "email": "private@example.com"})

    [entry] = AuditEntry.objects.filter(action="crm.compared")
    assert entry.details == {"rows": 1, "usable": 1, "matches": 1}
    with connection.cursor() as cursor:
        cursor.execute("SELECT upload::text FROM marketplace_crmupload upload")
        kept = str(cursor.fetchall())
    assert "5550142" not in kept
    assert "example.com" not in kept


def csv_file(*rows):
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["First Name", "Last Name", "E-mail", "Mobile", "Street Address", "City", "State", "ZIP"])
    writer.writerows(rows)
    return SimpleUploadedFile("contacts.csv", text.getvalue().encode())


def test_a_file_is_read_by_the_names_of_its_columns_and_the_card_says_so(alices, verified, home):
    file = csv_file(["Pat", "Seller", "", "512 555 0142", "12 Hidden Creek Rd", "Austin", "TX", "78704"])

    sent = alices.post("/crm-matches/", {"contacts": file}, follow=True)

    assert "Leads known to you: 1." in sent.content.decode()
    assert "Already yours" in alices.get("/leads/").content.decode()
    assert "Already yours" in alices.get(f"/leads/{home.pk}/").content.decode()


def test_nobody_else_sees_what_an_organisation_knows(charlies, client, verified, home):
    compare(verified, ROW)

    for browser in (charlies, client):
        assert "Already yours" not in browser.get("/leads/").content.decode()
        assert "Already yours" not in browser.get(f"/leads/{home.pk}/").content.decode()


@pytest.mark.parametrize(
    "content", [b"", b"\x00\x01\x02", b"name,city\nPat,Austin\n", b"{" * 5_000, "naïve,café\n".encode("latin-1")]
)
def test_a_file_that_is_no_table_of_contacts_is_refused_in_words(alices, verified, content):
    answer = alices.post("/crm-matches/", {"contacts": SimpleUploadedFile("contacts.csv", content)})

    assert answer.status_code in {400, 422}
    assert not CrmUpload.objects.exists()


def test_many_contacts_are_compared_in_few_questions(verified, home):
    rows = [
        {"email": f"c{number}@example.com", "address": f"{number} Elm Street", "zip": "10001"}
        for number in range(at_length(short=2_000, soak=19_999))
    ]

    with CaptureQueriesContext(connection) as asked:
        upload = compare(verified, *rows, ROW)

    assert upload.matches.count() == 1
    assert len(asked) <= 16


def test_ten_uploads_are_told_in_as_many_questions_as_one(verified, home, clock):
    def questions():
        with CaptureQueriesContext(connection) as asked:
            told = CrmUploadSerializer(selectors.crm_uploads(verified), many=True).data
        assert all(one["leads"] == [str(home.pk)] for one in told)
        return len(asked)

    compare(verified, ROW)
    with_one = questions()
    for _ in range(3):
        clock.advance(days=1)
        compare(verified, ROW)

    assert questions() == with_one == 2
