"""The keeper: a detached process that runs one service for as long as anybody uses it.

Every user holds the service's users lock shared; when the keeper obtains it exclusively, nobody is left, and it
stops the service and ends. A user that is killed frees its share by dying. A service that dies is started again;
a service whose keeper is killed dies with it (``processes.die_with_parent``).
"""

import signal
import subprocess
import sys
import time
from types import FrameType
from typing import Final

from aiqleads.embedded import logs, processes, system_user
from aiqleads.embedded.errors import EmbeddedServiceError
from aiqleads.embedded.locks import Lock
from aiqleads.embedded.places import Places
from aiqleads.embedded.postgres import Postgres
from aiqleads.embedded.redis import Redis
from aiqleads.embedded.service import Service

SERVICES: Final[dict[str, type[Service]]] = {service.name: service for service in (Postgres, Redis)}
READY: Final = "ready"

_POLL_SECONDS: Final = 0.1
_READY_SECONDS: Final = 60
_STOP_SECONDS: Final = 15
_MOST_FAILED_STARTS: Final = 5
_LOG_LOOKED_AT_SECONDS: Final = 60


def keep(name: str, places: Places) -> int:
    """Run the service until nobody uses it, and return the exit code of this process.

    Returns 0 at once when another keeper is at work: two users who start together start two keepers.
    """
    lock = Lock(places.keeper_lock(name))
    if not lock.acquire(wait_seconds=1):
        return 0
    with lock:
        return _Keeper(SERVICES[name](places), lock).run()


class _Keeper:
    def __init__(self, kept: Service, lock: Lock) -> None:
        self.service = kept
        self.users = Lock(kept.places.users_lock(kept.name))
        self.lock = lock
        self.child: subprocess.Popen[bytes] | None = None
        self.is_told_to_stop = False
        self.failed_starts = 0
        self.log_looked_at_after = 0.0

    def run(self) -> int:
        signal.signal(signal.SIGTERM, self._be_told)
        signal.signal(signal.SIGINT, self._be_told)
        try:
            while self.is_needed():
                self._revive()
                self._look_after_log()
                time.sleep(_POLL_SECONDS)
        except EmbeddedServiceError as error:
            _say(str(error))
            return 1
        finally:
            self._stop()
        return 0

    def _look_after_log(self) -> None:
        if time.monotonic() >= self.log_looked_at_after:
            self.log_looked_at_after = time.monotonic() + _LOG_LOOKED_AT_SECONDS
            logs.look_after(self.service.places.log(self.service.name), now=time.time())

    def is_needed(self) -> bool:
        """Tell whether anybody holds the users lock; when nobody does, keep it so that nobody comes meanwhile."""
        return not self.is_told_to_stop and not self.users.acquire()

    def _be_told(self, number: int, frame: FrameType | None) -> None:
        self.is_told_to_stop = True

    def _revive(self) -> None:
        if self.child is not None and self.child.poll() is None:
            return
        if self.child is not None:
            _say(f"{self.service.name} ended with exit code {self.child.returncode}; starting it again")
        self.lock.write("starting")
        self._start()
        if self._wait_until_ready():
            self.failed_starts = 0
            self.lock.write(READY)

    def _start(self) -> None:
        self.service.prepare()
        self.child = subprocess.Popen(
            self.service.command(),
            stdin=subprocess.DEVNULL, cwd="/", env=self.service.environment, umask=0o077,
            preexec_fn=processes.die_with_parent(self.service.stop_signal),  # noqa: PLW1509  (we have one thread)
            **system_user.identity(self.service.user),
        )  # fmt: skip

    def _wait_until_ready(self) -> bool:
        """Return whether the service came up; raise when it has failed too often.

        A crashed server's backends may need a moment to let go of its shared memory, hence several tries.
        """
        deadline = time.monotonic() + _READY_SECONDS
        while self.child and self.child.poll() is None and not self.is_told_to_stop:
            if self.service.is_ready():
                return True
            if time.monotonic() > deadline:
                raise EmbeddedServiceError(f"{self.service.name} did not answer within {_READY_SECONDS} s")
            time.sleep(_POLL_SECONDS)
        self.failed_starts += 1
        if self.failed_starts >= _MOST_FAILED_STARTS:
            raise EmbeddedServiceError(f"{self.service.name} failed to start {self.failed_starts} times")
        time.sleep(self.failed_starts * _POLL_SECONDS)
        return False

    def _stop(self) -> None:
        self.lock.write("stopping")
        if self.child:
            processes.end(self.child, gently=self.service.stop_signal, within_seconds=_STOP_SECONDS)
        # First the keeper's lock, then the users': a newcomer waits for the second and must not see the first.
        self.lock.release()
        self.users.release()


def _say(text: str) -> None:
    """Write a line into the service's log, which is our standard error."""
    print(f"{time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime())} UTC keeper: {text}", file=sys.stderr, flush=True)  # noqa: T201
