"""Each guard of the database has a test that names it: one that is never tried may as well not be there.

What Django names after a kind of column is Django's to test; what is written once is found and tried by table.
"""

import re
from pathlib import Path
from typing import Final

import pytest
from django.db import connection

TESTS: Final = Path(__file__).parents[1]
NAMES: Final = r"""
    WITH ours AS (SELECT oid FROM pg_class WHERE relname ~ '^(ai|billing|leads|marketplace|pricing)_')
    SELECT conname FROM pg_constraint WHERE contype IN ('c', 'u', 'x') AND conrelid IN (SELECT oid FROM ours)
        AND conname !~ '_(check|key|uniq)$'
    UNION SELECT relname FROM pg_index JOIN pg_class ON oid = indexrelid
        WHERE indisunique AND NOT indisprimary AND indrelid IN (SELECT oid FROM ours) AND relname !~ '_(key|uniq)$'
    UNION SELECT refusal[1] FROM pg_proc, regexp_matches(prosrc, '_refuse\(''(\w+)''', 'g') refusal
    UNION SELECT refusal[1] FROM pg_proc, regexp_matches(prosrc, 'CONSTRAINT = ''(\w+)''', 'g') refusal
    UNION SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgrelid IN (SELECT oid FROM ours)
        AND tgfoid <> 'core_refuse_change'::regproc
"""


@pytest.mark.django_db
def test_no_guard_is_without_a_test_that_names_it():
    with connection.cursor() as cursor:
        cursor.execute(NAMES)
        names = {name for (name,) in cursor.fetchall()}
    words = {word for path in TESTS.rglob("*.py") for word in re.findall(r"\w+", path.read_text())}

    assert len(names) > 100
    assert names - words == set()
