"""What another site's word is worth, lie by lie."""

import json
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from accounts.social.id_tokens import LONGEST_SUBJECT, UnusableIdToken, read

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
KEY = ec.generate_private_key(ec.SECP256R1())
KEYS = {"keys": [{**ECAlgorithm.to_jwk(KEY.public_key(), as_dict=True), "kid": "1", "alg": "ES256"}]}
RIGHT = {
    "iss": "https://login.example.com",
    "aud": "aiqleads",
    "sub": "alice",
    "nonce": "n",
    "iat": NOW.timestamp(),
    "exp": NOW.timestamp() + 300,
}


def signed(*, kid: str | None = "1", **claims: Any) -> str:
    told = {name: value for name, value in {**RIGHT, **claims}.items() if value is not None}
    body = json.dumps(told).encode()
    return jwt.PyJWS().encode(body, KEY, algorithm="ES256", headers={"kid": kid} if kid else None)


def looked_at(token: str, **other: Any) -> dict[str, Any]:
    known = {"keys": KEYS, "issuer": "https://login.example.com", "audience": "aiqleads", "nonce": "n", "now": NOW}
    return read(token, **{**known, **other})


def test_the_right_word_is_taken():
    assert looked_at(signed(email="alice@example.com"))["email"] == "alice@example.com"
    assert looked_at(signed(kid=None))["sub"] == "alice"
    assert looked_at(signed(exp=NOW.timestamp() - 59))["sub"] == "alice"  # clocks differ by a minute


def test_a_tenant_may_say_only_its_own_issuer():
    issuer = "https://login.example.com/{tenantid}/v2.0"
    told = signed(iss="https://login.example.com/t1/v2.0", tid="t1")

    assert looked_at(told, issuer=issuer)["tid"] == "t1"
    with pytest.raises(UnusableIdToken, match="another issuer"):
        looked_at(signed(iss="https://login.example.com/t1/v2.0", tid="t2"), issuer=issuer)


@pytest.mark.parametrize(
    "lie",
    [
        {"iss": "https://evil.example"},
        {"iss": None},
        {"iss": ["https://login.example.com"]},
        {"aud": "somebody-else"},
        {"aud": ["aiqleads", "somebody-else"]},
        {"aud": None},
        {"azp": "somebody-else"},
        {"nonce": "m"},
        {"nonce": None},
        {"nonce": ["n"]},
        {"sub": None},
        {"sub": ""},
        {"sub": "a" * (LONGEST_SUBJECT + 1)},
        {"exp": NOW.timestamp() - 60},
        {"exp": None},
        {"exp": "soon"},
        {"iat": NOW.timestamp() + 61},
        {"iat": None},
        {"kid": "2"},
    ],
    ids=str,
)
def test_a_word_with_one_lie_is_not_taken(lie):
    with pytest.raises(UnusableIdToken):
        looked_at(signed(**lie))


def test_nothing_is_taken_for_a_log_in_that_asked_for_no_nonce():
    with pytest.raises(UnusableIdToken):
        looked_at(signed(nonce=""), nonce="")


@pytest.mark.parametrize("text", ["", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "a" * 20_001, "\x00"])
def test_what_is_no_token_is_not_taken(text):
    with pytest.raises(UnusableIdToken):
        looked_at(text)


@pytest.mark.parametrize(
    "keys", [{}, {"keys": []}, {"keys": "x"}, {"keys": [{"kty": "oct", "k": "AAAA", "kid": "1"}]}]
)
def test_keys_that_are_none_open_nothing(keys):
    with pytest.raises(UnusableIdToken):
        looked_at(signed(), keys=keys)
