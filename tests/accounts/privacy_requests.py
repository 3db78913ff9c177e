"""Requests of people who are worried, as forms make them."""

from itertools import count
from typing import Any

from accounts.models import PrivacyRequest

_serial = count(1)


def asked(**facts: Any) -> PrivacyRequest:
    """A request that came in just now, written row by row."""
    number = next(_serial)
    request = PrivacyRequest.objects.create(
        **{
            "reference": f"T-{number}",
            "kind": "know",
            "language": "en",
            "said": {"name": "Casey Homeowner", "emails": ["casey@example.com"], "phones": [], "address": ""},
            "said_hash": f"1:{number:064x}",
            "answer_to": "casey@example.com",
            "answer_hash": f"1:{number:064x}",
            **facts,
        }
    )
    request.refresh_from_db()
    return request
