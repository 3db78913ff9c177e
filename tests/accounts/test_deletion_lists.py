"""State deletion lists: whom we hold is erased, the rest is kept out, and no hash of the state's is stored."""

import csv
import gzip
import hashlib
import io
import zipfile

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from accounts.errors import UnusableList
from accounts.models import DeletionList, Erasure, Suppression
from accounts.services import deletion_lists
from aiqleads.core import alerts
from leads import services
from leads.models import Lead
from tests.conftest import log_in
from tests.leads.test_pipeline import record
from tests.security import hostile_pdfs

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


def packed() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("list.csv", "email\nada@example.com\n")
    return made.getvalue()


BINARY = {
    "an archive": packed(),
    "a packed file": gzip.compress(b"email\nada@example.com\n"),
    "a document": hostile_pdfs.PLAIN,
    "UTF-16": "email\nada@example.com\n".encode("utf-16"),
    "UTF-16 without its mark": "email\nada@example.com\n".encode("utf-16-le"),
    "NUL in the header": b"email,name\0\nada@example.com,Ada\n",
    "NUL far behind": b"email\n" + b"ada@example.com\n" * 10_000 + b"b\0b@example.com\n",
}
NO_TABLE = b"email\nada@example.com\n" + b"x" * 200_000


@pytest.mark.parametrize("what", BINARY)
def test_a_binary_file_is_refused_at_the_form_and_nothing_of_it_is_kept(what, homes, olga, settings):
    operator = log_in(Client(), olga)
    file = SimpleUploadedFile("list.csv", BINARY[what])

    answer = operator.post("/admin/accounts/deletionlist/bring/", {"state": "CA", "file": file})

    assert answer.status_code == 422
    assert "The file is binary; save it as CSV in UTF-8." in answer.content.decode()
    assert_nothing_came_of_it(homes, settings)


@pytest.mark.parametrize("what", BINARY)
def test_a_binary_file_is_refused_by_the_command_and_nothing_of_it_is_kept(what, homes, settings, tmp_path):
    file = tmp_path / "list.csv"
    file.write_bytes(BINARY[what])

    with pytest.raises(CommandError, match="is binary; save it as CSV in UTF-8"):
        call_command("follow_deletion_list", str(file))

    assert_nothing_came_of_it(homes, settings)


@pytest.fixture(params=[131_072, 1_000_000], ids=["as it comes", "as others raise it"])
def raised_csv_limit(request):
    before = csv.field_size_limit(request.param)
    yield
    csv.field_size_limit(before)


def test_a_list_that_could_not_be_followed_to_its_end_is_refused_at_once(homes, settings, raised_csv_limit):
    with pytest.raises(UnusableList, match="Line 3 of the file is no row of a CSV"):
        deletion_lists.bring_list(file=ContentFile(NO_TABLE), file_name="x.csv", state_code="CA")

    assert_nothing_came_of_it(homes, settings)


def assert_nothing_came_of_it(homes, settings) -> None:
    assert not DeletionList.objects.exists()
    assert not Erasure.objects.exists()
    assert not Suppression.objects.exists()
    assert states(homes) == ["new", "new", "new"]
    assert [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()] == []


def test_operators_are_told_on_the_fortieth_day(homes, alice, clock):
    follow("email\nada@example.com\n")
    clock.advance(days=39, hours=23)
    assert list(deletion_lists.late()) == []

    clock.advance(hours=1, seconds=1)

    [finding] = deletion_lists.late()
    assert finding.says == "No state deletion list was followed for 40 days; the law allows 45."
    assert alerts.check_all().filter(key=finding.key).exists()
