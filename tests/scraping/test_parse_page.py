"""The command parse_page: one JSON document, or one sentence of refusal; never the database."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from leads.records import PUBLISHED_FIELDS
from scraping.readers.page import MAX_FILE_BYTES

FSBO_TABLE = "Id,Price,Beds,Zip,Phone,Listed Date\n7,$325k,3,78704,512-555-0142,2026-03-04T10:00:00-06:00\n"


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "homes.csv"
    path.write_text(FSBO_TABLE)
    return path


def test_json_is_one_document_with_every_key(table):
    out, err = StringIO(), StringIO()

    call_command("parse_page", str(table), source="fsbo", json=True, stdout=out, stderr=err)

    document = json.loads(out.getvalue())
    assert set(document) == {"page", "reason", "records"}
    assert (document["page"], document["reason"], err.getvalue()) == ("feed", None, "")
    (record,) = document["records"]
    assert tuple(record) == (*PUBLISHED_FIELDS, "lost")
    assert (record["external_id"], record["asking_price"], record["beds"]) == ("7", 325000, 3)
    assert record["phones"] == ["+15125550142"]
    assert record["posted_at"] == "2026-03-04T16:00:00+00:00"
    assert (record["address"], record["image_urls"], record["is_owner"]) == (None, [], None)


def test_the_centre_of_a_zip_is_not_told_as_a_fact_of_the_page(table):
    out = StringIO()

    call_command("parse_page", str(table), source="fsbo", json=True, stdout=out)

    (record,) = json.loads(out.getvalue())["records"]
    assert (record["zip"], record["lat"], record["lng"]) == ("78704", None, None)


def test_words_for_people_name_the_facts_that_are_there(table):
    out = StringIO()

    call_command("parse_page", str(table), source="fsbo", stdout=out)

    assert "feed: 1 record(s)" in out.getvalue()
    assert "asking_price: 325000" in out.getvalue()
    assert "contact_name" not in out.getvalue()


def test_words_for_people_name_the_fields_that_were_lost(tmp_path):
    page = tmp_path / "posting.html"
    page.write_text('<h1><span id="titletextonly">Bungalow</span></h1><section id="postingbody">Call me</section>')
    out = StringIO()

    call_command("parse_page", str(page), source="craigslist", stdout=out)

    assert "  lost: asking_price, external_id, posted_at, url\n" in out.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "empty"), (b"\x7fELF\0\0", "binary"), (None, "No such file"), ("too large", "larger than 50 MB")],
)
def test_what_cannot_be_read_is_refused_in_a_sentence(tmp_path, content, words):
    path = tmp_path / "page.html"
    if content == "too large":
        with path.open("wb") as sparse:
            sparse.truncate(MAX_FILE_BYTES + 1)
    elif content is not None:
        path.write_bytes(content)
    out = StringIO()

    with pytest.raises(CommandError, match=words):
        call_command("parse_page", str(path), source="fsbo", json=True, stdout=out)

    assert out.getvalue() == ""


def test_an_unknown_source_is_refused_with_the_ones_there_are(table):
    with pytest.raises(CommandError, match="craigslist, facebook, fsbo"):
        call_command("parse_page", str(table), source="nowhere")


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("parse_page", str(tmp_path), source="fsbo")


def test_a_rejected_page_ends_with_a_sentence_for_people_and_a_document_for_programs(tmp_path):
    page = tmp_path / "page.html"
    page.write_text("<title>Just a moment...</title><p>Checking your browser before you go on.</p>")
    out, document = StringIO(), StringIO()

    with pytest.raises(CommandError, match="The page was rejected: ") as refusal:
        call_command("parse_page", str(page), source="fsbo", stdout=out)
    call_command("parse_page", str(page), source="fsbo", json=True, stdout=document)

    told = json.loads(document.getvalue())
    assert (told["page"], told["records"]) == ("rejected", [])
    assert refusal.value.returncode == 1
    assert str(refusal.value) == f"The page was rejected: {told['reason']}"
    assert out.getvalue() == "rejected: 0 record(s)\n"
