"""The audit trail as a chain: what is sealed, what a seal waits for, and every way of tampering that is found."""

import json
from io import StringIO
from threading import Event, Thread

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from accounts.models import User
from aiqleads.core import alerts, audit, metrics, origins, sealing
from aiqleads.core.models import AuditEntry, AuditHorizon, AuditSeal
from tests.conftest import log_in

pytestmark = pytest.mark.django_db(transaction=True)

SUBJECT = "core.test:1"


def note(count=1, action="test.done"):
    for _ in range(count):
        audit.record_about(actor_id=None, action=action, subject=SUBJECT, before=[1, None])
    return list(AuditEntry.objects.order_by("-number")[:count])[::-1]


def seal_all():
    """Twice: the first time notes how far the trail reaches, the second seals what was there then."""
    sealing.seal()
    return sealing.seal()


@pytest.fixture
def sealed():
    """Three seals over two entries each."""
    for _ in range(3):
        note(2)
        seal_all()
    assert [seal.rows for seal in AuditSeal.objects.order_by("first_number")] == [2, 2, 2]
    return list(AuditEntry.objects.order_by("number"))


def as_owner(statement, *values):
    """Run a statement as whoever owns the tables and put their triggers aside."""
    with transaction.atomic(), connection.cursor() as cursor:
        for table in ("core_auditentry", "core_auditseal"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(statement, values)
        for table in ("core_auditentry", "core_auditseal"):
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def verified(*arguments):
    """What ``verify_audit --json`` prints, and its exit code."""
    out = StringIO()
    try:
        call_command("verify_audit", "--json", *arguments, stdout=out)
    except SystemExit as ended:
        return json.loads(out.getvalue()), ended.code
    return json.loads(out.getvalue()), 0


def test_an_untouched_trail_is_as_it_was_written(sealed):
    told, code = verified()

    assert code == 0
    assert (told["rows"], told["seals"], told["unsealed"], told["faults"]) == (6, 3, 0, [])
    assert told["head"] == AuditSeal.objects.get(last_number=sealed[-1].number).sha256


@pytest.mark.parametrize(
    ("tamper", "says"),
    [
        ("DELETE FROM core_auditentry WHERE number = %s", "1 removed"),
        ("UPDATE core_auditentry SET action = 'test.undone' WHERE number = %s", "changed"),
        ("UPDATE core_auditentry SET details = '{\"before\": [1, 0]}' WHERE number = %s", "changed"),
        ("UPDATE core_auditentry SET at = at + interval '1 microsecond' WHERE number = %s", "changed"),
        ("UPDATE core_auditentry SET actor_id = 7 WHERE number = %s", "changed"),
        ("UPDATE core_auditentry SET network = '203.0.113.0/24' WHERE number = %s", "changed"),
    ],
)
def test_a_row_that_is_not_as_it_was_is_found_and_its_range_named(sealed, tamper, says):
    as_owner(tamper, sealed[2].number)

    told, code = verified()

    assert code == 1
    assert told["faults"] == [{"first_number": sealed[1].number + 1, "last_number": sealed[3].number, "says": says}]


def test_a_row_written_into_the_past_is_found(sealed):
    """Into a number that nobody has, as one that was rolled back leaves."""
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        note()
        raise ZeroDivisionError
    note()
    seal_all()
    late = AuditEntry.objects.order_by("-number")[0]

    AuditEntry.objects.create(action="test.done", subject=SUBJECT, number=late.number - 1)
    told, code = verified()

    assert code == 1
    assert [(fault["last_number"], fault["says"]) for fault in told["faults"]] == [(late.number, "1 added")]


def test_a_seal_that_is_gone_is_found(sealed):
    as_owner("DELETE FROM core_auditseal WHERE first_number = %s", sealed[1].number + 1)

    told, code = verified()

    assert code == 1
    assert told["faults"] == [
        {
            "first_number": sealed[1].number + 1,
            "last_number": sealed[3].number,
            "says": "a seal is gone or was exchanged",
        }
    ]


def test_a_chain_that_lost_its_end_is_found_and_not_gone_on_with(sealed):
    as_owner("DELETE FROM core_auditseal WHERE last_number = %s", sealed[-1].number)
    note()

    assert sealing.seal().seals == 0
    told, code = verified()

    assert code == 1
    assert [fault["says"] for fault in told["faults"]] == ["the end of the chain is gone"]
    assert alerts.open_alerts().get().key == "audit.broken"


def test_a_chain_made_anew_lacks_the_head_that_the_log_told(sealed):
    head = AuditSeal.objects.get(last_number=sealed[-1].number).sha256
    as_owner("DELETE FROM core_auditentry WHERE number = %s", sealed[0].number)
    as_owner("DELETE FROM core_auditseal")
    AuditHorizon.objects.all().delete()
    seal_all()

    assert verified()[1] == 0
    told, code = verified("--head", head)

    assert code == 1
    assert [fault["says"] for fault in told["faults"]] == ["the end of the chain is gone"]


def test_an_entry_committed_late_with_a_smaller_number_is_sealed_with_the_others():
    drawn, may_commit = Event(), Event()

    def write_slowly():
        try:
            with transaction.atomic():
                note(action="test.late")
                drawn.set()
                may_commit.wait(20)
        finally:
            connection.close()

    writer = Thread(target=write_slowly)
    writer.start()
    assert drawn.wait(20)
    note(2)

    assert seal_all().seals == 0
    may_commit.set()
    writer.join()
    assert sealing.seal().rows == 3
    first = AuditEntry.objects.order_by("number")[0]
    assert first.action == "test.late"
    assert verified() == ({"seals": 1, "rows": 3, "unsealed": 0, "head": head_of_chain(), "faults": []}, 0)


def head_of_chain():
    return AuditSeal.objects.order_by("-first_number")[0].sha256


def test_side_by_side_the_trail_is_sealed_once():
    note(5)
    sealing.seal()

    def seal():
        try:
            sealing.seal()
        finally:
            connection.close()

    both = [Thread(target=seal) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()

    assert AuditSeal.objects.get().rows == 5
    assert verified()[1] == 0


def test_seals_are_written_once_and_do_not_fork(sealed):
    newest = AuditSeal.objects.order_by("-first_number")[0]
    after = newest.last_number + 1
    horizon = "INSERT INTO core_audithorizon (id, number, sealed_number, sealed_sha256, waits_for)"
    horizon += " SELECT 2, 1, 0, '', '{}'"
    insert = "INSERT INTO core_auditseal (first_number, last_number, rows, previous_sha256, sha256) VALUES "
    for statement, guard in (
        ("UPDATE core_auditseal SET rows = 1", "written once"),
        ("DELETE FROM core_auditseal", "written once"),
        (f"{insert} ({after}, {after}, 1, '{newest.previous_sha256}', 'x')", "previous_sha256"),
        (f"{insert} ({newest.first_number}, {after}, 1, 'x', 'x')", "first_number"),
        (f"{insert} ({after + 1}, {after}, 0, 'x', 'x')", "audit_seal_not_backwards"),
        (f"{insert} ({after}, {after}, 2, 'x', 'x')", "audit_seal_rows_in_range"),
        (horizon, "one_audit_horizon"),
    ):
        with pytest.raises(IntegrityError, match=guard), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)

    assert verified()[1] == 0


def test_the_head_is_told_to_whoever_scrapes(sealed):
    told = metrics.exposition().decode()

    assert f"aiqleads_audit_sealed_number {float(sealed[-1].number)}" in told
    assert f'aiqleads_audit_head_info{{sha256="{head_of_chain()}"}} 1.0' in told


def test_a_trail_that_nobody_seals_is_an_alert(clock):
    note()
    assert list(sealing.find_unsealed()) == []

    clock.advance(hours=2)

    assert [finding.key for finding in sealing.find_unsealed()] == ["audit.unsealed:trail"]


def test_an_entry_says_where_it_came_from_and_nobodys_address(client):
    with origins.coming_from(
        origins.of_client(door="page", address="203.0.113.77", agent="Mozilla/5.0 Firefox/140")
    ):
        [entry] = note()

    assert (entry.door, entry.network, entry.agent) == ("page", "203.0.113.0/24", "Firefox")
    assert entry.address_hash in origins.address_hashes("203.0.113.77")
    assert "203.0.113.77" not in str(AuditEntry.objects.filter(pk=entry.pk).values())
    assert len(entry.request_id) == 32
    answer = client.get("/health/live", HTTP_X_REQUEST_ID="mine")
    assert len(answer["X-Request-ID"]) == 32


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2::3", "2001:db8:1::/48"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("fe80::1%eth0", "fe80::/48"),
        ("unix socket", ""),
        ("", ""),
    ],
)
def test_of_an_address_its_network_is_kept(address, network):
    assert origins.network_of(address) == network


def test_what_no_client_asked_for_says_which_task_or_command_it_was():
    assert origins.current() == origins.NOWHERE

    with origins.coming_from(origins.of_work("task", "leads.tasks.score")):
        [entry] = note()

    assert (entry.door, entry.network, entry.address_hash) == ("task leads.tasks.score", "", "")
    assert origins.current() == origins.NOWHERE


@pytest.mark.parametrize(
    "term", ["203.0.113.77", "203.0.113.0/24", "olga@example.com", "core.test:1", "test.", "its request"]
)
def test_the_trail_is_searched_by_who_what_and_from_where(client, term):
    olga = User.objects.create_user("olga@example.com", "correct horse battery", is_staff=True, is_superuser=True)
    audit.record_about(actor_id=None, action="other.done", subject="core.test:2")
    with origins.coming_from(origins.of_client(door="page", address="203.0.113.77", agent="curl/8")) as here:
        audit.record_about(actor_id=olga.pk, action="test.done", subject=SUBJECT)

    log_in(client, olga)
    told = client.get("/admin/core/auditentry/", {"q": here.request_id if term == "its request" else term})

    assert [entry.action for entry in told.context["cl"].result_list] == ["test.done"]


def test_the_screen_of_the_trail_shows_and_filters_it(client):
    olga = User.objects.create_user("olga@example.com", "correct horse battery", is_staff=True, is_superuser=True)
    note()
    note(action="test.other")
    log_in(client, olga)

    told = client.get("/admin/core/auditentry/", {"action": "test.other"})

    assert [entry.action for entry in told.context["cl"].result_list] == ["test.other"]
    assert "?action=test.done" in told.content.decode()
