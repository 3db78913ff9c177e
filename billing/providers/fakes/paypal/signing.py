"""The stand-in's signature: over a message's id and time, the webhook's id and a checksum of the body."""

import base64
import hashlib
import hmac
from typing import Final

KEY: Final = b"the stand-in's own, of no worth"
ALGORITHM: Final = "SHA256withHMAC"


def signature(
    transmission_id: str, transmission_time: str, webhook_id: str, checksum: int, key: bytes = KEY
) -> str:
    """In Base64."""
    signed = f"{transmission_id}|{transmission_time}|{webhook_id}|{checksum}".encode()
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
