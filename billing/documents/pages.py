"""What our pages to print share: size, margins, and letters that more than Western Europe writes with.

The letters are DejaVu Sans Condensed (``fonts/``); a file carries those that it uses. What the font does not have,
such as Chinese, is printed as a question mark. reportlab takes 0.2 s to load, so only who draws asks for it.
"""

from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from reportlab.lib.styles import StyleSheet1
    from reportlab.platypus import Flowable

MILLIMETRE: Final = 72 / 25.4
MARGIN: Final = 18 * MILLIMETRE
RULE: Final = "#c8ccd2"
FONT: Final = "DejaVuSansCondensed"
BOLD: Final = "DejaVuSansCondensed-Bold"
FONTS: Final = Path(__file__).parent / "fonts"


def drawn(story: "list[Flowable]", *, title: str, foot: str = "") -> bytes:
    """Pages of US letter size. The same story gives the same bytes.

    :param foot: what stands at the left of each page's foot
    """
    from reportlab.lib.pagesizes import letter  # noqa: PLC0415
    from reportlab.platypus import SimpleDocTemplate  # noqa: PLC0415

    def number(canvas: Any, _document: Any) -> None:
        canvas.setFont(FONT, 8)
        canvas.drawString(MARGIN, MARGIN / 2, known(foot))
        canvas.drawRightString(canvas._pagesize[0] - MARGIN, MARGIN / 2, f"Page {canvas.getPageNumber()}")

    written = BytesIO()
    document = SimpleDocTemplate(
        written,
        pagesize=letter,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=MARGIN,
        bottomMargin=MARGIN,
        title=title,
        author="AIQLeads",
        lang="en-US",
        invariant=1,
    )
    document.build(story, onFirstPage=number, onLaterPages=number)
    return written.getvalue()


@cache
def styles() -> "StyleSheet1":
    """reportlab's sheet, in our letters."""
    from reportlab.lib.styles import getSampleStyleSheet  # noqa: PLC0415

    _letters()
    sheet = getSampleStyleSheet()
    for style in sheet.byName.values():
        if hasattr(style, "fontName"):
            style.fontName = BOLD if "Bold" in style.fontName else FONT
    return sheet


def printable(text: str) -> str:
    """``text`` without what would be markup on the page."""
    from xml.sax.saxutils import escape  # noqa: PLC0415

    return escape(known(text))


def known(text: str) -> str:
    """``text`` with a question mark for what its letters do not have."""
    letters = _letters()
    return "".join(letter if ord(letter) in letters else "?" for letter in text)


@cache
def _letters() -> frozenset[int]:
    """Have the fonts known, once a process: what both have."""
    from reportlab.pdfbase import pdfmetrics  # noqa: PLC0415
    from reportlab.pdfbase.ttfonts import TTFont  # noqa: PLC0415

    fonts = [TTFont(name, FONTS / f"{name}.ttf") for name in (FONT, BOLD)]
    for font in fonts:
        pdfmetrics.registerFont(font)
    pdfmetrics.registerFontFamily(FONT, normal=FONT, bold=BOLD, italic=FONT, boldItalic=BOLD)
    return frozenset.intersection(*(frozenset(font.face.charToGlyph) for font in fonts))
