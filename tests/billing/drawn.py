"""Reading what stands on a page of a file, by the letters that its fonts say their codes are."""

import re
from io import BytesIO
from typing import Any

import pikepdf

RANGES = re.compile(rb"<([0-9A-F]+)> <([0-9A-F]+)> (?:<([0-9A-F]+)>|\[([^\]]*)\])")
SINGLES = re.compile(rb"^<([0-9A-F]+)> <([0-9A-F]+)>$", re.MULTILINE)


def words(page: bytes) -> str:
    """All text of a file, piece after piece."""
    with pikepdf.open(BytesIO(page)) as document:
        return "".join(piece for sheet in document.pages for piece in _pieces(sheet))


def _pieces(sheet: Any) -> list[str]:
    fonts = {name: _letters(font) for name, font in sheet.Resources.Font.items()}
    pieces, letters = [], {}
    for operands, operator in pikepdf.parse_content_stream(sheet):
        if str(operator) == "Tf":
            letters = fonts[str(operands[0])]
        elif str(operator) == "Tj":
            pieces.append("".join(letters.get(code, chr(code)) for code in bytes(operands[0])))
    return pieces


def _letters(font: Any) -> dict[int, str]:
    if "/ToUnicode" not in font:
        return {}
    told = bytes(font.ToUnicode.read_bytes())
    letters = {int(code, 16): chr(int(letter, 16)) for code, letter in SINGLES.findall(told)}
    for first, last, start, several in RANGES.findall(told):
        codes = range(int(first, 16), int(last, 16) + 1)
        starts = [int(one, 16) for one in re.findall(rb"<([0-9A-F]+)>", several)]
        letters |= {code: chr(starts[n] if starts else int(start, 16) + n) for n, code in enumerate(codes)}
    return letters
