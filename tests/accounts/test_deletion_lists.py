"""State deletion lists: whom we hold is erased, the rest is kept out, and no hash of the state's is stored."""

import hashlib

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection

from accounts.errors import UnusableList
from accounts.models import DeletionList, Erasure, Suppression
from accounts.services import deletion_lists
from aiqleads.core import alerts
from leads import services
from leads.models import Lead
from tests.leads.test_pipeline import record

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def places(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.EMAIL_FILE_PATH = tmp_path / "mail"
    settings.ERASURE_JOURNAL = tmp_path / "erasures.jsonl"


@pytest.fixture
def homes(open_source) -> list[Lead]:
    facts = [
        {
            "external_id": "a",
            "line": "1 Oak St",
            "emails": ("ada@example.com",),
            "phones": (),
            "contact_name": "Ada A",
        },
        {"external_id": "b", "line": "2 Elm St", "phones": ("+15125550101",), "contact_name": "Bea B"},
        {"external_id": "c", "line": "3 Fir St", "phones": ("+15125550103",), "contact_name": "Cy C"},
    ]
    taken = [services.ingest(record=record(**one), source=open_source) for one in facts]
    return [Lead.objects.get(pk=one.lead_id) for one in taken]


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def follow(text: str) -> DeletionList:
    brought = deletion_lists.bring_list(file=ContentFile(text.encode()), file_name="drop.csv", state_code="CA")
    return deletion_lists.follow_list(list_id=brought.pk)


def states(homes: list[Lead]) -> list[str]:
    return [Lead.objects.get(pk=home.pk).state for home in homes]


def test_hashes_of_a_state_find_whom_we_hold_and_are_not_kept(homes):
    followed = follow(
        f"email_sha256,phone_sha256\n{sha256('ada@example.com')},\n,{sha256('5125550101').upper()}\n"
        f"{sha256('nobody@example.com')},\n,not a hash\n"
    )

    assert (followed.rows, followed.matched, followed.unmatched, followed.unreadable) == (4, 2, 1, 1)
    assert states(homes) == ["erased", "erased", "new"]
    assert not default_storage.exists("deletion-lists/list")
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(
                f'SELECT count(*) FROM "{table}" kept WHERE kept::text LIKE %s', [f"%{sha256('ada@example.com')}%"]
            )
            assert cursor.fetchone() == (0,), table


def test_plain_values_are_followed_and_those_we_do_not_hold_are_kept_out(homes, open_source):
    followed = follow(
        'Email,Phone,Name,Address\nADA@example.com,,,\n,(512) 555-0199,,\n,,Cy C,"3 Fir Street, Austin TX 78704"\n'
    )

    assert (followed.rows, followed.matched, followed.unmatched) == (3, 2, 1)
    assert states(homes) == ["erased", "new", "erased"]
    later = services.ingest(
        record=record(external_id="z", line="9 Ash St", phones=("+15125550199",)), source=open_source
    )
    assert later.outcome == "rejected"


def test_a_list_is_followed_once_and_its_file_goes(homes):
    brought = deletion_lists.bring_list(
        file=ContentFile(b"email\nada@example.com\n"), file_name="drop.csv", state_code="CA"
    )

    [followed] = deletion_lists.follow_lists()

    assert (followed.pk, followed.state, followed.stored_as) == (brought.pk, "followed", "")
    assert deletion_lists.follow_lists() == []
    assert Erasure.objects.count() == 1
    assert set(Suppression.objects.values_list("why", flat=True)) == {"deletion_list"}


def test_a_file_without_a_column_that_we_know_is_not_kept(homes):
    with pytest.raises(UnusableList):
        deletion_lists.bring_list(file=ContentFile(b"colour\nred\n"), file_name="x.csv", state_code="CA")

    assert not DeletionList.objects.exists()


def test_operators_are_told_on_the_fortieth_day(homes, alice, clock):
    follow("email\nada@example.com\n")
    clock.advance(days=39, hours=23)
    assert list(deletion_lists.late()) == []

    clock.advance(hours=1, seconds=1)

    [finding] = deletion_lists.late()
    assert finding.says == "No state deletion list was followed for 40 days; the law allows 45."
    assert alerts.check_all().filter(key=finding.key).exists()
