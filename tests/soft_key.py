"""A security key of software: it makes passkeys and signs as the standard says, and cheats where a test asks it to.

Source: https://www.w3.org/TR/webauthn-3/#sctn-authenticator-data
"""

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import bytes_to_base64url

USER_PRESENT = 0x01
USER_VERIFIED = 0x04
HOLDS_A_KEY = 0x40


@dataclass
class SoftKey:
    """One key pair. ``counts``: whether it says how many it signed; telephones as a rule do not."""

    origin: str = "http://localhost:8000"
    site: str = "localhost"
    counts: bool = True
    verifies: bool = True
    signatures: int = 0
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    private_key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def make(self, options: dict[str, Any]) -> str:
        """The answer to a question for a new key."""
        said = self._data(HOLDS_A_KEY) + bytes(16) + len(self.credential_id).to_bytes(2, "big")
        said += self.credential_id + self._public_key()
        attested = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": said})
        return self._answer(
            clientDataJSON=self._client_data("webauthn.create", options), attestationObject=attested
        )

    def sign(self, options: dict[str, Any]) -> str:
        """The answer to a question for a signature."""
        self.signatures += 1
        said = self._data(0)
        client_data = self._client_data("webauthn.get", options)
        signature = self.private_key.sign(said + hashlib.sha256(client_data).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(clientDataJSON=client_data, authenticatorData=said, signature=signature)

    def _data(self, flags: int) -> bytes:
        flags |= USER_PRESENT | (USER_VERIFIED if self.verifies else 0)
        counted = self.signatures if self.counts else 0
        return hashlib.sha256(self.site.encode()).digest() + bytes([flags]) + counted.to_bytes(4, "big")

    def _client_data(self, kind: str, options: dict[str, Any]) -> bytes:
        told = {"type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": False}
        return json.dumps(told).encode()

    def _public_key(self) -> bytes:
        numbers = self.private_key.public_key().public_numbers()
        x, y = (number.to_bytes(32, "big") for number in (numbers.x, numbers.y))
        return cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})

    def _answer(self, **response: bytes) -> str:
        named = bytes_to_base64url(self.credential_id)
        told = {name: bytes_to_base64url(value) for name, value in response.items()}
        return json.dumps({"id": named, "rawId": named, "type": "public-key", "response": told})
