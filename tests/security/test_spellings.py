"""The searcher of the leak tests finds what it is for, and nothing else."""

import base64
import json
from urllib.parse import quote

import pytest

from tests.security.spellings import DIGIT_WORDS, traces

PHONE = "5125550142"
PERSON = "Zephyrine Quackenbush"
HIDDEN = {"phone": PHONE, "person": PERSON}

SPELLED = [
    "tel:+15125550142",
    "(512) 555-0142",
    "5.1.2.5.5.5.0.1.4.2",
    "512<b>555</b>0142",
    " ".join(DIGIT_WORDS[int(digit)] for digit in PHONE),
    "".join(f"&#{ord(digit)};" for digit in PHONE),
    "".join(f"&#x{ord(digit):x};" for digit in PHONE),
    "".join(f"%{ord(digit):02X}" for digit in PHONE),
    "".join(f"\\u{ord(digit):04x}" for digit in PHONE),
    PHONE[::-1],
    PHONE.encode().hex(),
    PERSON.upper(),
    "quackenbush, ZEPHYRINE ".swapcase() + PERSON.replace(" ", "."),
    quote(PERSON),
    json.dumps({"contact_name": PERSON}),
    *(base64.b64encode(b"x" * before + PERSON.encode() + b"yz").decode() for before in range(3)),
    *(base64.urlsafe_b64encode(b"x" * before + PHONE.encode()).decode() for before in range(3)),
]


@pytest.mark.parametrize("spelled", SPELLED)
def test_every_spelling_is_found(spelled):
    assert traces(f"before {spelled} after", HIDDEN)


@pytest.mark.parametrize(
    "innocent", ["512 leads, 555 sold, 142 held", "Zephyrine Street", "3-bed house, $412,000", ""]
)
def test_what_only_resembles_a_hidden_value_is_not(innocent):
    assert traces(innocent, HIDDEN) == set()
