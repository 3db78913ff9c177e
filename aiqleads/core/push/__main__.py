"""Serves the stand-in for Firebase Cloud Messaging: ``python -m aiqleads.core.push --credentials FILE``.

Writes the service account's file for ``PUSH_CREDENTIALS``, or takes up the one that it wrote before, and prints the
value of ``PUSH_URL``. The file of a real account is left alone.
"""

import argparse
import json
import socket
import sys
from pathlib import Path

import uvicorn

from aiqleads.core.push.sandbox import PROJECT, PushSandbox

HOST = "127.0.0.1"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m aiqleads.core.push", description=__doc__)
    parser.add_argument("--credentials", type=Path, required=True, help="where the account's file is written")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--account-only", action="store_true", help="write the file and serve nothing")
    asked = parser.parse_args()
    fake = PushSandbox(private_key=_known_key(asked.credentials))
    with socket.create_server((HOST, asked.port)) as listening:
        url = f"http://{HOST}:{listening.getsockname()[1]}"
        _write(asked.credentials, json.dumps(fake.credentials(url), indent=2))
        if asked.account_only:
            return
        sys.stdout.write(f"PUSH_URL={url}\nPUSH_CREDENTIALS={asked.credentials.resolve()}\n")
        sys.stdout.flush()
        server = uvicorn.Server(uvicorn.Config(fake.app(), log_level="warning"))
        server.run(sockets=[listening])


def _write(credentials: Path, account: str) -> None:
    """Nothing where it stands there already: who reads it meanwhile never finds a part."""
    if credentials.exists() and credentials.read_text() == account:
        return
    credentials.parent.mkdir(parents=True, exist_ok=True)
    credentials.touch(mode=0o600)
    credentials.write_text(account)


def _known_key(credentials: Path) -> str:
    """The key of an account that was written before, or ""."""
    if not credentials.exists():
        return ""
    account = json.loads(credentials.read_text())
    if account["project_id"] != PROJECT:
        sys.exit(f"{credentials} is the account of {account['project_id']}: it is not overwritten.")
    return str(account["private_key"])


if __name__ == "__main__":
    main()
