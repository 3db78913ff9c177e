"""What our commands share: tables that are there."""

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor


class DataCommand(BaseCommand):
    """A command over the product's tables.

    The embedded database of a fresh checkout is migrated first; any other is its operator's to migrate.
    """

    def execute(self, *args: Any, **options: Any) -> str | None:
        if _is_behind():
            if settings.ENVIRONMENT.database_url:
                raise CommandError("The database's tables are not up to date: run `manage.py migrate` first.")
            call_command("migrate", verbosity=0)
        return super().execute(*args, **options)


def _is_behind() -> bool:
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
