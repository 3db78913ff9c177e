"""PDFs of strangers: what they are, read by a process that takes no more than it may."""

import io
import resource

import pikepdf
import pytest
from PIL import Image

from aiqleads.core import pdfs, uploads
from aiqleads.core.pdf_worker import ADDRESS_SPACE_BYTES, CPU_SECONDS
from aiqleads.core.pdfs import Finding
from tests.security.hostile_pdfs import ACTIVE, COSTLY, PLAIN, compressed, unpacking_to


def scanned() -> bytes:
    drawn = io.BytesIO()
    Image.new("RGB", (300, 400), "white").save(drawn, "PDF")
    return drawn.getvalue()


def locked(*, user: str) -> bytes:
    made, written = pikepdf.new(), io.BytesIO()
    made.add_blank_page()
    made.save(written, encryption=pikepdf.Encryption(owner="o", user=user))
    return written.getvalue()


@pytest.mark.parametrize("body", [PLAIN, compressed(b"<</A 1>>"), scanned()], ids=["plain", "compressed", "scan"])
def test_pages_to_look_at_are_taken_as_they_are(body):
    assert uploads.as_pdf(body) == uploads.Examined(media_type="application/pdf", body=body)


@pytest.mark.parametrize("what", ACTIVE)
def test_what_does_something_or_holds_a_file_is_known_wherever_it_stands(what):
    assert pdfs.look_into(ACTIVE[what]) is Finding.ACTIVE
    with pytest.raises(uploads.NotForLooking):
        uploads.as_pdf(ACTIVE[what])


def test_markers_are_looked_for_behind_compression():
    packed = ACTIVE["a script in a compressed stream"]

    assert b"JavaScript" not in packed
    assert b"/JS" not in packed


@pytest.mark.parametrize("user", ["", "secret"])
def test_what_is_locked_is_refused_though_it_opens_without_a_word(user):
    assert pdfs.look_into(locked(user=user)) is Finding.ENCRYPTED


@pytest.mark.parametrize("what", COSTLY)
def test_what_is_not_whole_or_has_no_end_is_nothing(what):
    assert uploads.as_pdf(COSTLY[what]) is None


def test_what_unpacks_to_a_thousandfold_ends_within_the_limits():
    bomb = unpacking_to(500)
    assert len(bomb) < 20_000
    before = resource.getrusage(resource.RUSAGE_CHILDREN)

    assert pdfs.look_into(bomb) is Finding.BROKEN

    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < CPU_SECONDS + 1
    assert after.ru_maxrss * 1024 < max(ADDRESS_SPACE_BYTES, before.ru_maxrss * 1024 + 1)
