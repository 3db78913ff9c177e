"""What commands ask before they touch the product's tables."""

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

from aiqleads.core.commands import is_behind


@pytest.mark.django_db
@pytest.mark.parametrize("behind", [None, "scraping", "django_celery_beat"])
def test_tables_are_behind_where_django_would_apply_a_migration(behind):
    leaves = MigrationExecutor(connection).loader.graph.leaf_nodes()
    for newest in leaves:
        if newest[0] == behind:
            MigrationRecorder(connection).record_unapplied(*newest)

    assert is_behind() is bool(MigrationExecutor(connection).migration_plan(leaves)) is bool(behind)
