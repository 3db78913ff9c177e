"""What a keeper must know of a service to run it."""

import signal
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from aiqleads.embedded import system_user
from aiqleads.embedded.places import Places, private_folder


class Service(ABC):
    """One server program of one checkout."""

    name: ClassVar[str]
    stop_signal: ClassVar[signal.Signals]
    environment: ClassVar[Mapping[str, str]] = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}

    def __init__(self, places: Places) -> None:
        self.places = places
        self.user = system_user.find_or_add() if places.is_root else None

    @property
    def owner(self) -> tuple[int, int] | None:
        """The (uid, gid) of the system user, when root hands its files over."""
        return (self.user.pw_uid, self.user.pw_gid) if self.user else None

    def prepare(self) -> None:
        """Leave nothing in the way of a start.

        :raises EmbeddedServiceError: something is, and only a person can remove it
        """
        private_folder(self.places.sockets, owner=self.owner)

    @abstractmethod
    def command(self) -> list[str]:
        """The program and its arguments; it stays in the foreground."""

    @abstractmethod
    def is_ready(self) -> bool:
        """Tell whether it can be used."""

    def reachable(self, program: Path, *, folders: Sequence[Path], copy_name: str) -> Path:
        """Return ``program``, or its twin in a copy when the system user cannot reach it.

        :param folders: what the program needs: the folder that holds it first, then the folders beside that one
        """
        if self.user is None or system_user.may_run(program):
            return program
        copy = system_user.reachable_copy(folders, self.places.system_folder / copy_name)
        return copy / program.relative_to(folders[0].parent)
