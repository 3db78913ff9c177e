"""Where the browser of the journeys is, and how it is started: offline, and silent towards its maker."""

import shutil
from typing import Final

CANDIDATES: Final = ("chromium", "chromium-browser", "google-chrome")
FLAGS: Final = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
HOW_TO_GET_ONE: Final = "no Chromium on the PATH: on Debian, `apt-get install chromium` brings one"


def find_chromium() -> str | None:
    """The path of the first browser found, or None."""
    return next((path for path in map(shutil.which, CANDIDATES) if path), None)
