"""The back office: every screen answers operators alone, looks change nothing, and nobody's contact is shown."""

import re
from base64 import b64encode
from dataclasses import asdict
from datetime import UTC, datetime

import pytest
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.test import Client
from django.urls import reverse

from accounts.models import (
    DeletionList,
    DoNotCallCheck,
    DoNotCallEdition,
    DoNotCallList,
    Erasure,
    Licence,
    Suppression,
    User,
)
from accounts.privacy.people import Person
from accounts.services import suppression
from ai.models import BatchJob
from aiqleads.core import alerts
from aiqleads.core.models import AuditEntry, OutboxEvent
from billing.models import Account
from leads.models import (
    Contact,
    DoubtfulPair,
    JudgingPolicy,
    Lead,
    Merge,
    ScoringModel,
    Source,
    SourceRight,
    VectorRecipe,
)
from leads.scoring import PRIOR
from leads.vectors import CURRENT
from marketplace import services
from marketplace.grounds import Ground
from marketplace.models import Claim, ReturnEvidence, ReturnPolicy
from marketplace.return_rules import Reason
from pricing.models import Demand, PricePolicy
from scraping.models import ColumnMapping, CrawlRequest, CrawlRun, FieldHealth, FileImport, SavedPage, SupplierKey
from tests.accounts.privacy_requests import reported
from tests.ai.ledger import put_in_force, settled
from tests.back_office import SCREENS
from tests.billing.money_in import money_in
from tests.billing.subscribed import subscribe
from tests.conftest import at_length, log_in, open_membership
from tests.marketplace.intended import intend
from tests.marketplace.ordered import order_on

pytestmark = pytest.mark.django_db

HOUSE_NUMBER = "4711Q"  # with a letter that no id, hash or price on a page can hold by chance
PERSONAL = (
    "Casey",
    "Homeowner",
    "5125550142",
    "512-555-0142",
    "casey.home@example.com",
    HOUSE_NUMBER,
    "30.2431",
    "97.7651",
)

PAGE = b64encode(b"<h1>House by owner</h1>").decode()
NOTHING_READ = {"page": "rejected", "records": []}


SOUTH = Ground(zip_codes=("78704",))


@pytest.fixture
def rows(make_lead, make_doubtful, alice, grant, schedule):
    """Something on every screen: a sold lead and one that waits, whose owner and house number are known."""
    grant(alice, 50)
    sold, held = make_lead(), make_lead()
    services.hold_lead(lead_id=sold.pk, buyer=alice)
    [bought] = services.check_out(buyer=alice, idempotency_key="k")
    services.write_engagement(purchase_id=bought.pk)
    asked = services.request_return(purchase_id=bought.pk, buyer=alice, reason=Reason.WRONG_NUMBER)
    ReturnEvidence.objects.create(of_return=asked, media_type="text/plain", size_bytes=9, stored_as="evidence/0")
    ReturnPolicy.objects.create(name="Now")
    services.add_webhook(member=alice, url="http://127.0.0.1:9/hooks?key=4711Q", events=["lead.purchased"])
    services.hold_lead(lead_id=held.pk, buyer=alice)
    services.join_waitlist(lead_id=held.pk, buyer=open_membership("dora"))
    order_on(alice, territory_id=services.own_territory(member=alice, name="South", ground=SOUTH).pk)
    intend(alice, held.pk)
    subscribe(open_membership("erin"), "premium")
    Licence.objects.create(user=alice.user, state_code="OH", number="0142", expires_on="2099-12-31")
    waiting = make_doubtful(address_line=f"{HOUSE_NUMBER} Hidden Creek Road")
    sighting = waiting.observations.get()
    assert waiting.address_line.startswith(HOUSE_NUMBER), "else no screen could betray it"
    sighting.facts = {
        "kind": "fsbo",
        "address_line": f"{HOUSE_NUMBER} Hidden Creek Road",
        "unit": "",
        "latitude": 30.2431,
    }
    sighting.raw = {"title": "Call Casey Homeowner at 512-555-0142", "contact_name": "Casey Homeowner"}
    sighting.save(update_fields=["facts", "raw"])
    Contact.objects.create(
        lead=waiting,
        observation=sighting,
        name="Casey Homeowner",
        phone="+15125550142",
        email="casey.home@example.com",
    )
    rules = {"rules": [{"field": "city", "columns": ["City"]}], "kind": None, "keep": ""}
    SupplierKey.objects.create(source=sighting.source, name="Partner", beginning="sup_abcdef", key_hash="1:0")
    mapping = ColumnMapping.objects.create(source=sighting.source, name="Rows", document=rules)
    FileImport.objects.create(
        source=sighting.source, mapping=mapping, mapping_document=rules, file_name="rows.csv", size_bytes=9
    )
    run = CrawlRun.objects.create(source=sighting.source, state="finished", rejected_reasons={"a services ad": 2})
    FieldHealth.objects.create(run=run, field="beds", record_count=4, filled_count=3, valid_count=3)
    SavedPage.objects.create(source=sighting.source, name="A page", body=PAGE, expected=NOTHING_READ)
    PricePolicy.objects.create(name="Now")
    money_in(alice)
    reported(alice.organisation)
    settled()
    put_in_force()
    BatchJob.objects.create(provider="openai", state="sent", batch_id="batch_1", file_id="file_1", questions=3)
    VectorRecipe.objects.create(**asdict(CURRENT))
    JudgingPolicy.objects.create(name="Now")
    ScoringModel.objects.create(version="trained-1", scorecard=PRIOR.as_json(), report={}, parity="unknown")
    Demand.objects.create(zip3="787", kind="fsbo")
    alerts.open_alert(key="crawl.wall:x", says="A log-in wall.")
    first, second = sorted((sold.pk, waiting.pk))
    DoubtfulPair.objects.create(first_id=first, second_id=second, points=20)
    Merge.objects.create(winner=sold, loser=waiting, before={"loser": {"address_line": waiting.address_line}})
    suppression.suppress(
        Person.of(phones=["+15125550199"]), Suppression.Why.REPLIED, scope=Suppression.Scope.CONTACT
    )
    federal = DoNotCallList.objects.create(slug="federal", name="National Do Not Call Registry")
    DoNotCallEdition.objects.create(of_list=federal, as_of="2026-11-01", key_version=1)
    DoNotCallCheck.objects.create(edition_ids=[1], numbers=2, listed=1)
    DeletionList.objects.create(state_code="CA", file_name="list.csv", stored_as="deletion-lists/none")
    Erasure.objects.create(person={}, marks=[])
    return waiting


def screen(model, page, *arguments):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=arguments)


@pytest.mark.long
def test_every_list_and_every_row_answers_an_operator_and_shows_neither_owner_nor_place(operator, rows):
    for model in SCREENS:
        pages = [screen(model, "changelist")]
        pages += [
            screen(model, "change", row.pk) for row in model._default_manager.all()[: at_length(short=3, soak=20)]
        ]

        answers = [operator.get(page, follow=True) for page in pages]

        assert len(answers) > 1, model
        assert {answer.status_code for answer in answers} == {200}, model
        seen = "".join(answer.content.decode() for answer in answers)
        assert [value for value in PERSONAL if value in seen] == [], model


def test_nobody_else_is_let_in(rows, alice):
    anonymous, member = Client(), Client()
    member.force_login(alice.user, backend="django.contrib.auth.backends.ModelBackend")
    for model in SCREENS:
        pages = [screen(model, "changelist"), screen(model, "change", model._default_manager.first().pk)]

        answers = [visitor.get(page).status_code for visitor in (anonymous, member) for page in pages]

        assert answers == [302] * 4, model


def test_no_screen_adds_changes_or_deletes_past_the_services(operator, rows):
    for model in SCREENS:
        row = model._default_manager.first()
        before = list(model._default_manager.order_by("pk").values())

        answers = [
            operator.post(screen(model, "add"), {}),
            operator.post(screen(model, "change", row.pk), {"name": "changed", "balance": "999"}),
            operator.post(screen(model, "delete", row.pk), {"post": "yes"}),
        ]

        assert [answer.status_code for answer in answers] == [403, 403, 403], model
        assert list(model._default_manager.order_by("pk").values()) == before, model


def test_the_menu_leads_to_pages_that_answer(operator, rows):
    page = operator.get(reverse("admin:index"))
    entries = [entry for group in page.context["sidebar_navigation"] for entry in group["items"]]

    answers = {entry["title"]: operator.get(entry["link"]).status_code for entry in entries}

    assert answers == dict.fromkeys(answers, 200)
    assert len(answers) == len(entries) >= 20
    assert re.search(r"<title>\s*Today \| AIQLeads</title>", page.content.decode())
    assert "icons/favicon" in page.content.decode()


def test_an_operator_without_a_role_sees_an_empty_back_office(client, rows):
    oscar = User.objects.create_user("oscar@example.com", "correct horse battery", is_staff=True)
    log_in(client, oscar)

    page = client.get(reverse("admin:index"))

    assert page.status_code == 200
    entries = [entry for group in page.context["sidebar_navigation"] for entry in group["items"]]
    assert [entry["title"] for entry in entries if entry["has_permission"]] == ["Today"]
    assert "wait for review" not in page.content.decode()
    assert {client.get(screen(model, "changelist")).status_code for model in SCREENS} == {403}


def test_history_is_the_audit_trail(operator, rows):
    answer = operator.get(screen(Lead, "history", rows.pk))

    assert answer.url == f"{reverse('admin:core_auditentry_changelist')}?subject=leads.lead:{rows.pk}"
    assert operator.get(answer.url).status_code == 200


def test_a_row_that_is_not_there_is_answered_in_words(operator):
    for door in ("approve_this", "reject_this"):
        assert operator.get(reverse(f"admin:leads_lead_{door}", args=["no-lead"])).status_code == 404


def test_the_wallet_stays_what_the_ledger_says(operator, rows):
    wallet = Account.objects.get(organisation__name="Alice Realty", kind="granted")

    assert wallet.balance == 40
    assert OutboxEvent.objects.exists()


def test_periods_are_told_in_words(operator, rows, clock):
    right = rows.observations.get().source.rights.get()
    SourceRight.objects.filter(pk=right.pk).update(
        during=DateTimeTZRange(datetime(2026, 3, 1, 9, tzinfo=UTC), datetime(2026, 3, 1, 17, 30, tzinfo=UTC))
    )

    rights = operator.get(screen(SourceRight, "changelist")).content.decode()
    claims = operator.get(screen(Claim, "changelist")).content.decode()

    assert "Mar 1, 2026, 09:00 to 17:30" in rights
    assert "Since " in claims
    assert "Ran out" not in claims
    clock.advance(minutes=6)
    assert "Ran out" in operator.get(screen(Claim, "changelist")).content.decode()
    assert "datetime" not in rights + claims


def test_a_list_offers_all_rows_once_it_is_narrowed(operator, rows):
    everything = operator.get(screen(Lead, "changelist")).content.decode()
    queue = operator.get(screen(Lead, "changelist"), {"state__exact": "review"}).content.decode()

    assert ("Show all" in everything, "Show all" in queue) == (False, True)


def test_an_empty_list_says_so(operator):
    assert "Nothing here yet." in operator.get(screen(Claim, "changelist")).content.decode()


def test_rows_speak_of_operators_words_without_hints_for_typing(operator, olga):
    page = operator.get(screen(type(olga), "change", olga.pk)).content.decode()

    assert "May log in" in page
    assert "Designates whether" not in page


def test_the_audit_trail_leads_to_what_was_changed(operator, alice):
    subjects = [f"accounts.user:{alice.user_id}", "gone.model:1"]
    AuditEntry.objects.bulk_create(AuditEntry(action="user.suspended", subject=subject) for subject in subjects)

    page = operator.get(screen(AuditEntry, "changelist")).content.decode()

    assert f'<a href="{screen(type(alice.user), "change", alice.user_id)}">user</a>' in page
    assert "gone.model:1" in page


@pytest.mark.soak
def test_fifty_sources_with_ten_thousand_runs_are_one_cheap_page(operator, django_assert_max_num_queries):
    sources = Source.objects.bulk_create(
        Source(slug=f"site-{number}", name=f"Site {number}", family="fsbo", reader="fsbo") for number in range(50)
    )
    CrawlRun.objects.bulk_create(
        CrawlRun(source=source, state="failed" if number % 7 == 0 else "finished", seen_count=number % 40)
        for source in sources
        for number in range(at_length(short=20, soak=200))
    )

    with django_assert_max_num_queries(14):
        page = operator.get(screen(Source, "changelist")).content.decode()
    with django_assert_max_num_queries(14):
        runs = operator.get(screen(CrawlRun, "changelist"))

    assert len(re.findall(r'aria-label="1[67] of the last 20 runs ended well"', page)) > 30
    assert runs.status_code == 200


def test_a_sources_page_shows_its_runs_and_each_field_over_time(operator, open_source):
    for day, valid in ((1, 20), (2, 9)):
        run = CrawlRun.objects.create(
            source=open_source, state="finished", started_at=datetime(2026, 11, day, tzinfo=UTC), new_count=day
        )
        FieldHealth.objects.create(
            run=run, field="asking_price", record_count=20, filled_count=20, valid_count=valid, is_drifting=day == 2
        )

    answer = operator.get(screen(Source, "change", "open-site"))

    ((field, shares),) = answer.context["history"].fields
    assert field == "Price"
    assert [(share.percent, share.is_drifting) for share in shares] == [(45, True), (100, False)]
    assert "9 of 20 in order, 20 filled" in answer.content.decode()


def test_a_runs_page_counts_what_failed_and_names_no_address(operator, open_source):
    run = CrawlRun.objects.create(source=open_source, state="finished", requested_count=12)
    CrawlRequest.objects.bulk_create(
        CrawlRequest(run=run, url=f"/homes/{HOUSE_NUMBER}-hidden-creek", outcome="failed", reason="HTTP 500")
        for _ in range(3)
    )

    answer = operator.get(screen(CrawlRun, "change", run.pk))

    assert answer.context["report"].troubles == [("HTTP 500", 3)]
    assert HOUSE_NUMBER not in answer.content.decode()
    assert "every 3s" not in answer.content.decode()


def test_a_running_crawls_page_follows_it(operator, open_source):
    CrawlRun.objects.create(
        source=open_source, state="finished", requested_count=100, started_at=datetime(2026, 11, 1, tzinfo=UTC)
    )
    run = CrawlRun.objects.create(source=open_source, requested_count=40)

    answer = operator.get(screen(CrawlRun, "change", run.pk)).content.decode()

    assert 'hx-trigger="every 3s"' in answer
    assert "40 of about 100 pages (40 %)" in answer
