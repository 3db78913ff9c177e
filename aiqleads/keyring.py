"""Where keys come from: the environment, or for the demo a generated file under ``.data/keys``."""

import secrets
from pathlib import Path


def parse(text: str) -> dict[int, str]:
    """Read ``"2:newer,1:older"`` into ``{2: "newer", 1: "older"}``; a part without a version counts as 1.

    Parts that cannot be read are left out; the system check ``core.E004`` says so.
    """
    keys: dict[int, str] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        version, separator, key = part.partition(":")
        if not separator:
            keys[1] = version
        elif version.isdigit() and key:
            keys[int(version)] = key
    return keys


def generated(base_dir: Path, name: str) -> str:
    """Return the key kept in ``.data/keys/<name>``, making it on first use.

    Two processes that start together agree: the file appears whole or not at all, and the first one wins.
    """
    path = base_dir / ".data" / "keys" / name
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_name(f".{name}.{secrets.token_hex(8)}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(48))
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()
