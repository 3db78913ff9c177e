"""Signed statements: whoever changes one letter is found out, and anybody can check without us."""

import base64
import json

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from hypothesis import given
from hypothesis import settings as run_with
from hypothesis import strategies as st

from aiqleads.core import signatures
from tests.conftest import at_length

STATEMENT = {"says": "sold 1 of 1", "place": "Austin – TX", "deliveries": [{"on": "2026-11-21"}], "free_copies": 0}


def document(**changed) -> str:
    return json.dumps({**signatures.sign(STATEMENT), **changed}, ensure_ascii=False)


def test_what_was_signed_is_read_again():
    assert signatures.read_signed(document()) == STATEMENT


def test_anybody_can_check_it_with_the_published_key():
    signed = signatures.sign(STATEMENT)
    [key] = signatures.public_keys()

    published = load_pem_public_key(key.pem.encode())

    bytes_signed = '{"deliveries":[{"on":"2026-11-21"}],"free_copies":0,"place":"Austin – TX","says":"sold 1 of 1"}'
    published.verify(base64.b64decode(signed["signature"]), bytes_signed.encode())
    assert published.public_bytes_raw() == base64.b64decode(key.raw)


@run_with(max_examples=at_length(short=40, soak=5_000), deadline=None)
@given(data=st.data())
def test_one_letter_changed_anywhere_is_found_out(data):
    whole = document()
    place = data.draw(st.integers(0, len(whole) - 1))
    letter = data.draw(st.characters(codec="utf-8", exclude_characters=whole[place]))

    changed = whole[:place] + letter + whole[place + 1 :]

    try:
        assert signatures.read_signed(changed) == STATEMENT, "a document that says something else was believed"
    except signatures.NotSigned:
        return
    assert json.loads(changed) == json.loads(whole), "only space between names and values may differ"


@pytest.mark.parametrize(
    "made_up",
    [
        "",
        "{}",
        "[]",
        "null",
        '"x"',
        "[" * 10_000,
        "{" + '"a":' * 5_000,
        "x" * 30_000,
        document(signature=""),
        document(signature=None),
        document(key="2"),
        document(key=None),
        document(algorithm="none"),
        document(statement={**STATEMENT, "says": "sold 1 of 2"}),
        document(statement="sold 1 of 1"),
        document(comment="sold to nobody else"),
        '{"statement": {"says": "sold 0 of 1"}, ' + document()[1:],
        document().replace('"says"', '"says": "sold 0 of 1", "says"'),
    ],
)
def test_what_we_did_not_sign_is_refused(made_up):
    with pytest.raises(signatures.NotSigned):
        signatures.read_signed(made_up)


def test_an_old_key_goes_on_verifying_and_a_strangers_never_did(settings):
    settings.PROOF_KEYS = {1: "o" * 32}
    old = document()
    settings.PROOF_KEYS = {1: "o" * 32, 2: "n" * 32}

    assert signatures.read_signed(old) == STATEMENT
    assert json.loads(document())["key"] == "2"
    assert [key.name for key in signatures.public_keys()] == ["2", "1"]
    settings.PROOF_KEYS = {1: "x" * 32}
    with pytest.raises(signatures.NotSigned):
        signatures.read_signed(old)
