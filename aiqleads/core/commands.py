"""What our commands share: arguments that can be read, and tables that are there."""

from argparse import ArgumentTypeError
from importlib.util import find_spec
from pkgutil import iter_modules
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder


def text(argument: str) -> str:
    """Read an argument's words.

    :raises ArgumentTypeError: it holds control characters, or bytes that are no UTF-8
    """
    if not argument.isprintable():
        raise ArgumentTypeError(f"{argument!r} is no readable text")
    return argument


class DataCommand(BaseCommand):
    """A command over the product's tables.

    The embedded database of a fresh checkout is migrated first; any other is its operator's to migrate.
    """

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            must_migrate = is_behind()
        except OperationalError as error:
            raise CommandError("The database does not answer. Is it running, and is DATABASE_URL right?") from error
        if must_migrate:
            if settings.ENVIRONMENT.database_url:
                raise CommandError("The database's tables are not up to date: run `manage.py migrate` first.")
            call_command("migrate", verbosity=0)
        return super().execute(*args, **options)


def is_behind() -> bool:
    """Whether a migration that we have was not applied: by name, for loading them takes longer than asking."""
    applied = MigrationRecorder(connection).applied_migrations().keys()
    return not _known_migrations() <= applied


def _known_migrations() -> set[tuple[str, str]]:
    modules = {
        config.label: MigrationLoader.migrations_module(config.label)[0] for config in apps.get_app_configs()
    }
    return {
        (label, found.name)
        for label, name in modules.items()
        if name and (package := find_spec(name)) is not None
        for found in iter_modules(package.submodule_search_locations)
        if not found.ispkg and found.name[0] not in "_~"
    }
