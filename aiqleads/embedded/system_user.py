"""PostgreSQL refuses to run as root: as root, both services run as a system user of their own.

We never open a permission on a folder that is not ours. Where that user cannot reach the checkout, what it needs
goes to ``Places.system_folder`` instead.
"""

import pwd
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final, TypedDict

from aiqleads.embedded.errors import EmbeddedServiceError

NAME: Final = "aiqleads"


def find_or_add(name: str = NAME) -> pwd.struct_passwd:
    """Return the system user called ``name``, adding it when the machine has none.

    :raises EmbeddedServiceError: it could not be added
    """
    try:
        return pwd.getpwnam(name)
    except KeyError:
        _add(name)
    return pwd.getpwnam(name)


def _add(name: str) -> None:
    command = ["useradd", "--system", "--no-create-home", "--user-group", "--shell", "/usr/sbin/nologin", name]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.SubprocessError) as error:
        reason = getattr(error, "stderr", None) or str(error)
        raise EmbeddedServiceError(
            f"PostgreSQL does not run as root and the system user {name!r} could not be added ({reason.strip()}). "
            "Run as an ordinary user, or add that user yourself."
        ) from error


def may_enter(folder: Path) -> bool:
    """Tell whether everybody may pass through ``folder`` and all folders above it."""
    return all(part.stat().st_mode & stat.S_IXOTH for part in (folder, *folder.parents))


def may_run(program: Path) -> bool:
    """Tell whether everybody may reach and execute ``program``."""
    return bool(program.stat().st_mode & stat.S_IXOTH) and may_enter(program.parent)


def reachable_copy(folders: Sequence[Path], target: Path) -> Path:
    """Copy ``folders`` into ``target`` so that everybody can read them, once, and return ``target``."""
    if target.exists():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f"{target.name}.", dir=target.parent))
    for folder in folders:
        shutil.copytree(folder, draft / folder.name, symlinks=True)
    for path in (draft, *draft.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | 0o555 if path.is_dir() or mode & stat.S_IXUSR else mode | 0o444)
    try:
        draft.rename(target)
    except OSError:  # another process was first: its copy is as good as ours
        shutil.rmtree(draft)
        if not target.exists():
            raise
    return target


class Identity(TypedDict, total=False):
    """Arguments of ``subprocess.Popen``."""

    user: int
    group: int
    extra_groups: list[int]


def identity(user: pwd.struct_passwd | None) -> Identity:
    """Return the arguments that make ``subprocess`` run a program as ``user`` (as ourselves when ``None``)."""
    if user is None:
        return {}
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
