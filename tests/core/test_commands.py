"""What commands ask before they touch the product's tables."""

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

from aiqleads.core.commands import is_behind


@pytest.mark.django_db
@pytest.mark.parametrize("behind", [None, "scraping", "django_celery_beat"])
def test_tables_are_behind_where_django_would_apply_a_migration(behind):
    graph = MigrationExecutor(connection).loader.graph
    leaves = graph.leaf_nodes()
    for newest in leaves:
        if newest[0] == behind:
            for name in (newest, *graph.nodes[newest].replaces):
                MigrationRecorder(connection).record_unapplied(*name)

    assert is_behind() is bool(MigrationExecutor(connection).migration_plan(leaves)) is bool(behind)
