"""Rights, sources and crawls as operators set them: what is written, what is audited, and what is refused."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django_celery_beat.models import PeriodicTask

from aiqleads import back_office
from aiqleads.core import clock as database_clock
from aiqleads.core.models import AuditEntry, OutboxEvent
from leads.models import Source, SourceRight
from scraping import services as scraping
from scraping import tasks as scraping_tasks
from scraping.models import QueuedCrawl

pytestmark = pytest.mark.django_db

PERMISSION = {
    "basis": "permission",
    "uses": ["may_list", "may_value"],
    "document": "contracts/open-site-2027.pdf",
    "terms_version": "2",
    "contact_email": "owner@example.com",
}


def door(name, slug="open-site"):
    return reverse(f"admin:leads_source_{name}", args=[slug])


def rights():
    return list(SourceRight.objects.filter(source="open-site").order_by("recorded_at").values())


def audited(action):
    return list(
        AuditEntry.objects.filter(action=action)
        .order_by("number")
        .values_list("actor__email", "subject", "details")
    )


def midnight_in(days):
    return datetime.combine(database_clock.now().date() + timedelta(days=days), datetime.min.time(), UTC)


def test_a_right_is_shown_before_it_is_recorded(operator, open_source, lead):
    before = rights()

    page = operator.post(door("record_right"), {"basis": "prohibited"}).content.decode()

    assert rights() == before
    for told in (
        "Nothing has been written yet",
        "Open homes",
        "<dt>Now</dt><dd>Written permission</dd>",
        "Prohibited",
        "nothing",
    ):
        assert told in page
    assert "<dt>Leads on offer that it tells of</dt><dd>1</dd>" in page
    assert 'name="basis" value="prohibited"' in page


def test_a_recorded_right_replaces_the_one_before(operator, open_source):
    was = open_source.rights.get()

    answer = operator.post(door("record_right"), {**PERMISSION, "step": "confirm"})

    was.refresh_from_db()
    now = open_source.rights.exclude(pk=was.pk).get()
    assert answer.url == reverse("admin:leads_source_change", args=["open-site"])
    assert (was.basis, was.during.upper) == ("permission", now.during.lower)
    assert (now.may_list, now.may_value, now.may_suppress, now.during.upper) == (True, True, False, None)
    assert (now.document, now.terms_version, now.contact_email) == (
        "contracts/open-site-2027.pdf",
        "2",
        "owner@example.com",
    )
    ((actor, subject, details),) = audited("right.recorded")
    assert (actor, subject) == ("olga@example.com", "leads.source:open-site")
    assert details["document"] == ["", "contracts/open-site-2027.pdf"]
    assert details["may_value"] == [False, True]
    assert "owner@example.com" not in str(details)


def test_a_source_that_loses_its_right_loses_its_offers(operator, open_source):
    operator.post(door("record_right"), {"basis": "prohibited", "step": "confirm"})

    assert OutboxEvent.objects.filter(name="source.right_lost", payload={"source_slug": "open-site"}).count() == 1


def test_a_right_may_begin_later_and_voids_what_would_have_begun_after_it(operator, open_source):
    first, second = midnight_in(10), midnight_in(5)
    for since in (first, second):
        operator.post(door("record_right"), {**PERMISSION, "since": since.date().isoformat(), "step": "confirm"})

    in_force, voided, coming = open_source.rights.order_by("recorded_at")
    assert in_force.during.upper == second
    assert voided.during.isempty
    assert (coming.during.lower, coming.during.upper) == (second, None)
    assert not OutboxEvent.objects.filter(name="source.right_lost").exists()


@pytest.mark.parametrize(
    ("said", "field", "told"),
    [
        ({"basis": ""}, "basis", "This field is required."),
        ({"basis": "rumour"}, "basis", "Select a valid choice"),
        ({"document": ""}, "document", "Say where the licence or permission is kept."),
        ({"basis": "prohibited"}, "uses", "What is prohibited can be neither listed nor valued."),
        ({"uses": ["may_sell"]}, "uses", "Select a valid choice"),
        ({"since": "2020-01-01"}, "since", "A right begins now or later"),
        ({"since": "soon"}, "since", "Enter a valid date."),
        ({"until": "2020-01-01"}, "until", "It ends before it begins."),
        ({"contact_email": "the owner"}, "contact_email", "Enter a valid e-mail address."),
    ],
)
def test_a_right_that_contradicts_itself_is_refused_beside_its_field(operator, open_source, said, field, told):
    before = rights()

    answer = operator.post(door("record_right"), {**PERMISSION, **said, "step": "confirm"})

    assert answer.status_code == 422
    assert told in str(answer.context["form"].errors[field])
    assert told in answer.content.decode()
    assert (rights(), audited("right.recorded")) == (before, [])


SOURCE = {
    "name": "Open homes of Austin",
    "base_url": "https://homes.example.com",
    "delay_seconds": "5",
    "requests_at_once": "4",
    "adapts_pace": "on",
    "trust_percent": "80",
}


def test_a_source_is_edited_and_what_changed_is_audited(operator, open_source):
    operator.post(door("edit"), {**SOURCE, "is_paused": "on", "pause_reason": "They are moving"})

    source = Source.objects.get(pk="open-site")
    assert (source.name, source.base_url, source.delay_seconds) == (SOURCE["name"], SOURCE["base_url"], 5)
    assert (source.trust_percent, source.is_paused, source.pause_reason) == (80, True, "They are moving")
    assert audited("source.edited") == [
        (
            "olga@example.com",
            "leads.source:open-site",
            {
                "name": ["Open homes", "Open homes of Austin"],
                "base_url": ["", "https://homes.example.com"],
                "delay_seconds": [1, 5],
                "requests_at_once": [2, 4],
                "trust_percent": [50, 80],
                "is_paused": [False, True],
                "pause_reason": ["", "They are moving"],
            },
        )
    ]


def test_an_access_token_is_replaced_and_never_shown(operator, open_source):
    operator.post(door("edit"), {**SOURCE, "access_token": "quite-secret-token"})
    operator.post(door("edit"), SOURCE)

    pages = [operator.get(door("edit")), operator.get(reverse("admin:leads_source_change", args=["open-site"]))]
    assert Source.objects.get(pk="open-site").access_token == "quite-secret-token"
    assert not any("quite-secret-token" in page.content.decode() for page in pages)
    assert "quite-secret-token" not in str(audited("source.edited"))
    assert audited("source.edited")[0][2]["access_token"] == ["kept secret", "replaced"]


def test_a_source_goes_on_when_the_pause_is_taken_off(operator, open_source):
    Source.objects.filter(pk="open-site").update(is_paused=True, pause_reason="They are moving")

    operator.post(door("edit"), {**SOURCE, "pause_reason": "They are moving"})

    source = Source.objects.get(pk="open-site")
    assert (source.is_paused, source.pause_reason) == (False, "")


@pytest.mark.parametrize(
    ("said", "field", "told"),
    [
        ({"name": ""}, "name", "This field is required."),
        ({"base_url": "homes"}, "base_url", "Enter a valid URL."),
        ({"base_url": "ftp://homes.example.com"}, "base_url", "Enter a valid URL."),
        ({"base_url": "https://me:word@homes.example.com"}, "base_url", "Leave the password out of the address"),
        ({"requests_at_once": "17"}, "requests_at_once", "less than or equal to 16"),
        ({"delay_seconds": "0"}, "delay_seconds", "greater than or equal to 1"),
        ({"trust_percent": "101"}, "trust_percent", "less than or equal to 100"),
        ({"is_paused": "on"}, "pause_reason", "Say why, so that others know when it may go on."),
    ],
)
def test_a_source_that_could_not_be_crawled_as_described_is_refused(operator, open_source, said, field, told):
    before = Source.objects.filter(pk="open-site").values().get()

    answer = operator.post(door("edit"), {**SOURCE, **said})

    assert answer.status_code == 422
    assert told in str(answer.context["form"].errors[field])
    assert Source.objects.filter(pk="open-site").values().get() == before
    assert audited("source.edited") == []


@pytest.mark.parametrize(
    ("slug", "told"),
    [("zillow", "No right in force allows Zillow to be crawled."), ("open-site", "has no spider or no address")],
)
def test_a_crawl_that_would_be_refused_is_refused_at_once(operator, open_source, slug, told):
    Source.objects.get_or_create(pk="zillow", defaults={"name": "Zillow", "family": "portal"})

    asked = operator.get(door("crawl_this", slug))
    answer = operator.post(door("crawl_this", slug))

    assert asked.status_code == 200
    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert audited("crawl.requested") == []


def test_a_crawl_is_queued_and_audited(operator, open_source):
    Source.objects.get_or_create(pk="demo-mls", defaults={"name": "MLS", "family": "mls", "reader": "reso"})
    Source.objects.filter(pk="demo-mls").update(base_url="http://127.0.0.1:1")
    SourceRight.objects.filter(source="demo-mls").delete()
    SourceRight.objects.create(source_id="demo-mls", basis="licensed", during=("2020-01-01T00:00:00Z", None))

    answer = operator.post(door("crawl_this", "demo-mls"), follow=True)

    assert "the crawl is queued" in answer.content.decode()
    assert audited("crawl.requested") == [("olga@example.com", "leads.source:demo-mls", {})]


@pytest.fixture
def crawlable(open_source) -> Source:
    Source.objects.filter(pk=open_source.pk).update(base_url="http://127.0.0.1:1", reader="fsbo")
    return open_source


def test_a_crawl_that_waits_or_runs_is_not_queued_again(operator, crawlable, clock):
    operator.post(door("crawl_this"))
    waits = operator.post(door("crawl_this")).content.decode()
    run = scraping.start_run(slug=crawlable.pk)
    runs = operator.post(door("crawl_this")).content.decode()
    scraping.fail_run(run, reason="It was stopped.")
    again = operator.post(door("crawl_this"))

    assert "waits for a worker already" in waits
    assert "is being crawled already" in runs
    assert again.status_code == 302
    assert len(audited("crawl.requested")) == 2
    assert "Waits for a worker since" in operator.get(reverse("admin:leads_source_changelist")).content.decode()
    clock.advance(minutes=61)
    assert operator.post(door("crawl_this")).status_code == 302


def test_a_request_that_the_worker_refuses_waits_for_nobody(olga, crawlable):
    scraping.request_crawl(slug=crawlable.pk, actor_id=olga.pk)
    Source.objects.filter(pk=crawlable.pk).update(is_paused=True)

    scraping_tasks.crawl_source(crawlable.pk)

    assert not QueuedCrawl.objects.exists()


@pytest.mark.parametrize(
    ("facts", "shown"),
    [
        ({"family": "fsbo", "reader": "fsbo"}, {"Crawl now", "Add an area", "Selectors", "Save a page"}),
        ({"family": "mls", "reader": "reso"}, {"Crawl now", "Save a page", "Feed access"}),
        ({"family": "owner", "reader": "records"}, set()),
    ],
)
def test_a_source_shows_the_buttons_that_make_sense_of_it(operator, open_source, facts, shown):
    Source.objects.filter(pk=open_source.pk).update(**facts)

    page = operator.get(door("change")).content.decode()

    sometimes = {"Crawl now", "Add an area", "Selectors", "Save a page", "Feed access"}
    assert {says for says in sometimes if re.search(rf"</span> {says}\s*</a>", page)} == shown
    assert "Record a right" in page


def test_files_and_partners_bring_nothing_for_our_own_forms(operator):
    for page in (reverse("admin:scraping_supplierkey_issue"), reverse("admin:scraping_fileimport_upload")):
        shown = operator.get(page).content.decode()
        assert "County records" in shown
        assert not re.search("buyer-enquiries|owner-submissions|value=.operator.", shown)


def test_every_list_is_called_what_the_menu_calls_it(operator):
    elsewhere = {"Today", "Review queue", "All leads", "Grant credits", "Schedules", "Outbox", "Audit trail"}
    entries = [entry for group in back_office.MENU for entry in group["items"] if entry["title"] not in elsewhere]
    for entry in entries:
        link = entry["link"](None) if callable(entry["link"]) else str(entry["link"])
        assert operator.get(link).context["cl"].opts.verbose_name_plural.lower() == entry["title"].lower()


NEW = {
    "name": "Harbour Homes",
    "slug": "harbour-homes",
    "family": "fsbo",
    "reader": "fsbo",
    "base_url": "https://homes.example.com",
}


def test_a_new_source_is_prohibited_and_its_schedule_off(operator):
    answer = operator.post(reverse("admin:leads_source_add_source"), NEW)

    source = Source.objects.get(pk="harbour-homes")
    assert answer.status_code == 302
    assert (source.name, source.family, source.reader) == ("Harbour Homes", "fsbo", "fsbo")
    assert [right.basis for right in source.rights.all()] == ["prohibited"]
    schedule = PeriodicTask.objects.get(name="Crawl harbour-homes")
    assert (schedule.enabled, schedule.args, schedule.queue) == (False, '["harbour-homes"]', "crawl")
    assert audited("source.added") == [
        ("olga@example.com", "leads.source:harbour-homes", {"family": "fsbo", "reader": "fsbo"})
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"slug": "open-site"},
        {"slug": "with space"},
        {"reader": "none"},
        {"family": "none"},
        {"base_url": "ftp://homes.example.com"},
        {"base_url": "https://olga:secret@homes.example.com"},
    ],
    ids=str,
)
def test_a_source_that_cannot_be_is_refused_beside_its_field(operator, open_source, wrong):
    answer = operator.post(reverse("admin:leads_source_add_source"), {**NEW, **wrong})

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == list(wrong)
    assert not Source.objects.filter(name="Harbour Homes").exists()


def test_an_mls_values_and_suppresses_unless_a_licence_lets_it_be_offered(operator, open_source):
    Source.objects.filter(pk="open-site").update(family="mls")
    licence = {**PERMISSION, "basis": "licensed", "step": "confirm"}
    opened = operator.get(door("record_right")).context["form"]
    before = rights()

    refused = operator.post(door("record_right"), {**PERMISSION, "step": "confirm"})

    assert opened["uses"].value() == ["may_value", "may_suppress"]
    assert list(refused.context["form"].errors) == ["uses"]
    assert rights() == before
    assert operator.post(door("record_right"), licence).status_code == 302


def test_the_database_lets_no_mls_list_without_its_licence(open_source):
    Source.objects.filter(pk="open-site").update(family="mls")

    with pytest.raises(IntegrityError, match="under a licence"), transaction.atomic():
        open_source.rights.update(document="somewhere")
    with pytest.raises(IntegrityError, match="under a licence"), transaction.atomic():
        open_source.rights.update(basis="licensed")
    open_source.rights.update(basis="licensed", document="contracts/mls-2026.pdf")
