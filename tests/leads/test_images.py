"""Pictures: known again after scaling and compression, opened within limits, nothing of them kept but 64 bits."""

import io
import random
import zlib

import pytest
from django.db import connection
from PIL import Image, ImageDraw

from leads import errors, images, services
from leads.likeness import looks_alike
from leads.models import ImageHash, Lead, Observation
from tests.leads.test_pipeline import record

pytestmark = pytest.mark.django_db


def picture(seed: int) -> Image.Image:
    """Something with edges, different for each seed."""
    chance = random.Random(seed)
    image = Image.new("RGB", (640, 480), (200, 210, 220))
    draw = ImageDraw.Draw(image)
    for _ in range(12):
        corner = (chance.randrange(560), chance.randrange(400))
        colour = tuple(chance.randrange(256) for _ in range(3))
        draw.rectangle(
            (*corner, corner[0] + chance.randrange(40, 300), corner[1] + chance.randrange(40, 300)), colour
        )
    return image


def as_bytes(image: Image.Image, file_format: str = "JPEG", **options) -> bytes:
    written = io.BytesIO()
    image.save(written, file_format, **options)
    return written.getvalue()


@pytest.mark.parametrize("seed", range(6))
def test_a_picture_is_known_again_scaled_compressed_and_in_another_format(seed):
    original = images.look(as_bytes(picture(seed), quality=92))

    others = [
        as_bytes(picture(seed).resize((320, 240)), quality=55),
        as_bytes(picture(seed).resize((900, 675)), "WEBP"),
        as_bytes(picture(seed), "PNG"),
    ]

    assert all(looks_alike(original, images.look(other)) for other in others)
    assert not looks_alike(original, images.look(as_bytes(picture(seed + 100))))


def test_a_picture_turned_by_its_exif_is_known_again():
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = as_bytes(picture(1).transpose(Image.Transpose.ROTATE_90), exif=exif)

    assert looks_alike(images.look(turned), images.look(as_bytes(picture(1))))


def test_looks_that_differ_in_few_bits_share_a_band():
    bits = images.look(as_bytes(picture(1)))

    for places in ((0, 20, 40), (5, 6, 63), (16, 32, 48)):
        near = bits
        for place in places:
            near ^= 1 << place
        assert set(images.bands(bits)) & set(images.bands(near))


def test_a_picture_that_shows_nothing_has_no_look():
    assert images.look(as_bytes(Image.new("RGB", (300, 300), (240, 240, 240)))) is None


def huge_png() -> bytes:
    """A few kilobytes that claim 40,000 × 40,000 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)

    header = (40_000).to_bytes(4) * 2 + bytes([1, 0, 0, 0, 0])
    packed = zlib.compress(b"\0" * 5001 * 40, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"\xff\xd8\xff\xe0 no jpeg at all",
        as_bytes(picture(3))[:2000],
        as_bytes(picture(3), "BMP"),
        huge_png(),
        b"\0" * (images.MAX_BYTES + 1),
    ],
    ids=["nothing", "svg", "lying", "cut off", "another format", "bomb", "too many bytes"],
)
def test_what_is_no_picture_is_refused(data):
    with pytest.raises(errors.UnusableImage):
        images.look(data)


@pytest.fixture
def showing(open_source):
    """Store an advert of its own home, with pictures."""

    def show(external_id: str, line: str, *seeds: int, **options) -> Lead:
        stored = services.ingest(record=record(external_id=external_id, line=line, phones=()), source=open_source)
        shown = [as_bytes(picture(seed), **options) for seed in seeds]
        services.note_images(observation_id=stored.observation_id, images=shown)
        return Lead.objects.get(pk=stored.lead_id)

    return show


def test_homes_that_show_the_same_picture_are_counted(showing):
    lead = showing("a", "1 Elm St", 1, 2)
    showing("b", "3 Elm St", 2, quality=60)
    showing("c", "5 Elm St", 2, 7)
    showing("d", "7 Elm St", 8)
    showing("e", "1 Elm St Unit 2", 2)

    assert images.homes_with_same_images([lead]) == {lead.pk: 2}


def test_a_placeholder_says_nothing(showing, settings):
    first, *_ = [showing(str(number), f"{number} Elm St", 1) for number in range(1, images.PLACEHOLDER_HOMES + 2)]

    assert images.homes_with_same_images([first]) == {}


def test_pictures_are_noted_once_and_what_cannot_be_read_is_passed_over(showing):
    showing("a", "1 Elm St", 1, 1)
    observation = Observation.objects.get()

    kept = services.note_images(
        observation_id=observation.pk, images=[b"broken", as_bytes(picture(1)), as_bytes(picture(2))]
    )

    assert kept == ImageHash.objects.filter(observation=observation).count() == 2


def test_pictures_alike_are_found_by_index(showing):
    showing("a", "1 Elm St", 1)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN SELECT 1 FROM leads_imagehash WHERE bands && ARRAY[1, 2]")
        plan = "\n".join(row[0] for row in cursor.fetchall())

    assert "image_bands" in plan
