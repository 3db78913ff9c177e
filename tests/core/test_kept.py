"""Every table is kept for a time that somebody named: each rule with a row just inside and one just outside."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.db import models
from django.utils.html import escape

from accounts.models import (
    ApiKey,
    ApiSession,
    DeletionList,
    DoNotCallCheck,
    DoNotCallEdition,
    DoNotCallList,
    Guesses,
    IdentityCode,
    Invitation,
    Membership,
    PrivacyRequest,
    StepUpCode,
)
from accounts.services import privacy
from ai.models import BatchJob, ModelCall, ModelReply
from aiqleads.core import clock as database_clock
from aiqleads.core import retention
from aiqleads.core.models import Alert, OutboxEvent, StoredReply
from billing.models import InboxRefusals, Reconciliation
from leads import services
from leads.models import ConsentText, Contact, Lead, Merge, Source
from marketplace.models import CrmUpload, Delivery, DeliveryTry, Notification, ViewedLead
from scraping.models import (
    AdvertPictures,
    CrawlRequest,
    CrawlRun,
    FileImport,
    PageMemory,
    PhoneCode,
    PictureMemory,
    SavedPage,
    Submission,
    SupplierKey,
)
from tests.accounts.privacy_requests import asked
from tests.leads.test_pipeline import record
from tests.marketplace.returned import buy

pytestmark = pytest.mark.django_db
Make = Callable[["World"], models.Model]


class World:
    """Whose rows they are."""

    def __init__(self, alice: Membership, source: Source, make_lead: Callable[[], Lead]) -> None:
        self.alice, self.source, self.make_lead = alice, source, make_lead

    @property
    def now(self) -> Any:
        return database_clock.now()

    @property
    def soon(self) -> Any:
        return self.now + timedelta(seconds=1)

    def submission(self, **facts: Any) -> Submission:
        text = ConsentText.objects.first()
        said = {"language": "en", "agents": 1, "email_hash": "1:0"}
        return Submission.objects.create(source=self.source, consent_text=text, **said, **facts)

    def gone(self) -> Lead:
        """A lead whose only advert was just taken down."""
        name = uuid4().hex
        taken = services.ingest(record=record(external_id=name, line=f"{int(name[:4], 16) + 1} Cedar Lane"),
                                source=self.source)  # fmt: skip
        services.mark_gone(source=self.source, external_id=name)
        return Lead.objects.get(pk=taken.lead_id)

    def import_of(self, state: str) -> FileImport:
        said = {"file_name": "homes.csv", "size_bytes": 1, "mapping_document": {}, "stored_as": uuid4().hex}
        return FileImport.objects.create(source=self.source, state=state, **said)

    def delivery(self) -> Delivery:
        facts = {"channel": "email", "event": "purchase.returned", "key": uuid4().hex, "state": "dead"}
        return Delivery.objects.create(organisation=self.alice.organisation, settled_at=self.now, **facts)

    def tried(self) -> DeliveryTry:
        bought = self.make_lead()
        buy(bought, self.alice)
        facts = {"channel": "email", "event": "lead.purchased", "key": uuid4().hex}
        delivery = Delivery.objects.create(
            organisation=self.alice.organisation, purchase=bought.purchases.get(), **facts
        )
        tried = DeliveryTry.objects.create(delivery=delivery, number=1, finished_at=self.now)
        Delivery.objects.filter(pk=delivery.pk).update(state="dead", settled_at=self.now)
        return tried

    def run(self) -> CrawlRun:
        return CrawlRun.objects.create(source=self.source, state="finished", finished_at=self.now)

    def visit(self) -> UserSession:
        key = uuid4().hex
        Session.objects.create(session_key=key, session_data="", expire_date=self.now)
        return UserSession.objects.create(user=self.alice.user, ip="192.0.2.1", session_key=key, user_agent="")

    def call(self) -> ModelCall:
        said = {
            "purpose": "chat",
            "role": "first",
            "provider": "p",
            "model": "m",
            "prompt": "p1",
            "subject_id": "1",
        }
        counts = {"daily_budget_cents": 1, "monthly_budget_cents": 1, "reserved_cents": 0}
        today, hashed = self.now.date(), f"1:{uuid4().hex}"
        return ModelCall.objects.create(
            day=today, give_up_at=self.now, input_hash=hashed, subject_kind="lead", **said, **counts
        )

    def closed_request(self) -> PrivacyRequest:
        request = asked()
        privacy.withdraw_request(request_id=request.pk)
        return request

    def merge(self) -> Merge:
        return Merge.objects.create(winner=self.gone(), loser=self.gone(), before={"winner": {}, "loser": {}})

    def edition(self) -> DoNotCallEdition:
        DoNotCallList.objects.get_or_create(slug="of-tests", name="Of tests")
        facts = {"as_of": date(2026, 1, 1), "key_version": 1, "state": "replaced", "loaded_at": self.now}
        return DoNotCallEdition.objects.create(of_list_id="of-tests", **facts)

    def confirmation(self) -> EmailConfirmation:
        address, _ = EmailAddress.objects.get_or_create(user=self.alice.user, email="alice@example.com")
        return EmailConfirmation.objects.create(email_address=address, key=uuid4().hex, created=self.now)


@pytest.fixture
def world(alice, open_source, make_lead) -> World:
    return World(alice, open_source, make_lead)


def _guesses(world: World) -> Guesses:
    from accounts.models import User

    somebody = User.objects.create(email=f"{uuid4().hex}@example.com")
    return Guesses.objects.create(user=somebody, wrong=1, last_wrong_at=world.now)


ROWS: dict[str, Make] = {
    "answers to repeated requests": lambda w: StoredReply.objects.create(
        actor="user:1", key=uuid4().hex, fingerprint="1:0", status=200, body="{}"
    ),
    "API keys": lambda w: ApiKey.objects.create(
        membership=w.alice, name="n", prefix=uuid4().hex[:8], key_hash="1:0", scopes=["read"], expires_at=w.soon
    ),
    "addresses of pictures": lambda w: AdvertPictures.objects.create(
        observation=w.gone().observations.get(), source=w.source, addresses=["https://example.com/1.jpg"]
    ),
    "addresses that crawls asked for": lambda w: CrawlRequest.objects.create(
        run=w.run(), url="/1", outcome="fetched"
    ),
    "batches of questions": lambda w: BatchJob.objects.create(provider="p", state="failed", over_at=w.now),
    "browsers' sessions": lambda w: Session.objects.create(
        session_key=uuid4().hex, session_data="", expire_date=w.now
    ),
    "closed alerts": lambda w: Alert.objects.create(key=uuid4().hex, says="It is over.", closed_at=w.now),
    "codes by text message": lambda w: PhoneCode.objects.create(
        submission=w.submission(state="confirmed"), number_hash="1:0"
    ),
    "codes of a second look": lambda w: StepUpCode.objects.create(user=w.alice.user),
    "comparisons with buyers' own contacts": lambda w: CrmUpload.objects.create(
        organisation=w.alice.organisation,
        membership=w.alice,
        uploaded_on=date(2020, 1, 1) + timedelta(days=CrmUpload.objects.count()),
        row_count=1,
        usable_count=1,
    ),
    "comparisons with do-not-call lists": lambda w: DoNotCallCheck.objects.create(edition_ids=[]),
    "confirmed submissions": lambda w: w.submission(state="confirmed", confirmed_at=w.now),
    "contacts": lambda w: Contact.objects.filter(lead=w.gone())[0],
    "crawl runs": lambda w: w.run(),
    "deletion lists": lambda w: DeletionList.objects.create(
        state_code="CA", file_name="list.csv", state="followed", followed_at=w.now
    ),
    "deliveries": lambda w: w.delivery(),
    "delivered events": lambda w: OutboxEvent.objects.create(name="lead.scored", payload={}, delivered_at=w.now),
    "editions of do-not-call lists": lambda w: w.edition(),
    "files that nobody had read in": lambda w: w.import_of("waiting"),
    "identity codes": lambda w: IdentityCode.objects.create(request=asked(), channel="email", address_hash="1:0"),
    "invitations": lambda w: Invitation.objects.create(
        organisation=w.alice.organisation,
        email=f"{uuid4().hex}@example.com",
        role="viewer",
        invited_by=w.alice,
        expires_at=w.soon,
    ),
    "leads as they were before they were merged": lambda w: w.merge(),
    "links that confirm an e-mail address": lambda w: w.confirmation(),
    "looks at offers": lambda w: ViewedLead.objects.create(membership=w.alice, listing=w.make_lead().listing),
    "looks at providers' books": lambda w: Reconciliation.objects.create(provider="stripe", since=w.now),
    "memories of pages": lambda w: PageMemory.objects.create(
        source=w.source, page_hash=uuid4().hex, content_hash="0"
    ),
    "memories of pictures": lambda w: PictureMemory.objects.create(source=w.source, address_hash=uuid4().hex),
    "model replies": lambda w: ModelReply.objects.create(
        call=w.call(), input_hash=uuid4().hex, is_usable=False, raw="{}"
    ),
    "notes of Django's own admin": lambda w: LogEntry.objects.create(
        user=w.alice.user, object_repr="1", action_flag=1, action_time=w.now
    ),
    "notifications": lambda w: Notification.objects.create(
        membership=w.alice, kind="price_drop", key=uuid4().hex, says="It costs less.", path="/"
    ),
    "privacy requests": lambda w: w.closed_request(),
    "programs' log-ins": lambda w: ApiSession.objects.create(user=w.alice.user, expires_at=w.soon),
    "reports on files": lambda w: w.import_of("finished"),
    "saved pages": lambda w: SavedPage.objects.create(source=w.source, name=uuid4().hex, body="", expected={}),
    "suppliers' keys": lambda w: SupplierKey.objects.create(
        source=w.source, name="A partner", beginning="k", key_hash=uuid4().hex, revoked_at=w.now
    ),
    "tries at deliveries": lambda w: w.tried(),
    "unconfirmed submissions": lambda w: w.submission(),
    "visits": lambda w: w.visit(),
    "what adverts said": lambda w: w.gone().observations.get(),
    "wrong guesses": _guesses,
}
"""Of each rule, something whose time begins at this moment."""
EMPTIED = {
    "files that nobody had read in": ("state", "dropped"),
    "leads as they were before they were merged": ("before", None),
    "what adverts said": ("raw", None),
}
"""What stays as a row, and what it says then."""


def _is_held(what: str, row: models.Model) -> bool:
    found = type(row)._default_manager.filter(pk=row.pk).first()
    if what not in EMPTIED:
        return found is not None
    column, empty = EMPTIED[what]
    return bool(getattr(found, column) != empty)


@pytest.mark.parametrize("what", ROWS)
def test_what_is_just_inside_its_time_stays_and_what_is_just_outside_goes(what, world, clock):
    (rule,) = (rule for rule in retention.rules() if rule.what == what)
    old = ROWS[what](world)
    clock.advance(seconds=20)
    young = ROWS[what](world)
    clock.advance(seconds=rule.kept.total_seconds() - 10)

    assert retention.purge(is_dry=True)[what] >= 1
    assert (_is_held(what, old), _is_held(what, young)) == (True, True)
    assert retention.purge()[what] >= 1

    assert (_is_held(what, old), _is_held(what, young)) == (False, True)
    assert retention.purge()[what] == 0


def test_every_rule_is_proved_by_rows():
    """Sent files: tests/leads/test_retention.py. Messages: tests/billing (test_inbox,
    test_privacy_of_messages). Counts: below."""
    elsewhere = {"sent files", "providers' messages", "what providers' messages said", "counts of refused messages"}
    assert {rule.what for rule in retention.rules()} == ROWS.keys() | elsewhere


def test_counts_of_refused_messages_go_a_year_after_their_day():
    today = database_clock.now().date()
    for days in (364, 366):
        InboxRefusals.objects.create(provider="stripe", day=today - timedelta(days=days), why="forged")

    assert retention.purge()["counts of refused messages"] == 1
    assert InboxRefusals.objects.get().day == today - timedelta(days=364)


def test_nobody_forgot_a_table():
    assert retention.unspoken() == []


def test_a_table_that_nobody_spoke_of_is_missed(monkeypatch):
    monkeypatch.delitem(retention._KEPT, "leads.sale")

    assert retention.unspoken() == ["leads.sale"]


def test_what_goes_with_another_hangs_on_it():
    for part in retention.kept():
        if part.part_of:
            columns = apps.get_model(part.table)._meta.concrete_fields
            wholes = {column.related_model._meta.label_lower for column in columns if column.related_model}
            assert part.part_of in wholes, part.table


def test_tables_that_are_called_alike_are_told_once_to_people():
    told = [one.what for one in retention.kept_in_words()]

    assert told.count("mirrors of Stripe's objects") == 1
    assert len([one for one in retention.kept() if one.table.startswith("djstripe.")]) > 50
    assert {one.what for one in retention.kept()} == set(told)


def test_every_reason_is_given():
    assert all(len(one.because.split()) >= 3 for one in retention.kept())


def test_the_clock_calls_it():
    from leads.tasks import purge

    assert purge.name == "leads.tasks.purge"  # which leads/migrations and tests/core/test_schedules.py know


def test_everybody_may_read_how_long_everything_is_kept(client):
    page = client.get("/privacy/data/").content.decode()

    for rule in retention.rules():
        assert escape(rule.what) in page
        assert escape(rule.how_long) in page
    assert "five years after they were closed" in page


def test_many_rows_go_in_small_steps(monkeypatch):
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    now = database_clock.now()
    OutboxEvent.objects.bulk_create(
        OutboxEvent(name="lead.scored", payload={}, delivered_at=now - timedelta(days=31)) for _ in range(5)
    )

    assert retention.purge()["delivered events"] == 5


def test_what_somebody_works_on_is_left_for_tomorrow(monkeypatch):
    from aiqleads.core.transactions import LockTimeout

    def busy(before: Any, most: int) -> int:
        raise LockTimeout("busy")

    rule = retention.Rule(
        what="of a test", tables=[], kept=timedelta(0), since="it was", due=lambda _: 1, let_go=busy
    )
    monkeypatch.setitem(retention._RULES, rule.what, rule)
    OutboxEvent.objects.create(
        name="lead.scored", payload={}, delivered_at=database_clock.now() - timedelta(days=31)
    )

    gone = retention.purge()

    assert (gone["of a test"], gone["delivered events"]) == (0, 1)
