"""Keys change while the site runs: what every column holds afterwards, and what still needs an older key."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from threading import Event, Thread

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import IntegrityError, connection, models, transaction
from django.test import override_settings

from accounts.models import IdentityDocument, Suppression
from accounts.privacy.people import Person
from accounts.services import do_not_call, erasures, suppression
from aiqleads.core import checks, personal_data, rotation
from aiqleads.core import clock as database_clock
from aiqleads.core.models import AuditEntry, KeyRotation
from aiqleads.core.uploads import Examined
from leads import services as leads
from leads.corrections import correct_lead
from leads.models import Consent, Contact, Lead, Observation, Reading, Source
from marketplace import evidence
from marketplace import services as marketplace
from marketplace.models import Device
from marketplace.return_rules import Reason
from marketplace.services import register_device
from scraping.models import SupplierKey
from scraping.suppliers import find_key, issue_key
from tests.accounts.privacy_requests import asked
from tests.leads.test_pipeline import record
from tests.marketplace.returned import buy

pytestmark = pytest.mark.django_db

OLD = {1: "o" * 32}
BOTH = {1: "o" * 32, 2: "n" * 32}
NEW = {2: "n" * 32}


@pytest.fixture(autouse=True)
def old_key(settings, tmp_path) -> Iterator[None]:
    settings.ERASURE_JOURNAL = tmp_path / "erasures.jsonl"
    with override_settings(PERSONAL_DATA_KEYS=OLD):
        yield


@contextmanager
def keyring(keys) -> Iterator[None]:
    with override_settings(PERSONAL_DATA_KEYS=keys):
        yield


def rotated(*arguments):
    """What ``rotate_keys --json`` prints."""
    out = StringIO()
    call_command("rotate_keys", "--json", *arguments, stdout=out)
    return json.loads(out.getvalue())


def test_what_was_found_and_read_under_the_old_key_is_under_the_new_one_alone(open_source, alice, olga):
    leads.ingest(record=record(), source=open_source)
    lead = Lead.objects.get()
    correct_lead(lead_id=lead.pk, corrections={"address": "1507 N. 116th Street"}, reason="Moved", actor_id=olga.pk)
    register_device(member=alice, token="token-of-a-phone", platform="ios")
    before = Contact.objects.get()

    with keyring(BOTH):
        told = rotated()

    with keyring(NEW):
        contact = Contact.objects.get()
        assert (contact.phone, contact.name) == ("+15125550142", "Casey Homeowner")
        assert contact.phone_hash == personal_data.keyed_hash("+15125550142", purpose="phone") != before.phone_hash
        assert Device.objects.get().token == "token-of-a-phone"
        again = leads.ingest(record=record(), source=open_source)
    assert again.lead_id == lead.pk
    assert Lead.objects.count() == 1
    assert told["needed_by"] == {"1": {}}
    assert told["removable"] == ["1"]
    assert told["missing"] == []
    by_name = {column["name"]: column["rows"] for column in told["columns"]}
    for name in ("contact.phone_hash", "contact.name_phonetic_hash", "observation.door_hash", "lead.address_hash"):
        assert set(by_name[f"leads.{name}"]) == {"2"}, name
    assert set(by_name["leads.observation.external_id_hash"]) == set(by_name["leads.observation.raw"]) == {"2"}
    assert AuditEntry.objects.get(action="keys.rotated").details["version"] == 2


def test_looking_writes_nothing(open_source):
    leads.ingest(record=record(), source=open_source)

    with keyring(BOTH):
        told = rotated("--dry-run")

    assert told["needed_by"]["1"]["leads.contact.phone"] == 1
    assert (told["rewritten"], told["removable"]) == (0, [])
    assert Contact.objects.get().phone_hash.startswith("1:")
    assert KeyRotation.objects.count() == 0


def test_a_hash_whose_value_is_gone_holds_on_to_its_key(open_source):
    leads.ingest(record=record(), source=open_source)
    Observation.objects.update(raw=None)

    with keyring(BOTH):
        told = rotated()

    assert told["removable"] == []
    assert told["needed_by"]["1"]["leads.observation.external_id_hash"] == 1
    assert Observation.objects.get().external_id_hash.startswith("1:")


def test_a_value_that_is_not_what_was_hashed_changes_no_hash(open_source):
    leads.ingest(record=record(), source=open_source)
    Contact.objects.update(phone="+15125550199")
    before = Contact.objects.get().phone_hash

    with keyring(BOTH):
        rotated()
        assert Contact.objects.get().phone_hash == before


def test_who_asked_to_be_left_alone_is_known_by_the_new_hash_too(open_source):
    leads.ingest(record=record(), source=open_source)
    contact = Contact.objects.get()
    assert len(contact.household_hashes) > 0
    for kind, hashed in (("phone", contact.phone_hash), ("household", contact.household_hashes[0])):
        Suppression.objects.create(kind=kind, hash=hashed, scope="everything", why="erased")

    with keyring(BOTH):
        told = rotated()
        contact.refresh_from_db()
        assert contact.phone_hash.startswith("2:")
        assert set(Suppression.objects.filter(hash__startswith="2:").values_list("hash", flat=True)) == {
            contact.phone_hash,
            contact.household_hashes[0],
        }
        assert told["needed_by"]["1"] == {"accounts.suppression.hash": 2}
        rotated()
    assert Suppression.objects.count() == 4


def test_a_suppliers_key_goes_over_to_the_new_one_when_it_is_used(open_source, olga):
    _, plain = issue_key(source=open_source, name="Partner", actor_id=olga.pk)

    with keyring(BOTH):
        assert rotated()["needed_by"]["1"] == {"scraping.supplierkey.key_hash": 1}
        assert find_key(plain) is not None
        assert rotated()["removable"] == ["1"]
    with keyring(NEW):
        assert find_key(plain) is not None


def test_what_was_encrypted_before_tokens_named_their_key_is_read_and_rewritten(open_source):
    leads.ingest(record=record(), source=open_source)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE leads_contact SET phone = substring(phone FROM 3)")
    assert Contact.objects.get().phone == "+15125550142"

    with keyring(BOTH):
        assert rotated("--dry-run")["needed_by"]["1"]["leads.contact.phone"] == 1
        rotated()
    with keyring(NEW):
        assert Contact.objects.get().phone == "+15125550142"


def test_files_of_evidence_are_rewritten(settings, tmp_path, make_lead, alice, grant):
    settings.MEDIA_ROOT = tmp_path
    grant(alice, 10)
    bought = buy(make_lead(), alice)
    asked = marketplace.request_return(purchase_id=bought.pk, buyer=alice, reason=Reason.WRONG_NUMBER)
    row = evidence.keep(Examined(media_type="text/plain", body=b"They said no."))
    row.of_return = asked
    row.save()

    with keyring(BOTH):
        assert rotated("--dry-run")["needed_by"]["1"]["files of evidence"] == 1
        assert "files of evidence" not in rotated()["needed_by"]["1"]
    with keyring(NEW):
        row.refresh_from_db()
        assert evidence.body_of(row) == b"They said no."
    assert len(list((tmp_path / "evidence").iterdir())) == 1


def test_rows_that_are_written_once_change_their_key_and_nothing_else(open_source):
    leads.ingest(record=record(), source=open_source)
    observation = Observation.objects.get()
    Consent.objects.create(
        observation=observation,
        text_version="t-1",
        language="en",
        given_at="2026-11-01T00:00:00Z",
        channels=["call"],
        agents=1,
        proof={"page": "/sell/"},
    )
    leads_read = Reading.objects.count()

    for statement, guard in (
        ("UPDATE leads_consent SET agents = 2", "written once"),
        ("UPDATE leads_consent SET proof = 'x'", "written once"),
        ("UPDATE leads_consent SET agents = 2, proof = 'x'", "written once"),
    ):
        with pytest.raises(IntegrityError, match=guard), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    with (
        pytest.raises(IntegrityError, match="written once"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SET LOCAL core.rotating_keys = 'on'")  # keys_change_alone refuses the rest
        cursor.execute("UPDATE leads_consent SET agents = 2")
    with keyring(BOTH):
        rotated()
    with keyring(NEW):
        assert Consent.objects.get().proof == {"page": "/sell/"}
        assert Reading.objects.count() == leads_read


@pytest.mark.django_db(transaction=True)
def test_the_site_goes_on_writing_meanwhile_and_nothing_of_it_is_lost():
    source = Source.objects.create(slug="busy", name="Busy", family=Source.Family.CLASSIFIED, reader="fsbo")
    observation = Observation.objects.create(source=source, external_id_hash="", content_hash="")
    lead = Lead.objects.create(kind="fsbo")
    rows = [Contact.objects.create(lead=lead, observation=observation, phone=f"+1512555{n:04}") for n in range(40)]
    begun, is_over = Event(), Event()
    told: dict[str, str] = {}

    def write() -> None:
        """As a process that was started anew, and one that was not, take turns."""
        turn = 0
        try:
            while not is_over.is_set() or turn < len(rows):
                row = rows[turn % len(rows)]
                phone = f"+1737555{turn % 10_000:04}"
                Contact.objects.filter(pk=row.pk).update(phone=phone)
                told[str(row.pk)] = phone
                turn += 1
                begun.set()
        finally:
            connection.close()

    with keyring(BOTH):
        writer = Thread(target=write)
        writer.start()
        assert begun.wait(20)
        report = rotation.rotate()
        is_over.set()
        writer.join()
        report = rotation.rotate()
    with keyring(NEW):
        stored = {str(contact.pk): contact.phone for contact in Contact.objects.all()}

    assert stored == told
    assert report.removable == ["1"]


def test_a_rotation_that_broke_off_goes_on_where_it_was(open_source):
    leads.ingest(record=record(), source=open_source)
    contact = Contact.objects.get()
    KeyRotation.objects.create(column="leads.contact.phone", version=2, last_key=str(contact.pk), rewritten=7)

    with keyring(BOTH):
        told = rotated()

    assert told["removable"] == ["1"]  # what was behind the mark is found by another look from the beginning
    assert KeyRotation.objects.get(pk="leads.contact.phone").finished_at is not None


def test_a_keyring_without_a_key_that_rows_need_is_an_error(open_source):
    leads.ingest(record=record(), source=open_source)

    with keyring(NEW):
        found = [message.msg for message in checks.check_keys_of_rows(None, databases=["default"])]

    assert found == ["PERSONAL_DATA_KEYS lacks version 1, which rows need."]
    assert checks.check_keys_of_rows(None, databases=["default"]) == []


def test_every_column_of_keyed_hashes_says_what_becomes_of_it():
    named = [
        f"{model._meta.label_lower}.{column.name}"
        for model in apps.get_models()
        for column in model._meta.local_fields
        if re.search("_hash$", column.name)
        and type(column) is models.CharField
        and column.max_length == personal_data.HASH_CHARACTERS
    ]

    assert named == []
    assert SupplierKey._meta.get_field("key_hash").stays == ""
    assert all(column.hashes.purpose for column in rotation.columns() if column.hashes and column.hashes.of)


def test_readings_are_not_emptied_in_one_go_either():
    """Beside the rows' own guard stands ``reading_stays``, which the tests' own cleaning has to pass."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname, tgfoid::regproc::text FROM pg_trigger WHERE tgrelid = 'leads_reading'::regclass "
            "AND tgname IN ('reading_stays', 'reading_is_written_once') ORDER BY tgname"
        )
        found = cursor.fetchall()

    assert found == [
        ("reading_is_written_once", "core_refuse_change_but_of_keys"),
        ("reading_stays", "core_refuse_change"),
    ]


def test_half_way_through_a_rotation_a_crawl_knows_its_adverts_and_who_is_left_alone(open_source, clock):
    """The keyring has a new key, and nothing was rewritten yet but one column: crawls go on meanwhile."""
    first = leads.ingest(record=record(emails=("casey@example.com",)), source=open_source)
    suppression.suppress(Person.of(phones=["+15125550177"]), Suppression.Why.ERASED)
    with keyring(BOTH):
        half = next(one for one in rotation.columns() if one.name == "leads.contact.email_hash")
        assert rotation._rotated(half).rewritten == 1
        clock.advance(hours=1)

        same = leads.ingest(record=record(emails=("casey@example.com",)), source=open_source)
        assert (same.outcome, same.observation_id) == ("seen", first.observation_id)
        changed = leads.ingest(record=record(emails=(), description="Fresh paint."), source=open_source)
        assert (changed.outcome, changed.lead_id) == ("changed", first.lead_id)
        elsewhere = leads.ingest(record=record(external_id="b", line="", parsed_address=None), source=open_source)
        assert elsewhere.lead_id == first.lead_id  # by its telephone alone
        barred = leads.ingest(record=record(external_id="c", phones=("+15125550177",)), source=open_source)
        assert (barred.outcome, barred.reason) == ("rejected", "its owner asked to be left out")
        assert leads.mark_gone(source=open_source, external_id="b")

        report = rotation.rotate()
    with keyring(NEW):
        assert {contact.phone_hash[:2] for contact in Contact.objects.exclude(phone=None)} == {"2:"}
        assert Lead.objects.count() == 1
    assert set(report.needed_by["1"]) == {"accounts.suppression.hash"}  # whose values nobody knows


def test_lists_and_journals_under_an_older_key_hold_on_to_it(db):
    numbers = do_not_call.lines_of(["512,5550142"])
    do_not_call.load_edition(slug="federal", name="National", as_of=database_clock.now().date(), lines=numbers)
    erasures.erase_person(Person.of(emails=["casey@example.com"]))

    with keyring(BOTH):
        needed = rotated()["needed_by"]["1"]

    assert needed["do-not-call lists in force"] == 1
    assert needed["journal of erasures"] == 1


def test_papers_that_prove_an_identity_are_written_anew(db):
    request = asked()
    IdentityDocument.objects.create(request=request, media_type="image/png", body="AAAA", size_bytes=3)

    with keyring(BOTH):
        assert rotated("--dry-run")["needed_by"]["1"]["accounts.identitydocument.body"] == 1
        assert "accounts.identitydocument.body" not in rotated()["needed_by"]["1"]
    with keyring(NEW):
        assert IdentityDocument.objects.get().body == "AAAA"
