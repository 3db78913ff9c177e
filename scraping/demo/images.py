"""Small drawings of houses in place of photographs: the same name always gives the same bytes.

They are JPEG files of a few kilobytes. One in three carries EXIF data with a position, as pictures from a
telephone do, so that whoever shows them has something to strip.
"""

from functools import lru_cache
from io import BytesIO
from random import Random

from PIL import Image, ImageDraw
from PIL.ExifTags import IFD, Base

from scraping.demo.chance import stream

_HEIGHT_TO_WIDTH = 0.75
_DRAWN_WIDTH = 320
_WALLS = ("#e8dcc4", "#b5c7d3", "#d9b8a0", "#c9d1b5", "#a65f4a", "#e5e5e0", "#8fa3a0", "#d8c06a", "#93a9c9")
_ROOFS = ("#5b4a42", "#7a3b2e", "#3f4a57", "#6b6b6b", "#8a5a3c", "#2f3b33")
_DOORS = ("#7c2d12", "#1e3a5f", "#14532d", "#f0f0f0", "#44403c", "#b45309")
_SKIES = ("#bfe0f5", "#dcecf5", "#f6dfc4", "#cfd8e3")


@lru_cache(maxsize=512)
def picture(drawing: str, *, width: int) -> bytes:
    """Draw the picture named ``drawing`` (``<home>/<number>``) as a JPEG, ``width`` pixels wide.

    Number 0 is the house from the street, every other number a room.
    """
    chance = stream("picture", drawing)
    image = Image.new("RGB", (_DRAWN_WIDTH, round(_DRAWN_WIDTH * _HEIGHT_TO_WIDTH)), chance.choice(_SKIES))
    draw = ImageDraw.Draw(image)
    if drawing.endswith("/0"):
        _draw_house(draw, chance)
    else:
        _draw_room(draw, chance)
    target = BytesIO()
    resized = image.resize((width, round(width * _HEIGHT_TO_WIDTH)), Image.Resampling.BILINEAR)
    resized.save(target, format="JPEG", quality=72, exif=_exif(chance))
    return target.getvalue()


def _draw_house(draw: ImageDraw.ImageDraw, chance: Random) -> None:
    _draw_clouds(draw, chance)
    ground = 190 + chance.randrange(-12, 12)
    draw.rectangle((0, ground, _DRAWN_WIDTH, 240), fill=chance.choice(("#7da35b", "#94a866", "#6b8f53")))
    _draw_tree(draw, chance, x=chance.randrange(8, 50), ground=ground)
    left, width = chance.randrange(55, 95), chance.randrange(140, 195)
    storeys, storey_height = chance.choice((1, 1, 2)), chance.randrange(48, 62)
    top = ground - storeys * storey_height
    draw.rectangle((left, top, left + width, ground), fill=chance.choice(_WALLS), outline="#444444")
    _draw_roof(draw, chance, left=left, right=left + width, top=top)
    door = left + chance.randrange(10, width - 34)
    for storey in range(storeys):
        sill = ground - storey * storey_height - 16
        for x in range(left + 12, left + width - 24, chance.randrange(32, 48)):
            if storey or abs(x - door) > 26:
                draw.rectangle((x, sill - 24, x + 20, sill), fill="#fdf6d8", outline="#55514a", width=2)
    draw.rectangle((door, ground - 40, door + 22, ground), fill=chance.choice(_DOORS), outline="#333333")


def _draw_clouds(draw: ImageDraw.ImageDraw, chance: Random) -> None:
    """Without them, two houses of one plan would look like one picture."""
    for _ in range(5):
        x, y, width = chance.randrange(-30, 300), chance.randrange(-10, 90), chance.randrange(40, 120)
        draw.ellipse((x, y, x + width, y + width // 3), fill=chance.choice(("#ffffff", "#aab4bf", "#8b97a3")))


def _draw_roof(draw: ImageDraw.ImageDraw, chance: Random, *, left: int, right: int, top: int) -> None:
    colour, peak = chance.choice(_ROOFS), top - chance.randrange(26, 60)
    if chance.random() < 0.5:
        draw.polygon([(left - 10, top), ((left + right) // 2, peak), (right + 10, top)], fill=colour)
    else:
        inset = chance.randrange(24, 52)
        draw.polygon(
            [(left - 10, top), (left + inset, peak), (right - inset, peak), (right + 10, top)], fill=colour
        )
    chimney = chance.randrange(left + 30, right - 40)
    draw.rectangle((chimney, peak - 4, chimney + 12, top - 8), fill="#7f5145")


def _draw_tree(draw: ImageDraw.ImageDraw, chance: Random, *, x: int, ground: int) -> None:
    draw.rectangle((x + 12, ground - 64, x + 18, ground + 4), fill="#6b4a2f")
    for _ in range(4):
        dx, dy = chance.randrange(-14, 14), chance.randrange(-20, 10)
        draw.ellipse((x + dx, ground - 78 + dy, x + 30 + dx, ground - 44 + dy), fill="#4f7a43")


def _draw_room(draw: ImageDraw.ImageDraw, chance: Random) -> None:
    draw.rectangle((0, 0, _DRAWN_WIDTH, 165), fill=chance.choice(_WALLS))
    draw.rectangle((0, 165, _DRAWN_WIDTH, 240), fill=chance.choice(("#a47b52", "#8b6a4c", "#c4b49c")))
    for _ in range(chance.randrange(1, 4)):
        x, y = chance.randrange(10, 240), chance.randrange(20, 70)
        draw.rectangle((x, y, x + 56, y + 62), fill=chance.choice(_SKIES), outline="#ffffff", width=4)
    for _ in range(chance.randrange(2, 5)):
        x, width, height = chance.randrange(0, 230), chance.randrange(40, 100), chance.randrange(24, 66)
        draw.rectangle((x, 205 - height, x + width, 205), fill=chance.choice(_ROOFS + _DOORS), outline="#333333")


def _exif(chance: Random) -> Image.Exif:
    exif = Image.Exif()
    if chance.random() < 0.34:
        exif[Base.Model] = "Demo camera"
        position = exif.get_ifd(IFD.GPSInfo)
        position.update({1: "N", 2: (30.0, chance.randrange(60) * 1.0, 0.0), 3: "W", 4: (97.0, 44.0, 0.0)})
    return exif
