"""Evidence of returns: looked into, drawn anew, encrypted, and for nobody but operators."""

import io

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from accounts.errors import NotYourRole
from marketplace import errors, evidence, services
from marketplace.models import ReturnEvidence
from marketplace.return_rules import Reason
from tests.marketplace.returned import buy
from tests.security.hostile_files import PDF

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def picture(kind: str = "PNG", **saved) -> bytes:
    drawn = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(drawn, kind, **saved)
    return drawn.getvalue()


def file(body: bytes, name: str = "proof.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, body, content_type="image/png")


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (picture("PNG"), "image/png"),
        (picture("JPEG"), "image/jpeg"),
        (picture("WEBP"), "image/webp"),
        (PDF, "application/pdf"),
        ("Called twice: “no such number”.\n".encode(), "text/plain"),
    ],
)
def test_what_a_file_is_is_read_from_its_bytes(body, media_type):
    [exhibit] = evidence.examine([file(body, name="anything.exe")])

    assert exhibit.media_type == media_type


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\0\1\2",
        b"MZ\x90\0" + b"\0" * 100,
        picture()[:60],
        b"GIF89a\1\0\1\0\x80\0\0\0\0\0\0\0\0!\xf9\4\1\0\0\0\0,\0\0\0\0\1\0\1\0\0\2\2D\1\0;",
        b"%PDF-1.7 that never ends" + b"\0" * 2000,
        b"x" * (evidence.MAX_BYTES + 1),
        b"PK\3\4" + bytes(range(256)),
    ],
    ids=["empty", "noise", "program", "half a picture", "gif", "half a pdf", "too large", "archive"],
)
def test_what_is_none_of_it_is_refused(body):
    with pytest.raises(errors.EvidenceRefused):
        evidence.examine([file(body)])


def test_a_picture_that_would_fill_the_memory_is_refused():
    drawn = io.BytesIO()
    Image.new("1", (60_000, 1_000)).save(drawn, "PNG")
    huge = drawn.getvalue()

    with pytest.raises(errors.EvidenceRefused, match="pixels"):
        evidence.examine([file(huge)])


def test_four_files_are_one_too_many():
    with pytest.raises(errors.EvidenceRefused, match="at most 3"):
        evidence.examine([file(picture())] * 4)


def test_a_picture_keeps_its_pixels_alone():
    place = Image.Exif()
    place[0x010E] = "47 Secret Street"
    taken = picture("JPEG", exif=place) + b"<script>alert(1)</script>"

    [exhibit] = evidence.examine([file(taken)])

    assert b"Secret" in taken
    assert b"Secret" not in exhibit.body
    assert b"script" not in exhibit.body
    assert Image.open(io.BytesIO(exhibit.body)).size == (40, 30)


def test_it_lies_encrypted_in_the_media_folder(lead, alice, media):
    text = b"Casey Homeowner asked me to stop."
    bought = buy(lead, alice)

    services.request_return(
        purchase_id=bought.pk,
        buyer=alice,
        reason=Reason.DO_NOT_CONTACT,
        exhibits=evidence.examine([file(text), file(picture())]),
    )

    rows = ReturnEvidence.objects.order_by("size_bytes")
    assert [row.media_type for row in rows] == ["text/plain", "image/png"]
    assert evidence.body_of(rows[0]) == text
    lying = [path.read_bytes() for path in media.rglob("*") if path.is_file()]
    assert len(lying) == 2
    assert not any(b"Casey" in body or body.startswith(b"\x89PNG") for body in lying)


def test_a_refused_return_leaves_no_file_behind(lead, alice, bob, media):
    bought = buy(lead, alice)

    with pytest.raises(NotYourRole):
        services.request_return(
            purchase_id=bought.pk,
            buyer=bob,
            reason=Reason.WRONG_NUMBER,
            exhibits=evidence.examine([file(picture())]),
        )

    assert [path for path in media.rglob("*") if path.is_file()] == []
    assert not default_storage.exists("evidence") or default_storage.listdir("evidence")[1] == []
