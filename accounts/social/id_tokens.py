"""What another site's word about somebody is worth: ID tokens of OpenID Connect.

Signature, issuer, audience, nonce and time are looked at always, also where a token came from the site over TLS.
Source: https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation
"""

import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import jwt

ALGORITHMS: Final = ["RS256", "PS256", "ES256", "EdDSA"]
REQUIRED: Final = ["iss", "sub", "aud", "exp", "iat", "nonce"]
LEEWAY_SECONDS: Final = 60
LONGEST: Final = 20_000
LONGEST_SUBJECT: Final = 191
_OF_THEIR_TENANT: Final = "{tenantid}"


class UnusableIdToken(Exception):
    """The token is not one for this log-in; the words say why, and nothing of its content."""


def read(
    token: str, *, keys: Mapping[str, Any], issuer: str, audience: str, nonce: str, now: datetime
) -> dict[str, Any]:
    """What the token says of whoever logged in there.

    :param keys: the site's JSON Web Key Set
    :param issuer: what it calls itself; ``{tenantid}`` stands for the token's own ``tid``, as Microsoft has it
    :param audience: what we are called there
    :param nonce: what this log-in was begun with
    :raises UnusableIdToken: another key or algorithm, issuer, audience or log-in, too old, or no such token at all
    """
    if len(token) > LONGEST or not nonce:
        raise UnusableIdToken("no token for a log-in of ours")
    try:
        said: dict[str, Any] = jwt.decode(
            token,
            _key_of(token, keys),
            algorithms=ALGORITHMS,
            audience=audience,
            options={"require": REQUIRED, "verify_exp": False, "verify_iat": False, "verify_nbf": False},
        )
    except (jwt.PyJWTError, LookupError, ValueError, TypeError, AttributeError) as error:
        raise UnusableIdToken(type(error).__name__) from error
    _look_at(said, issuer=issuer, audience=audience, nonce=nonce)
    _look_at_times(said, now=now)
    return said


def _key_of(token: str, keys: Mapping[str, Any]) -> jwt.PyJWK:
    """The key that the token names; the only one where it names none."""
    known = jwt.PyJWKSet.from_dict(dict(keys)).keys
    named = jwt.get_unverified_header(token).get("kid")
    if named is None and len(known) == 1:
        return known[0]
    key = next((key for key in known if key.key_id == named), None)
    if key is None or named is None:
        raise LookupError("no such key")
    return key


def _look_at(said: Mapping[str, Any], *, issuer: str, audience: str, nonce: str) -> None:
    if said["iss"] != issuer.replace(_OF_THEIR_TENANT, str(said.get("tid", ""))):
        raise UnusableIdToken("another issuer")
    if said.get("azp", audience) != audience or (isinstance(said["aud"], list) and len(said["aud"]) > 1):
        raise UnusableIdToken("made for others as well")
    if not isinstance(said["nonce"], str) or not hmac.compare_digest(said["nonce"].encode(), nonce.encode()):
        raise UnusableIdToken("another log-in")
    if not isinstance(said["sub"], str) or not 0 < len(said["sub"]) <= LONGEST_SUBJECT:
        raise UnusableIdToken("nobody")


def _look_at_times(said: Mapping[str, Any], *, now: datetime) -> None:
    try:
        made, ends = float(said["iat"]), float(said["exp"])
    except (TypeError, ValueError) as error:
        raise UnusableIdToken("no times") from error
    if not made - LEEWAY_SECONDS <= now.timestamp() < ends + LEEWAY_SECONDS:
        raise UnusableIdToken("too old, or of times to come")
