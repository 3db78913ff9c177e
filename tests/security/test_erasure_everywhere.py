"""After an erasure nothing of its person is left: no column, no file, no key of Redis (design §4.16)."""

import base64
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from django.apps import apps
from django.conf import settings as django_settings
from django.core.mail import EmailMessage
from django.core.management import call_command
from django.db import connection

from accounts.errors import NobodyToErase
from accounts.models import Erasure, ErasureStep, Suppression
from accounts.privacy import holders
from accounts.privacy.holders import Erased, Holder
from accounts.privacy.people import Person
from accounts.services import erasures
from aiqleads.core import events
from aiqleads.core.personal_data import EncryptedJSONField, EncryptedTextField
from leads import services as leads
from leads.address import parse_address
from leads.models import Contact, Lead, Observation
from marketplace import services
from marketplace.models import Claim, DeletionNotice, Listing, Notification, Return
from scraping.models import CrawlRequest, CrawlRun, PageMemory, SavedPage
from tests.conftest import make_source
from tests.leads.test_pipeline import record
from tests.marketplace.returned import buy
from tests.security.conftest import HIDDEN, SENTENCE, STREET_LINE
from tests.security.spellings import traces

pytestmark = pytest.mark.django_db

THEIRS = {name: HIDDEN[name] for name in ("name", "phone", "e-mail", "house number", "the advert's words")} | {
    "advert": HIDDEN["external id"],
    "point": HIDDEN["latitude"],
}
ZEPHYRINE = Person.of(emails=[HIDDEN["e-mail"]])


@pytest.fixture(autouse=True)
def places(settings, tmp_path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.EMAIL_FILE_PATH = tmp_path / "mail"
    settings.SMS_SANDBOX_PATH = tmp_path / "texts"
    settings.FOLLOW_UP_BOSS_SANDBOX_PATH = tmp_path / "crm"
    settings.ERASURE_JOURNAL = tmp_path / "journal" / "erasures.jsonl"
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    return tmp_path


_VIEWS = """
SELECT relname FROM pg_class WHERE relkind IN ('m', 'v') AND relnamespace = 'public'::regnamespace
    AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e')
"""
"""Our own views, materialised or not; an extension's tell of the server."""


def _rows() -> Iterator[tuple[str, str]]:
    """What each table holds, what a stored query kept, and what the other queries tell now."""
    with connection.cursor() as cursor:
        cursor.execute(_VIEWS)
        views = [view for (view,) in cursor.fetchall()]
        for table in [*connection.introspection.table_names(cursor), *views]:
            cursor.execute(f'SELECT kept::text FROM "{table}" kept')
            for (row,) in cursor.fetchall():
                yield table, row


def everything_kept(places: Path) -> Iterator[tuple[str, str]]:
    """Every row of every table as text, encrypted columns read; every file; everything in Redis."""
    for model in apps.get_models():
        if not model._meta.managed or model is Erasure:
            continue
        hidden = [
            field.attname
            for field in model._meta.concrete_fields
            if isinstance(field, EncryptedTextField | EncryptedJSONField)
        ]
        for values in model._base_manager.values(*hidden) if hidden else ():
            yield model._meta.label, json.dumps(values, default=str)
    yield from _rows()
    for path in places.rglob("*"):
        if path.is_file():
            yield str(path.relative_to(places)), path.read_bytes().decode(errors="replace")
    number = django_settings.CACHES["default"]["OPTIONS"].get("db", 0)
    with redis.Redis.from_url(django_settings.REDIS_URL, db=number) as server:
        for key in server.scan_iter("*"):
            kept = server.get(key) if server.type(key) == b"string" else server.dump(key)
            yield f"redis {key!r}", f"{key!r} {kept!r}"


def found_in(places: Path) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for where, text in everything_kept(places):
        if leaked := traces(text, THEIRS):
            found.setdefault(where, set()).update(leaked)
    return found


@pytest.fixture
def bought(secret, alice, grant) -> Any:
    """The lead after a whole life: crawled, pictured, bought, mailed, noted about, returned with evidence."""
    grant(alice, 500)
    purchase = buy(secret, alice)
    services.request_return(
        purchase_id=purchase.pk,
        buyer=alice,
        reason="wrong_number",
        explanation=f"{HIDDEN['name']} does not live there",
    )
    events.deliver_all()
    url = f"https://{HIDDEN['source address']}/{HIDDEN['external id']}"
    page = f"<h1>{HIDDEN['headline']}</h1> {SENTENCE} {HIDDEN['phone']}"
    source = Observation.objects.get(lead=secret).source
    run = CrawlRun.objects.create(source=source)
    CrawlRequest.objects.create(run=run, url=url, outcome="fetched", status=200)
    PageMemory.objects.create(
        source=source, page_hash="1:0", content_hash="", links=[[f"/{HIDDEN['external id']}", "listing"]]
    )
    SavedPage.objects.create(
        source=source,
        name="a page",
        url=url,
        body=base64.b64encode(page.encode()).decode(),
        expected={"records": [{"phones": [HIDDEN["phone"]]}]},
    )
    EmailMessage(
        subject="A lead", body=f"Call {HIDDEN['name']} at {HIDDEN['phone']}, {STREET_LINE}", to=["a@example.com"]
    ).send()
    Notification.objects.create(
        membership=alice,
        kind="assigned",
        key="k",
        says=f"{HIDDEN['name']} waits",
        path=purchase.get_absolute_url(),
    )
    mls = make_source("closings", may_list=False)
    Observation.objects.create(
        source=mls,
        external_id_hash="1:mls",
        content_hash="1:mls",
        address_hash=secret.address_hash,
        raw={"contact_name": HIDDEN["name"], "address": STREET_LINE},
        facts={"address_line": STREET_LINE},
    )
    return purchase


def test_nothing_of_an_erased_person_is_left(bought, places):
    before = found_in(places)
    assert {"leads_lead", "leads_contact", "scraping_crawlrequest", "scraping_pagememory"} & before.keys()
    assert {"leads.Observation", "leads.Contact", "scraping.SavedPage", "marketplace.Return"} <= before.keys()

    report = erasures.erase_person(ZEPHYRINE)
    events.deliver_all()

    assert report.is_finished
    assert found_in(places) == {}
    assert report.counts["leads"]["leads.contact"] == 2
    assert report.counts["leads"]["leads.observation"] == 2
    assert report.counts["sent files"] == {"files": 1}


def test_no_crawl_brings_them_back(bought, places, open_source):
    erasures.erase_person(ZEPHYRINE)
    events.deliver_all()
    same = {"line": STREET_LINE, "parsed_address": parse_address(STREET_LINE, city="Austin", state="TX")}
    phone = f"+1{HIDDEN['phone']}"
    again = [
        record(external_id=HIDDEN["external id"], url=f"https://{HIDDEN['source address']}/x"),
        record(external_id="n1", phones=(phone,), fictitious_phones=frozenset({phone}), contact_name=None),
        record(external_id="n2", phones=(), contact_name=HIDDEN["name"].upper(), **same),
        record(external_id="n3", phones=(), emails=(HIDDEN["e-mail"].title(),), line="1 Elsewhere Rd"),
    ]

    taken = [leads.ingest(record=one, source=open_source) for one in again]

    assert [one.outcome for one in taken] == ["rejected"] * 4
    assert found_in(places) == {}


def test_a_second_erasure_finds_nothing(bought, places):
    erasures.erase_person(ZEPHYRINE)

    again = erasures.erase_person(ZEPHYRINE)

    assert (again.is_finished, again.counts) == (True, {})
    assert not Erasure.objects.exclude(person=None).exists()


class Failing(Holder):
    """A holder whose disk is away at first."""

    name = "failing"

    def __init__(self) -> None:
        self.is_there = False

    def erase(self, person: Person) -> Erased:
        if not self.is_there:
            raise OSError("the disk is away")
        return Erased(counts={"files": 1})


@pytest.fixture
def failing() -> Iterator[Failing]:
    holder = Failing()
    holders.register(holder)
    yield holder
    holders.forget(holder.name)


def test_an_erasure_that_broke_off_goes_on_where_it_was(bought, places, failing):
    report = erasures.erase_person(ZEPHYRINE)

    assert (report.is_finished, report.waiting) == (False, ("failing",))
    assert ErasureStep.objects.get(done_at=None).error == "OSError"
    assert found_in(places) == {}  # the others' part is done

    failing.is_there = True
    finished = erasures.carry_on_all()

    assert finished == 1
    erasure = Erasure.objects.get()
    assert (erasure.person, erasure.steps.filter(done_at=None).count()) == (None, 0)
    assert erasures.report_of(erasure.pk).counts["failing"] == {"files": 1}


def test_whoever_holds_it_loses_the_hold_and_pays_nothing(secret, alice, grant):
    grant(alice, 500)
    claim = services.hold_lead(lead_id=secret.pk, buyer=alice)

    erasures.erase_person(ZEPHYRINE)
    events.deliver_all()

    claim.refresh_from_db()
    assert (claim.state, claim.release_reason) == (Claim.State.RELEASED, "its owner had it deleted")
    assert Listing.objects.get(pk=secret.pk).delisted_at is not None


def test_who_bought_it_is_credited_told_and_confirms_once(secret, alice, grant, clock):
    grant(alice, 500)
    purchase = buy(secret, alice)

    erasures.erase_person(ZEPHYRINE)
    events.deliver_all()

    assert Return.objects.get(purchase=purchase).ground == "erased"
    notice = DeletionNotice.objects.get(purchase=purchase)
    told = Notification.objects.get(kind="deletion")
    assert (notice.confirmed_at, told.path) == (None, purchase.get_absolute_url())
    clock.advance(days=8)
    assert services.remind_of_deletions() == 1
    assert services.remind_of_deletions() == 0

    first = services.confirm_deletion(purchase_id=purchase.pk, buyer=alice)
    again = services.confirm_deletion(purchase_id=purchase.pk, buyer=alice)

    assert first.confirmed_at == again.confirmed_at is not None
    clock.advance(days=8)
    assert services.remind_of_deletions() == 0


def test_a_restored_database_forgets_again_by_the_journal(secret, places, open_source):
    erasures.erase_person(ZEPHYRINE)
    journal = (places / "journal" / "erasures.jsonl").read_text()
    assert traces(journal, THEIRS) == set()
    assert len(journal.splitlines()) == 1
    restore(secret, open_source)
    assert Contact.objects.count() == 2

    [report] = erasures.replay()

    assert report.is_finished
    assert found_in(places) == {}
    assert Suppression.objects.filter(scope="everything", lifted_at=None).count() >= 3


def restore(secret: Lead, source: Any) -> None:
    """The database as a backup from before the erasure has it: the lead is there, and nobody was erased."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # no trigger keeps what a restore takes away
        cursor.execute("DELETE FROM accounts_erasurestep; DELETE FROM accounts_erasure")
        cursor.execute("DELETE FROM accounts_suppression; SET LOCAL session_replication_role = origin")
    phone = f"+1{HIDDEN['phone']}"
    leads.ingest(
        record=record(
            external_id="restored",
            line=STREET_LINE,
            parsed_address=parse_address(STREET_LINE, city="Austin", state="TX", zip_code="78704"),
            contact_name=HIDDEN["name"],
            emails=(HIDDEN["e-mail"],),
            phones=(phone,),
            fictitious_phones=frozenset({phone}),
        ),
        source=source,
    )


def advert(source: Any, number: int, **facts: Any) -> Any:
    return leads.ingest(record=record(external_id=f"o{number}", line=f"{number}00 Far Rd", **facts), source=source)


OFFICE = "+15125550111"


def test_a_telephone_of_an_office_drags_no_stranger_along(open_source, places):
    """The advert gives an office's number beside the proven address: the office's other adverts are others'."""
    office = {"phones": (OFFICE,), "fictitious_phones": frozenset({OFFICE})}
    mine = advert(open_source, 1, emails=("me@example.com",), contact_name="Ada Mine", **office)
    others = [
        advert(open_source, number, contact_name=f"Some{number} Body{number}", **office) for number in range(2, 7)
    ]

    erasures.erase_person(Person.of(emails=["me@example.com"]))

    assert Lead.objects.get(pk=mine.lead_id).state == "erased"
    assert {Lead.objects.get(pk=other.lead_id).state for other in others} == {"new"}
    assert Contact.objects.filter(lead__in=[other.lead_id for other in others]).count() == 5
    assert advert(open_source, 9, contact_name="New Client", **office).outcome == "new"


def test_a_shared_number_that_is_proven_goes_and_the_homes_stay(open_source, places):
    """Who answers an office's telephone has it taken out of adverts; the homes are an operator's to look at."""
    office = {"phones": (OFFICE,), "fictitious_phones": frozenset({OFFICE})}
    adverts = [
        advert(open_source, number, contact_name=f"Some{number} Body{number}", **office) for number in range(5)
    ]

    report = erasures.erase_person(Person.of(phones=[OFFICE]))

    assert "erased" not in set(Lead.objects.values_list("state", flat=True))
    assert not Contact.objects.exists()
    assert traces(json.dumps([one.raw for one in Observation.objects.all()]), {"office": OFFICE[2:]}) == set()
    assert report.counts["leads"]["leads.contact"] == len(adverts)


def test_another_familys_adverts_in_a_lead_that_was_merged_wrongly_stay(open_source, places, olga):
    mine = leads.ingest(record=record(external_id="m", contact_name="Ada Mine"), source=open_source)
    other_phone = "+15125550177"
    theirs = leads.ingest(
        record=record(
            external_id="t",
            contact_name="Grace Other",
            phones=(other_phone,),
            fictitious_phones=frozenset({other_phone}),
        ),
        source=make_source("second", may_list=True),
    )
    assert mine.lead_id == theirs.lead_id

    erasures.erase_person(Person.of(phones=["+15125550142"]))

    kept = Lead.objects.get(pk=mine.lead_id)
    assert kept.state != "erased"
    assert [contact.name for contact in kept.contacts.all()] == ["Grace Other"]
    assert Observation.objects.get(pk=mine.observation_id).raw is None
    assert Observation.objects.get(pk=theirs.observation_id).raw["contact_name"] == "Grace Other"


def test_nobody_is_erased_by_an_address_or_a_name_alone(secret, places):
    for person in (Person.of(addresses=[f"{STREET_LINE}, Austin TX 78704"]), Person.of(names=[HIDDEN["name"]])):
        with pytest.raises(NobodyToErase):
            erasures.erase_person(person)

    assert Lead.objects.get(pk=secret.pk).state == "active"
    assert not Suppression.objects.exists()


def test_the_command_reads_whom_from_its_input_and_prints_what_it_did(secret, places, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{HIDDEN['e-mail']}\n"))

    call_command("erase", "--json")

    [told] = json.loads(capsys.readouterr().out)
    assert told["is_finished"] is True
    assert told["counts"]["leads"]["leads.lead"] == 1
    assert Lead.objects.get(pk=secret.pk).state == "erased"
