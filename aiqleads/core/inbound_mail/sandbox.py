"""A stand-in for the server that takes our mail: judges a letter as such a server does, and hands it over, signed.

Which domains' letters are genuine is told to it. Results that a letter brought along in the server's own name are
taken away (RFC 8601, section 5); the ones it found go on top.
"""

import re
from collections.abc import Collection
from datetime import datetime
from email.utils import parseaddr
from typing import Final

import httpx

from aiqleads.core.inbound_mail import handover

ANSWER_SECONDS: Final = 10.0
_FOLDED: Final = re.compile(rb"\r?\n(?![ \t])")


def take(raw: bytes, *, server: str, genuine: Collection[str] = ()) -> bytes:
    """The letter as it leaves the server.

    :param genuine: the domains whose letters really come from them
    """
    head, end, body = raw.partition(b"\r\n\r\n" if b"\r\n\r\n" in raw else b"\n\n")
    lines = [line for line in _FOLDED.split(head) if not _is_ours(line, server)]
    sender = next((line[5:] for line in lines if line.lower().startswith(b"from:")), b"")
    domain = parseaddr(sender.decode("utf-8", "replace"))[1].rpartition("@")[2].lower()
    found = "pass" if domain in genuine else "fail"
    results = f"Authentication-Results: {server};\r\n dmarc={found} (p=none) header.from={domain}".encode()
    return b"\r\n".join([results, *lines]) + (end or b"\r\n\r\n") + body


def hand_over(raw: bytes, *, url: str, name: str, secret: str, now: datetime) -> httpx.Response:
    """Bring one letter to whoever reads our mail; what is answered is what this returns."""
    headers = handover.signed(raw=raw, name=name, secret=secret, now=now)
    return httpx.post(url, content=raw, headers=headers, timeout=ANSWER_SECONDS, trust_env=False)


def _is_ours(line: bytes, server: str) -> bool:
    name, _, value = line.partition(b":")
    by = value.split(b";")[0].strip().lower()
    return name.strip().lower() == b"authentication-results" and by == server.lower().encode()
