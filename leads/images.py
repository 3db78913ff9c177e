"""Pictures of adverts: how one looks, in 64 bits, and which homes show the same one.

Nothing of a picture is kept but these bits: no pixel, no EXIF, no name. Whatever a site serves is opened here
alone, within limits on bytes, pixels and formats.
"""

import io
import struct
import warnings
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final
from uuid import UUID

from django.db import connection
from PIL import Image, ImageOps

from aiqleads.core import events, transactions
from leads import doubts
from leads.errors import UnusableImage
from leads.events import LeadChanged
from leads.likeness import NEAR_BITS
from leads.models import ImageHash, Lead, Observation
from leads.weighing import weigh

MAX_BYTES: Final = 10_000_000
MAX_PIXELS: Final = 25_000_000
MAX_IMAGES: Final = 24
FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF")
FLAT_GREYS: Final = 24
"""A picture with fewer shades between its darkest and its lightest part shows nothing."""
PLACEHOLDER_HOMES: Final = 40
"""A picture of so many homes is a site's own ("no photo yet") and speaks of none of them."""

_ALIKE: Final = """
SELECT own_id, other_id FROM (
    SELECT sighting.lead_id AS own_id, other.lead_id AS other_id,
        count(*) OVER (PARTITION BY picture.id) AS sightings
    FROM leads_observation sighting
    JOIN leads_imagehash picture ON picture.observation_id = sighting.id
    JOIN leads_imagehash alike ON alike.bands && picture.bands
        AND bit_count((alike.bits # picture.bits)::bit(64)) <= %(near)s
    JOIN leads_observation other ON other.id = alike.observation_id AND other.lead_id <> sighting.lead_id
    JOIN leads_lead home ON home.id = other.lead_id AND home.state NOT IN ('merged', 'erased')
    WHERE sighting.lead_id = ANY(%(leads)s)
) shown WHERE sightings < %(placeholder)s GROUP BY own_id, other_id
"""
BROKEN: Final = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    IndexError,
    OverflowError,
    struct.error,
    Image.DecompressionBombError,
)
_SHOWN_ELSEWHERE: Final = """
SELECT lead_id, max(homes) FROM (
    SELECT own.id AS lead_id,
        count(DISTINCT COALESCE(NULLIF(home.address_hash, ''), home.id::text)) AS homes
    FROM leads_lead own
    JOIN leads_observation sighting ON sighting.lead_id = own.id
    JOIN leads_imagehash picture ON picture.observation_id = sighting.id
    JOIN leads_imagehash alike ON alike.bands && picture.bands
        AND bit_count((alike.bits # picture.bits)::bit(64)) <= %(near)s
    JOIN leads_observation other ON other.id = alike.observation_id
    JOIN leads_lead home ON home.id = other.lead_id AND home.id <> own.id
        AND (home.address_hash = '' OR home.address_hash <> own.address_hash)
    WHERE own.id = ANY(%(leads)s)
    GROUP BY own.id, picture.id
) shown WHERE homes < %(placeholder)s GROUP BY lead_id
"""


def look(data: bytes) -> int | None:
    """The 64 bits of a picture's look (difference hash), signed; None for one that shows nothing.

    Each bit tells whether a ninth of the picture's width is brighter than the next, in eight rows.

    :raises UnusableImage: too many bytes or pixels, no format that we open, or broken
    """
    if len(data) > MAX_BYTES:
        raise UnusableImage(f"It has more than {MAX_BYTES:,} bytes.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # our own limit is below the one that Pillow warns of
            return _bits(_grey(data))
    except BROKEN as error:  # bytes of a stranger: whatever they break, they are no picture
        raise UnusableImage("It is no picture that can be read.") from error


def _grey(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data), formats=FORMATS)
    if image.width * image.height > MAX_PIXELS:
        raise UnusableImage(f"It has more than {MAX_PIXELS:,} pixels.")
    image.draft("L", (256, 256))
    orientation = image.getexif().get(0x0112)
    small = image.convert("L").resize((64, 64), Image.Resampling.BOX)
    if orientation:
        small.getexif()[0x0112] = orientation
        ImageOps.exif_transpose(small, in_place=True)
    return small


def _bits(grey: Image.Image) -> int | None:
    greys = grey.resize((9, 8), Image.Resampling.BOX).tobytes()
    if max(greys) - min(greys) < FLAT_GREYS:
        return None
    pixels = grey.resize((9, 8), Image.Resampling.LANCZOS).tobytes()
    bits = 0
    for row in range(8):
        for column in range(8):
            left = row * 9 + column
            bits = bits << 1 | (pixels[left] > pixels[left + 1])
    return bits - (1 << 64) if bits >> 63 else bits


def bands(bits: int) -> list[int]:
    """Four numbers, of which two looks that differ in at most ``NEAR_BITS`` bits share one."""
    return [place << 16 | (bits >> 16 * place) & 0xFFFF for place in range(4)]


@transactions.write
def note_images(*, observation_id: UUID, images: Sequence[bytes]) -> int:
    """Keep how the pictures of one sighting look, in the place of what was kept before.

    Leads that show the same picture are judged again, and put before an operator where they may be one home.

    Pictures that cannot be read or show nothing are passed over, and so is what comes after ``MAX_IMAGES``.

    :return: how many were kept
    :raises Observation.DoesNotExist: there is no such sighting
    """
    Observation.objects.only("pk").get(pk=observation_id)
    looks = list(_looks(images[:MAX_IMAGES]))
    _keep({observation_id: looks})
    return len(dict.fromkeys(looks))


@transactions.write
def note_looks(*, looks: Mapping[UUID, Iterable[int]]) -> None:
    """Do what ``note_images`` does, for several sightings whose pictures were looked at (``look``) already.

    Sightings that are gone from the database meanwhile are passed over.
    """
    _keep(looks)


def _keep(looks: Mapping[UUID, Iterable[int]]) -> None:
    """Put these looks in the place of what was kept of the sightings, where they say anything else."""
    leads = dict(Observation.objects.filter(pk__in=looks).values_list("pk", "lead_id"))
    before: dict[UUID, set[int]] = {key: set() for key in leads}
    for key, bits in ImageHash.objects.filter(observation__in=leads).values_list("observation_id", "bits"):
        before[key].add(bits)
    changed = {key: set(looks[key]) for key in leads if set(looks[key]) != before[key]}
    ImageHash.objects.filter(observation__in=changed).delete()
    ImageHash.objects.bulk_create(
        ImageHash(observation_id=key, bits=bits, bands=bands(bits))
        for key, said in changed.items()
        for bits in said
    )
    pairs = _alike({lead_id for key in changed if (lead_id := leads[key])})
    doubts.note(weigh(pairs))
    showed_others = {lead_id for key in changed if before[key] and (lead_id := leads[key])}
    judged_anew = showed_others.union(*pairs)  # a picture that nobody else shows says nothing for or against a home
    events.publish(*(LeadChanged(lead_id=lead_id) for lead_id in sorted(judged_anew)))


def _alike(lead_ids: Collection[UUID]) -> set[frozenset[UUID]]:
    """Pairs of these leads and others that show a picture which is alike."""
    if not lead_ids:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(_ALIKE, {"leads": list(lead_ids), "near": NEAR_BITS, "placeholder": PLACEHOLDER_HOMES})
        return {frozenset(pair) for pair in cursor.fetchall()}


def _looks(images: Iterable[bytes]) -> Iterable[int]:
    for data in images:
        try:
            bits = look(data)
        except UnusableImage:
            continue
        if bits is not None:
            yield bits


def homes_with_same_images(leads: Iterable[Lead]) -> dict[UUID, int]:
    """By lead, how many other homes, at other addresses, show a picture that it shows too; else it is absent.

    Placeholders of sites are left out. Found by the index of the bands, never by reading all pictures.
    """
    ids = [lead.pk for lead in leads]
    if not ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_SHOWN_ELSEWHERE, {"leads": ids, "near": NEAR_BITS, "placeholder": PLACEHOLDER_HOMES})
        return {lead_id: int(homes) for lead_id, homes in cursor.fetchall()}
