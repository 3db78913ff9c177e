"""Where the embedded services of one checkout keep their data, locks, logs and sockets.

Every place follows from the checkout's folder and the user alone, so that two processes that never met agree on
them. Nothing here touches the disk, except ``private_folder``.
"""

import hashlib
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import quote

from aiqleads.embedded.errors import EmbeddedServiceError

CHECKOUT: Final = Path(__file__).resolve().parents[2]
DATABASE_NAME: Final = "aiqleads"
DATABASE_OWNER: Final = "aiqleads"

# The kernel refuses a socket's path beyond 104 (macOS) or 108 bytes; PostgreSQL appends ".s.PGSQL.5432.lock".
_LONGEST_SOCKET_FOLDER_BYTES: Final = 80
# A path that can stand in a URL, in redis.conf and in a PostgreSQL list without quoting.
_PLAIN_PATH: Final = re.compile(r"[A-Za-z0-9._/-]+")


@dataclass(frozen=True, slots=True)
class Places:
    """The places of one checkout for one user."""

    checkout: Path = CHECKOUT
    uid: int = field(default_factory=os.geteuid)

    @property
    def is_root(self) -> bool:
        return self.uid == 0

    @property
    def data(self) -> Path:
        return self.checkout / ".data"

    @property
    def run(self) -> Path:
        """Locks and logs; always inside the checkout, readable by its user alone."""
        return self.data / "run"

    @property
    def cluster(self) -> Path:
        """The PostgreSQL cluster: a folder, or a link into ``system_folder`` (see ``system_user``)."""
        return self.data / "postgres"

    @property
    def system_folder(self) -> Path:
        """Root's place for what the system user of PostgreSQL must reach and cannot reach in the checkout."""
        return Path("/var/lib/aiqleads") / self._digest

    @property
    def sockets(self) -> Path:
        """The private folder of both sockets: a short path of plain characters."""
        if self.is_root:
            return self.system_folder / "run"
        if _PLAIN_PATH.fullmatch(str(self.run)) and len(str(self.run)) <= _LONGEST_SOCKET_FOLDER_BYTES:
            return self.run
        # Not tempfile.gettempdir(): TMPDIR may differ between two shells of one user, and the URL must not.
        return Path(f"/tmp/aiqleads-{self.uid}-{self._digest}")  # noqa: S108  (private_folder() refuses strangers)

    @property
    def postgres_socket(self) -> Path:
        return self.sockets / ".s.PGSQL.5432"

    @property
    def redis_socket(self) -> Path:
        return self.sockets / "redis.sock"

    @property
    def database_url(self) -> str:
        return f"postgresql://{DATABASE_OWNER}@/{DATABASE_NAME}?host={quote(str(self.sockets), safe='')}"

    @property
    def redis_url(self) -> str:
        return f"unix://{self.redis_socket}"

    def log(self, name: str) -> Path:
        return self.run / f"{name}.log"

    def users_lock(self, name: str) -> Path:
        """Held shared by every process that uses the service ``name``."""
        return self.run / f"{name}.users.lock"

    def keeper_lock(self, name: str) -> Path:
        """Held exclusively by the keeper of the service ``name``; its text is the keeper's state."""
        return self.run / f"{name}.keeper.lock"

    @property
    def _digest(self) -> str:
        return hashlib.sha256(os.fsencode(self.checkout)).hexdigest()[:12]


def private_folder(path: Path, *, owner: tuple[int, int] | None = None) -> Path:
    """Make ``path`` a folder that only its owner enters, and return it.

    :param owner: (uid, gid) to give a new folder to; the caller's own when absent
    :raises EmbeddedServiceError: something else stands there, or it belongs to somebody else
    """
    uid = owner[0] if owner else os.geteuid()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.mkdir(mode=0o700, exist_ok=True)
    if owner and path.lstat().st_uid == os.geteuid():  # new, by us or by a process that is about to do the same
        os.chown(path, *owner, follow_symlinks=False)
    found = path.lstat()
    if not path.is_dir() or path.is_symlink() or found.st_uid != uid:
        raise EmbeddedServiceError(
            f"{path} is not a private folder of this user (uid {uid}; it belongs to uid {found.st_uid}). "
            "Run as the user who owns it, or remove it."
        )
    if found.st_mode & 0o077:
        path.chmod(0o700)
    return path
