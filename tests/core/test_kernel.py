"""The kernel's promises: time, personal data, logs, problem documents, settings, pages by position."""

import time

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError, connection, transaction
from django.test import override_settings

from accounts.models import Organisation, User
from aiqleads import keyring
from aiqleads.core import audit, checks, clock, keyset, log_events, personal_data
from aiqleads.core.models import AuditEntry


@pytest.mark.django_db
def test_the_clock_check_names_a_replaced_function():
    found = {message.msg for message in checks.check_clock_is_the_databases(None, databases=["default"])}

    assert found == {
        "core_clock() is not the function that ships.",
        "core_now() is not the function that ships.",
    }


@pytest.mark.django_db
def test_the_shipped_clock_passes_its_check():
    with connection.cursor() as cursor:
        for name, body in clock.FUNCTION_BODIES.items():
            volatility = "STABLE" if name == "core_now" else "VOLATILE"
            cursor.execute(
                f"CREATE OR REPLACE FUNCTION {name}() RETURNS timestamptz LANGUAGE sql {volatility} "
                f"PARALLEL SAFE AS $$ {body} $$"
            )

    assert checks.check_clock_is_the_databases(None, databases=["default"]) == []


@pytest.mark.parametrize(
    ("setting", "value", "variable"),
    [
        ("DATABASE_URL", "mysql://db/aiqleads", "DATABASE_URL"),
        ("REDIS_URL", "nonsense", "REDIS_URL"),
        ("SECRET_KEY", "short", "SECRET_KEY"),
        ("PROOF_KEYS", {}, "PROOF_KEYS"),
        ("PROOF_KEYS", {1: "short"}, "PROOF_KEYS"),
        ("PROOF_KEYS", {1: settings.SECRET_KEY}, "PROOF_KEYS"),
        ("PROOF_KEYS", {1: "k" * 48, 2: settings.SECRET_KEY}, "PROOF_KEYS"),
        ("TOKEN_KEYS", {}, "TOKEN_KEYS"),
        ("TOKEN_KEYS", {1: "short"}, "TOKEN_KEYS"),
        ("TOKEN_KEYS", {1: settings.SECRET_KEY}, "TOKEN_KEYS"),
        ("PERSONAL_DATA_KEYS", {}, "PERSONAL_DATA_KEYS"),
        ("PERSONAL_DATA_KEYS", {1: "short"}, "PERSONAL_DATA_KEYS"),
        ("ENVIRONMENT_ERRORS", {"DEBUG": "Input should be a valid boolean"}, "DEBUG"),
    ],
)
def test_a_wrong_setting_stops_start_up_and_names_the_variable(setting, value, variable):
    with override_settings(**{setting: value}), pytest.raises(ImproperlyConfigured, match=variable):
        checks.refuse_wrong_settings()


def test_the_key_that_signed_proofs_before_there_was_one_of_their_own_may_go_on_verifying():
    with override_settings(PROOF_KEYS={1: settings.SECRET_KEY, 2: "k" * 48}):
        checks.refuse_wrong_settings()


def test_the_settings_as_they_are_pass():
    checks.refuse_wrong_settings()


def test_keys_are_read_with_their_versions():
    assert keyring.parse("2:new, 1:old") == {2: "new", 1: "old"}
    assert keyring.parse("only") == {1: "only"}
    assert keyring.parse("x:y,") == {}


def test_a_generated_key_is_made_once(tmp_path):
    first = keyring.generated(tmp_path, "demo")

    assert keyring.generated(tmp_path, "demo") == first
    assert len(first) >= 32
    assert (tmp_path / ".data/keys/demo").stat().st_mode & 0o077 == 0


@pytest.mark.django_db
def test_personal_values_are_unreadable_in_the_database(lead):
    from leads.models import Contact

    contact = Contact.objects.create(lead=lead, observation=lead.observations.get(), phone="+15125550142")

    with connection.cursor() as cursor:
        cursor.execute("SELECT phone FROM leads_contact")
        stored = bytes(cursor.fetchone()[0])

    assert b"5550142" not in stored
    assert Contact.objects.get(pk=contact.pk).phone == "+15125550142"


def test_a_rotated_key_still_reads_and_finds_what_the_old_one_wrote():
    with override_settings(PERSONAL_DATA_KEYS={1: "o" * 32}):
        token = personal_data.encrypt(b"value")
        old_hash = personal_data.keyed_hash("value", purpose="phone")

    with override_settings(PERSONAL_DATA_KEYS={1: "o" * 32, 2: "n" * 32}):
        assert personal_data.decrypt(token) == b"value"
        assert old_hash in personal_data.keyed_hashes("value", purpose="phone")
        assert personal_data.keyed_hash("value", purpose="phone").startswith("2:")


def test_hashes_of_one_value_differ_by_purpose():
    assert personal_data.keyed_hash("x", purpose="phone") != personal_data.keyed_hash("x", purpose="email")


@pytest.mark.parametrize(
    ("fact", "value", "shown"),
    [
        ("phone", "512", "[hidden]"),
        ("url", "https://example.com/1", "[hidden]"),
        ("reason", "call 512-555-0142 now", "call [phone] now"),
        ("reason", "write to casey@example.com", "write to [email]"),
        ("count", 3, 3),
        ("run", "6f9619ff-8b86-4d01-b42d-00cf4fc964ff", "6f9619ff-8b86-4d01-b42d-00cf4fc964ff"),
    ],
)
def test_logs_hide_personal_facts(fact, value, shown):
    assert log_events.hide_personal_facts(None, "info", {fact: value}) == {fact: shown}


REFUSED_ROW = """psycopg.errors.NotNullViolation: null value in column "kind" violates not-null constraint
DETAIL:  Failing row contains (1, Casey Homeowner,

74913 Persimmon Way).

The above exception was the direct cause of the following exception:

django.db.utils.IntegrityError: null value in column "kind" violates not-null constraint
DETAIL:  Failing row contains (1, Casey Homeowner).
"""


def test_logs_keep_an_error_of_the_database_without_the_row_that_it_quotes():
    shown = log_events.hide_personal_facts(None, "error", {"exception": REFUSED_ROW})["exception"]

    assert shown.count("null value in column") == 2
    assert "direct cause" in shown
    assert "Casey" not in shown
    assert "Persimmon" not in shown


@pytest.mark.parametrize("character", ["x", ".", " ", "@", "5", "-", "a@"])
def test_logging_what_a_client_chose_takes_no_longer_than_reading_it(character):
    started = time.monotonic()

    log_events.hide_personal_facts(None, "info", {"host": character * 100_000})

    assert time.monotonic() - started < 2


@pytest.mark.django_db
def test_the_audit_trail_is_append_only():
    organisation = Organisation.objects.create(name="Audited")
    audit.record(actor_id=None, action="test.done", subject=organisation, before=1, after=2)

    with pytest.raises(IntegrityError), transaction.atomic():
        AuditEntry.objects.update(action="test.undone")

    entry = AuditEntry.objects.get()
    assert (entry.action, entry.subject) == ("test.done", f"accounts.organisation:{organisation.pk}")


@pytest.mark.django_db
@pytest.mark.parametrize("is_descending", [True, False])
def test_pages_by_position_visit_every_row_once_and_back(is_descending):
    User.objects.bulk_create(
        User(email=f"user{number}@example.com", last_name=str(number // 3)) for number in range(10)
    )
    ordering = keyset.Ordering(field="last_name", is_descending=is_descending)
    expected = list(ordering.apply(User.objects.all(), backwards=False))

    pages, cursor = [], None
    while True:
        page = keyset.page(User.objects.all(), ordering=ordering, cursor=cursor, size=4)
        pages.append(page)
        if page.next is None:
            break
        cursor = page.next
    back = keyset.page(User.objects.all(), ordering=ordering, cursor=pages[-1].previous, size=4)

    assert [row for page in pages for row in page.results] == expected
    assert back.results == pages[-2].results
    assert pages[0].previous is None


@pytest.mark.django_db
@pytest.mark.parametrize("cursor", ["x", "AAAA", "W10", "eyJhIjoxfQ", "WzAsbnVsbCxudWxsXQ", "é"])
def test_a_cursor_that_nobody_made_is_refused(cursor):
    with pytest.raises(keyset.BadCursor):
        keyset.page(User.objects.all(), ordering=keyset.Ordering(field="email"), cursor=cursor, size=4)
