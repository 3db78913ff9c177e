"""Django's commands. Each starts the embedded services that it needs, and stops what nobody else uses."""

import gc
import os
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext

from aiqleads import embedded

WITHOUT_SERVICES = {
    "collectstatic",
    "compilemessages",
    "help",
    "makemessages",
    "parse_page",
    "resolve",
    "spectacular",
    "version",
}


ALLOCATIONS_PER_COLLECTION = 20_000
"""What is loaded at start stays: looking for garbage in it every 700 objects takes a tenth of the start."""


def services_for(arguments: Sequence[str]) -> AbstractContextManager[object]:
    """Return what must be entered around a command: the services that no variable replaces, or nothing."""
    command = arguments[0] if arguments else "help"
    is_asking = command.startswith("-") or not {"-h", "--help", "--version"}.isdisjoint(arguments)
    is_check_of_code = command == "check" and "--database" not in arguments
    if is_asking or is_check_of_code or command in WITHOUT_SERVICES:
        return nullcontext()
    names = embedded.needed(os.environ)
    return embedded.start(names) if names else nullcontext()


def main(arguments: Sequence[str]) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aiqleads.settings")
    gc.set_threshold(ALLOCATIONS_PER_COLLECTION)
    from django.core.management import execute_from_command_line  # noqa: PLC0415  (only after the line above)

    from aiqleads.core import origins  # noqa: PLC0415  (it reads settings)

    try:
        with services_for(arguments), origins.coming_from(origins.of_work("command", (arguments or ["help"])[0])):
            execute_from_command_line(["manage.py", *arguments])
    except embedded.EmbeddedServiceError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(sys.argv[1:])
