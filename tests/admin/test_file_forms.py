"""Files as operators bring them: looked at, mapped, read in the background, reported, gone."""

import json
import re

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from aiqleads.core import events
from leads.models import Lead, Observation
from scraping import file_imports
from scraping.foreseeing import Foreseen
from scraping.models import ColumnMapping, FileImport
from tests.conftest import make_source

pytestmark = pytest.mark.django_db
UPLOAD = "admin:scraping_fileimport_upload"
TABLE = (
    "Ref;Straße;Ort;Where;Sum;Who;Line\n"
    "1;1204 S Oak St;Austin;TX 78704;325000;Casey Hömeowner;512-555-0142\n"
    "2;88 Elm Ave;Austin;TX 78704;410000;Dana Owner;512-555-0143\n"
    ";;;;;;\n"
    "3;;;;;;\n"
)
ROWS = TABLE.encode("cp1252")


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def page(name, staged):
    return reverse(f"admin:scraping_fileimport_{name}", args=[staged.pk])


def upload(operator, source, content=ROWS, name="offers.csv"):
    return operator.post(reverse(UPLOAD), {"source": source.pk, "file": SimpleUploadedFile(name, content)})


@pytest.fixture
def staged(operator, open_source) -> FileImport:
    assert upload(operator, open_source).status_code == 302
    return FileImport.objects.get()


MEANING = {
    "field_0": "external_id", "field_1": "address", "field_2": "city", "field_3": "state", "how_3": "state",
    "field_4": "asking_price_text", "field_5": "contact_name", "field_6": "phones", "kind": "fsbo", "keep": "",
    "constants": "zip = 78704",
}  # fmt: skip


def test_an_uploaded_file_is_looked_at_and_nothing_is_read_in(operator, staged):
    shown = operator.get(page("change", staged)).content.decode()

    assert "What it would become" in shown
    assert "1204 S Oak St" in shown
    assert not Observation.objects.exists()


def test_each_row_says_what_it_would_become_and_the_whole_file_is_counted(operator, staged):
    rows = ["9;77 Pine St;Austin;TX 78704;;Eve Owner;512-555-0144", "10;5 Elm Ave;;;1000;;", *["11;;;;;;"] * 20]
    file_imports.drop_file(import_id=staged.pk, actor_id=None)
    upload(operator, staged.source, ROWS + "\n".join(rows).encode())
    longer = FileImport.objects.get(state="waiting")

    operator.post(page("map_columns", longer), {**MEANING, "constants": ""})
    shown = " ".join(operator.get(page("change", longer)).content.decode().split())

    assert shown.count(">a lead</td>") == 2
    assert "no lead: Not enough to sell: neither price nor rooms nor area" in shown
    longer.refresh_from_db()
    assert longer.foreseen["is_whole"]
    assert (longer.foreseen["rows"], longer.foreseen["fates"]["lead"]) == (25, 2)
    assert sum(longer.foreseen["reasons"].values()) == 23
    assert "All 25 rows counted" in shown
    assert not Observation.objects.exists()


def test_a_file_whose_kind_nobody_said_becomes_no_lead(operator, staged):
    operator.post(page("map_columns", staged), {**MEANING, "kind": "", "constants": "listing_type = by agent"})

    staged.refresh_from_db()
    assert "not offered by an owner" in operator.get(page("change", staged)).content.decode()
    assert staged.foreseen["fates"] == {"rejected": 3}


def test_a_source_that_may_not_be_listed_says_so_before_its_file_is_read(operator, open_source):
    closed = make_source("closed-site", may_list=False)
    upload(operator, closed)

    staged = FileImport.objects.get()
    assert "does not allow listing" in operator.get(page("change", staged)).content.decode()


def test_counting_stops_where_the_mapping_has_changed_meanwhile(operator, staged):
    before = FileImport.objects.get()
    operator.post(page("map_columns", staged), MEANING)
    after = FileImport.objects.get().foreseen

    assert not file_imports._note_foreseen(before, Foreseen(rows=1))
    assert FileImport.objects.get().foreseen == after


@pytest.mark.parametrize("gap", ["", "\n  ", " " * 200_000], ids=["tight", "pretty", "wide"])
def test_one_json_array_is_a_file_too(operator, open_source, gap):
    homes = [
        {"id": n, "price": 300_000 + n, "address": f"{n} Oak St", "city": "Austin", "beds": 3} for n in range(1, 4)
    ]
    body = f"\ufeff[{gap}" + f",{gap}".join(json.dumps(home) for home in homes) + f"{gap}]\n"

    assert upload(operator, open_source, body.encode(), "homes.json").status_code == 302

    staged = FileImport.objects.get()
    assert [row.record.asking_price for row in file_imports.preview(staged).rows] == [300_001, 300_002, 300_003]
    assert staged.foreseen["rows"] == 3


def test_an_array_that_breaks_off_is_read_up_to_there(operator, open_source):
    home = json.dumps({"id": 1, "price": 300_000, "address": "1 Oak St", "city": "Austin"})
    upload(operator, open_source, f"[{home}, {home[:30]}".encode() + b" " * 100, "homes.json")

    assert not FileImport.objects.exists() or "Item 2" in FileImport.objects.get().foreseen["broken"]


def test_the_page_follows_a_file_while_it_is_read(operator, staged):
    FileImport.objects.update(
        foreseen=None,
        state="running",
        read_bytes=(staged.size_bytes + 1) // 2,
        read_count=1_200,
        new_count=1_200,
        started_at=staged.uploaded_at,
    )
    live = operator.get(page("change", staged)).content.decode()
    FileImport.objects.update(state="finished")
    done = operator.get(page("change", staged)).content.decode()

    assert re.search(r'id="file-report" hx-get="[^"]+" hx-trigger="every 2s"', live)
    assert "1,200 rows (50 %)" in live
    assert 'id="file-report">' in done
    assert "1,200 rows" in done


def test_a_preview_shows_what_is_typed_and_keeps_nothing(operator, staged):
    shown = operator.post(page("map_columns", staged), {**MEANING, "step": "preview"}).content.decode()

    assert "325,000" in shown
    assert "Left out:" not in shown
    staged.refresh_from_db()
    assert {rule["field"] for rule in staged.mapping_document["rules"]} != set(MEANING.values())


def test_a_mapped_file_is_read_in_once_and_again_changes_nothing(operator, staged, open_source, media):
    operator.post(page("map_columns", staged), MEANING)
    operator.post(page("read_in", staged), {"mapping_name": "Offers"})
    done = file_imports.run_import(import_id=staged.pk)
    events.deliver_all()

    assert (done.state, done.read_count, done.new_count, done.rejected_count) == ("finished", 3, 3, 0)
    assert Lead.objects.filter(kind="fsbo", zip_code="78704").count() == 3
    assert ColumnMapping.objects.get(source=open_source).name == "Offers"
    assert (done.stored_as, [path for path in media.rglob("*") if path.is_file()]) == ("", [])

    upload(operator, open_source)
    again = FileImport.objects.get(state="waiting")
    assert again.mapping == done.mapping
    operator.post(page("read_in", again), {"mapping_name": "Offers"})
    again = file_imports.run_import(import_id=again.pk)
    assert (again.new_count, again.changed_count, again.seen_count) == (0, 0, 3)
    assert ColumnMapping.objects.filter(source=open_source).count() == 1


def rows_of(numbers: range, *, phone: str) -> bytes:
    head, *_ = TABLE.splitlines()
    rows = (f"{n};{n} Oak St;Austin;TX 78704;{300_000 + n};Casey Owner {n};{phone}" for n in numbers)
    return "\n".join([head, *rows, ""]).encode("cp1252")


def test_a_file_shows_which_fields_its_rows_have_beside_the_files_before_it(operator, open_source, subtests):
    for content in (rows_of(range(1, 31), phone="512-555-0142"), rows_of(range(31, 41), phone="")):
        upload(operator, open_source, content)
        staged = FileImport.objects.get(state="waiting")
        operator.post(page("map_columns", staged), MEANING)
        operator.post(page("read_in", staged), {"mapping_name": "Offers"})
        file_imports.run_import(import_id=staged.pk)

    first, second = (
        operator.get(page("change", item)).content.decode() for item in FileImport.objects.order_by("uploaded_at")
    )
    with subtests.test("what every row has"):
        assert "<b>100 %</b> Contact: 30 of 30 in order, 30 filled</li>" in first
    with subtests.test("what fell out of the history of the files before it"):
        says = "Contact: 0 of 10 in order, 0 filled. Out of the history of this mapping&#x27;s files"
        assert says in second or says.replace("&#x27;", "'") in second
    with subtests.test("what no file of this mapping has is left out"):
        assert "Bathrooms:" not in first + second


def test_rejected_rows_are_named_by_line_and_reason_alone(operator, open_source):
    upload(operator, open_source, b"id,price,city,rejected\n1,5,Austin,x\n,,,\n2,,,\n3,,,Casey\n")
    staged = FileImport.objects.get()
    operator.post(page("map_columns", staged), {"field_0": "external_id", "field_1": "asking_price_text",
                                                "keep": "money_paid", "kind": "fsbo"})  # fmt: skip
    operator.post(page("read_in", staged), {"mapping_name": "x"})
    done = file_imports.run_import(import_id=staged.pk)

    table = operator.get(page("rejects", done))
    assert table.content.decode().splitlines() == [
        "\ufeffline,reason",
        "4,a transfer without money",
        "5,a transfer without money",
    ]
    assert "attachment" in table.headers["Content-Disposition"]


def test_a_file_that_breaks_off_keeps_what_came_before_and_says_where(operator, open_source):
    whole = "".join(f'{{"id": {number}, "price": 500, "city": "Reno"}}\n' for number in range(1, 61))
    upload(operator, open_source, f'{whole}{{"id"'.encode())
    staged = FileImport.objects.get()
    operator.post(page("read_in", staged), {"mapping_name": "x"})

    done = file_imports.run_import(import_id=staged.pk)

    assert (done.state, done.reason) == ("failed", "Line 61 is not valid JSON.")
    assert Observation.objects.count() == done.read_count == 60


def test_a_file_is_read_by_one_worker_and_taken_up_when_that_one_died(staged, operator, clock):
    operator.post(page("read_in", staged), {"mapping_name": "x"})
    FileImport.objects.update(state="running", heartbeat_at="2020-01-01T00:00:00Z")
    assert file_imports.run_import(import_id=staged.pk).state == "finished"
    assert file_imports.run_import(import_id=staged.pk) is None


def test_a_dropped_file_is_deleted_and_an_old_one_too(operator, staged, open_source, clock):
    stored_as = staged.stored_as
    operator.post(page("drop", staged))
    assert not default_storage.exists(stored_as)
    assert operator.post(page("read_in", staged), {"mapping_name": "x"}).status_code == 422

    upload(operator, open_source)
    clock.advance(hours=25)
    assert file_imports.drop_old_files() == 1
    assert FileImport.objects.filter(state="dropped", stored_as="").count() == 2


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "binary"),
        (b"<html><body>no table</body></html>", "nor a JSON array"),
        (b"just words", "nor a JSON array"),
        (b"[1, 2, 3]", "nor a JSON array"),
        (b'[{"price": 3} nonsense', "not valid JSON"),
        (b"colour,weight\nred,3\n", "No column"),
        (b"id,price\n1," + b"x" * 300_000, "cannot be read"),
    ],
    ids=["empty", "binary", "html", "words", "numbers", "broken", "unknown", "endless"],
)
def test_what_is_no_table_is_refused_and_not_kept(operator, open_source, media, content, says):
    answer = upload(operator, open_source, content)

    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert not FileImport.objects.exists()
    assert [path for path in media.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"constants": "colour = red"}, "names no field"),
        ({"field_0": "password"}, "Select a valid choice"),
        ({"how_0": "eval"}, "Select a valid choice"),
        ({"kind": "gold"}, "Select a valid choice"),
        ({}, "what at least one column means"),
    ],
)
def test_a_mapping_that_makes_no_sense_is_refused(operator, staged, typed, says):
    before = staged.mapping_document

    answer = operator.post(page("map_columns", staged), typed)

    assert answer.status_code == 422
    assert says in answer.content.decode()
    staged.refresh_from_db()
    assert staged.mapping_document == before
