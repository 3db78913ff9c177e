"""What no operator meant to type: a command ends with one sentence and a failure, and nothing is changed."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from scraping.readers.page import MAX_FILE_BYTES

pytestmark = pytest.mark.django_db

UNREADABLE = "\udcff"  # a byte of a command line that is no UTF-8
FILES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "is empty"),
    "blank": (b" \n\t\n", "is empty"),
    "binary": (b"\x89PNG\r\n\x1a\n\0\0\0", "is binary"),
    "no UTF-8": (b"\xe9\xe8 words", "describes no home"),
    "words": (b"just words", "describes no home"),
    "a broken page": (b'<a href="http://[">', "describes no home"),
    "broken JSON": (b"[{", "not valid JSON"),
    "broken JSON lines": (b'{"id": 1}\n{"id"', "Line 2 is not valid JSON"),
    "deep JSON": (b"[" * 10_000, "not valid JSON"),
    "a table of something else": (b"colour,weight\nred,3\n", "No column"),
    "a cell without end": (b'id,price\n1,"' + b"x" * 300_000, "cannot be read beyond line 2"),
}
FIFTY_MEGABYTES_OF: dict[bytes, str] = {
    b"x": "too large to be a listing page",
    b",": "first row of the table is too long",
    b"1,2,3\n": "No column",
    b"[": "is not valid JSON",
}
LINES = [
    (["crawl", "nobody"], "no source called 'nobody'"),
    (["crawl", ""], "no source called ''"),
    (["crawl", "é" * 300], "no source called"),
    (["crawl", UNREADABLE], "no readable text"),
    (["crawl"], "required: source"),
    (["import_listings", "/", "--source", "nobody"], "no source called 'nobody'"),
    (["import_listings", "/", "--source", UNREADABLE], "no readable text"),
    (["import_listings", "/", "--source", "fsbo"], "/ cannot be read: Is a directory"),
    (["import_listings", "/no/such/file", "--source", "fsbo"], "cannot be read: No such file"),
    (["import_listings", "/dev/zero", "--source", "fsbo"], "larger than 50 MB"),
    (["import_listings", "x.csv"], "required: --source"),
    (["parse_page", "/dev/null", "--source", "nobody"], "No reader is called 'nobody'"),
    (["parse_page", f"/{UNREADABLE}", "--source", "fsbo"], "cannot be read: No such file"),
    (["parse_page", "/", "--source", "fsbo", "--url", UNREADABLE], "no readable text"),
    (["demo", "--day", "-1"], "knows the days 0 to 30, not -1"),
    (["demo", "--day", "9" * 30], "knows the days 0 to 30"),
    (["demo", "--day", "tomorrow"], "invalid int value: 'tomorrow'"),
    (["demo", "--day", "1.5"], "invalid int value"),
    (["demo_logins"], "The demo was not loaded here"),
    (["demo_logins", "more"], "unrecognized arguments"),
    (["demo_sites", "more"], "unrecognized arguments"),
    (["load_leads"], "required: N"),
    (["load_leads", "many"], "invalid int value: 'many'"),
    (["load_leads", "9" * 5_000], "invalid int value"),
    (["load_leads", "5", "--seed", "x"], "invalid int value"),
    (["reprice", "now"], "unrecognized arguments"),
]


def is_one_sentence(words: str) -> bool:
    return words.count("\n") == 0 and "Traceback" not in words and "Error(" not in words


def test_a_line_that_makes_no_sense_is_refused_in_a_sentence(unchanged, capsys, subtests):
    for line, words in LINES:
        with subtests.test(line=str(line)[:40]):
            with pytest.raises(CommandError, match=words) as refusal:
                call_command(*line)

            assert is_one_sentence(str(refusal.value))
            assert capsys.readouterr().out == ""


def refusal_of_import(path: Path) -> str:
    with pytest.raises(CommandError) as refusal:
        call_command("import_listings", str(path), source="fsbo")
    return str(refusal.value)


def test_a_file_that_holds_no_listing_is_refused_in_a_sentence(unchanged, capsys, tmp_path, subtests):
    path = tmp_path / "listings"
    for name, (content, words) in FILES.items():
        with subtests.test(name):
            path.write_bytes(content)

            refusal = refusal_of_import(path)

            assert words in refusal
            assert is_one_sentence(refusal)
            assert capsys.readouterr().out == ""


@pytest.mark.parametrize("piece", FIFTY_MEGABYTES_OF)
def test_fifty_megabytes_of_nonsense_are_refused_at_once(unchanged, tmp_path, piece):
    path = tmp_path / "listings"
    path.write_bytes(piece * (MAX_FILE_BYTES // len(piece)))

    assert FIFTY_MEGABYTES_OF[piece] in refusal_of_import(path)


def test_addresses_that_are_none_spoil_no_table(tmp_path, capsys):
    path = tmp_path / "homes.csv"
    path.write_text("Id,Url,Price\n7,http://[,325000\n")

    call_command("parse_page", str(path), source="fsbo", url="http://[")

    assert "external_id: 7" in capsys.readouterr().out


def test_the_shell_hears_of_it():
    ended = subprocess.run(
        [sys.executable, "manage.py", "parse_page", "/no/such/file", "--source", "fsbo"],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == "CommandError: /no/such/file cannot be read: No such file or directory.\n"
