"""What our commands share: arguments that can be read, and tables that are there."""

from argparse import ArgumentTypeError
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor


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
            is_behind = _is_behind()
        except OperationalError as error:
            raise CommandError("The database does not answer. Is it running, and is DATABASE_URL right?") from error
        if is_behind:
            if settings.ENVIRONMENT.database_url:
                raise CommandError("The database's tables are not up to date: run `manage.py migrate` first.")
            call_command("migrate", verbosity=0)
        return super().execute(*args, **options)


def _is_behind() -> bool:
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
