"""Hand one letter over, read from standard input: what a mail server's pipe calls, and the demo.

``MAIL_IN_SECRET=… python -m aiqleads.core.inbound_mail --url https://…/webhooks/mail/ < letter``
With ``--server`` it judges the letter first as that server would; ``--genuine`` names a domain that stands for it.
Ends with 0 where the letter was taken, 75 (try again later) where nobody answered, 65 where it was refused.
"""

import argparse
import hashlib
import os
import sys
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final

import httpx

from aiqleads.core.inbound_mail import sandbox

TRY_AGAIN: Final = 75
REFUSED: Final = 65


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Hand one letter over, read from standard input.")
    parser.add_argument("--url", required=True)
    parser.add_argument("--server", default="", help="judge it first, under this name")
    parser.add_argument("--genuine", action="append", default=[], help="a domain whose letters are genuine")
    told = parser.parse_args(arguments)
    raw = sys.stdin.buffer.read()
    if told.server:
        raw = sandbox.take(raw, server=told.server, genuine=told.genuine)
    name = f"mail_{hashlib.sha256(raw).hexdigest()[:32]}"
    try:
        secret = os.environ.get("MAIL_IN_SECRET", "")
        answer = sandbox.hand_over(raw, url=told.url, name=name, secret=secret, now=datetime.now(UTC))
    except httpx.HTTPError as error:
        sys.stderr.write(f"Nobody answered: {type(error).__name__}.\n")
        return TRY_AGAIN
    if answer.is_success:
        return 0
    sys.stderr.write(f"It was refused: HTTP {answer.status_code}.\n")
    return TRY_AGAIN if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR else REFUSED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
