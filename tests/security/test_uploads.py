"""Files at every door that takes some: what one is not, it is refused for, and it leaves nothing behind."""

import base64
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from accounts.models import IdentityDocument
from aiqleads.asgi import application
from aiqleads.body_limits import MOST_BYTES
from aiqleads.core import uploads
from marketplace import evidence
from marketplace.models import ReturnEvidence
from scraping.models import FileImport
from tests.accounts.test_privacy_pages import address as privacy_address
from tests.accounts.test_privacy_pages import link as privacy_link
from tests.conftest import log_in
from tests.marketplace.returned import buy
from tests.security.conftest import visitor
from tests.security.hostile_files import HOSTILE, NAMES, PDF, SCRIPT, picture
from tests.security.hostile_pdfs import ACTIVE
from tests.tokens import bearer

pytestmark = pytest.mark.django_db

Bring = Callable[[SimpleUploadedFile], Any]
DOORS = ("return", "return by the API", "identity", "contacts", "import")


@pytest.fixture(autouse=True)
def media(settings, tmp_path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return Path(settings.MEDIA_ROOT)


@pytest.fixture
def doors(alice, olga, lead, open_source) -> dict[str, Bring]:
    """Each brings one file to one address and returns the answer."""
    member, operator = log_in(visitor(), alice.user), log_in(visitor(), olga)
    give_back = reverse("marketplace:give_back", args=[(bought := buy(lead, alice)).pk])
    page = privacy_link(visitor())
    mail.outbox.clear()
    proof = {"HTTP_AUTHORIZATION": bearer(alice)["Authorization"]}
    why = {"reason": "wrong_number"}
    upload = reverse("admin:scraping_fileimport_upload")
    return {
        "return": lambda file: member.post(give_back, {**why, "exhibits": file}),
        "return by the API": lambda file: visitor().post(
            f"/api/v1/purchases/{bought.pk}/return/", {**why, "evidence": file}, **proof
        ),
        "identity": lambda file: visitor().post(privacy_address(page, "document/"), {"document": file}),
        "contacts": lambda file: member.post("/crm-matches/", {"contacts": file}),
        "import": lambda file: operator.post(upload, {"source": open_source.pk, "file": file}),
    }


def kept(media: Path) -> list[Path]:
    return [path for path in media.rglob("*") if path.is_file()] if media.exists() else []


@pytest.mark.parametrize("door", DOORS)
def test_what_is_not_what_it_says_is_refused_in_words_and_leaves_nothing(doors, door, media, unchanged, subtests):
    for what, body in HOSTILE.items():
        for name in ("proof.png", "rows.csv"):
            with subtests.test(what, name=name):
                answer = doors[door](SimpleUploadedFile(name, body, content_type="image/png"))

                assert answer.status_code in {400, 422}
                said = answer.content.decode().lower()
                assert "file" in said or "picture" in said
                assert SCRIPT.decode() not in said
                assert kept(media) == []


@pytest.mark.parametrize("door", ["return", "return by the API", "identity"])
def test_a_pdf_that_does_something_is_refused_in_the_words_of_its_field(doors, door, media, unchanged):
    answer = doors[door](SimpleUploadedFile("proof.pdf", ACTIVE["a script in a compressed stream"]))

    assert answer.status_code in {400, 422}
    assert "Print it into a new PDF." in answer.content.decode()
    assert kept(media) == []


@pytest.mark.parametrize("door", ["return", "return by the API", "identity"])
def test_what_is_too_large_is_refused_and_leaves_nothing(doors, door, media, unchanged):
    for body in (picture() + bytes(uploads.MOST_BYTES), PDF[:-6] + b" " * uploads.MOST_BYTES + b"%%EOF\n"):
        answer = doors[door](SimpleUploadedFile("proof.png", body))

        assert answer.status_code in {400, 422}
        assert "5 MB" in answer.content.decode()
        assert kept(media) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_name_leads_nowhere(doors, name, media, tmp_path):
    before = set(tmp_path.rglob("*")) - set(media.rglob("*"))
    table = b"Ref;Where;Price;Who;Phone;Address\n1;TX;325000;Casey;512-555-0142;1 Elm St\n"

    for door, body in (("return", picture()), ("identity", picture()), ("import", table)):
        file = SimpleUploadedFile("x", body)
        file._name = name
        assert doors[door](file).status_code in {302, 400}, door

    assert set(tmp_path.rglob("*")) - set(media.rglob("*")) <= before | {media}
    for path in kept(media):
        folder, stored_as = path.relative_to(media).parts
        assert folder in {"evidence", "imports"}
        assert len(stored_as) == 32
        assert set(stored_as) <= set("0123456789abcdef")
    assert {row.stored_as.count("/") for row in (*ReturnEvidence.objects.all(), *FileImport.objects.all())} <= {1}


def test_of_a_picture_with_a_page_behind_and_inside_it_the_pixels_are_kept(doors, media):
    drawn = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(drawn, "JPEG", comment=SCRIPT, exif=b"Exif\0\0" + SCRIPT)
    two_in_one = drawn.getvalue() + SCRIPT + b"PK\x05\x06" + bytes(18)

    for door in ("return", "identity"):
        assert doors[door](SimpleUploadedFile("x.jpg", two_in_one)).status_code == 302

    shown, proof = ReturnEvidence.objects.get(), IdentityDocument.objects.get()
    for body in (evidence.body_of(shown), base64.b64decode(proof.body)):
        assert SCRIPT not in body
        assert b"PK\x05\x06" not in body
        assert Image.open(io.BytesIO(body)).size == (40, 30)
    assert [SCRIPT in path.read_bytes() for path in kept(media)] == [False]


def test_what_was_brought_is_handed_out_as_a_file_to_whoever_decides_and_to_nobody_else(doors, alice, olga, media):
    assert doors["return"](SimpleUploadedFile("note.pdf", PDF)).status_code == 302
    row = ReturnEvidence.objects.get()
    address = reverse("admin:marketplace_return_evidence", args=[row.of_return_id, row.pk])

    answer = log_in(visitor(), olga).get(address)

    assert answer.content == PDF
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert (answer.headers["Content-Type"], answer.headers["X-Content-Type-Options"]) == (
        "application/pdf",
        "nosniff",
    )
    assert log_in(visitor(), alice.user).get(address).status_code == 302
    for prefix in ("", "/media", "/static", "/.data/media"):
        assert visitor().get(f"{prefix}/{row.stored_as}").status_code == 404


def chunks(count: int) -> Iterator[dict[str, Any]]:
    for _ in range(count):
        yield {"type": "http.request", "body": bytes(1_000_000), "more_body": True}


@pytest.mark.parametrize("path", ["/terms/", "/api/v1/auth/token/", "/admin/scraping/fileimport/upload/"])
async def test_a_body_that_is_too_long_is_not_taken_in(path):
    announced = await answered(path, [(b"content-length", str(MOST_BYTES + 1).encode())], [])

    assert announced[0]["status"] == 413
    assert b"too large" in announced[1]["body"]
    endless = await answered(path, [(b"transfer-encoding", b"chunked")], chunks(MOST_BYTES // 1_000_000 + 1))
    assert endless == announced


async def answered(path: str, headers: list[tuple[bytes, bytes]], sent: Any) -> list[dict[str, Any]]:
    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"host", b"testserver"), *headers],
        "http_version": "1.1",
        "server": ("testserver", 80),
        "client": ("2001:db8::7", 1),
        "scheme": "http",
    }
    talk = ApplicationCommunicator(application, scope)
    for message in sent:
        await talk.send_input(message)
    return [await talk.receive_output(timeout=10) for _ in range(2)]
