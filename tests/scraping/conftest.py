"""Crawls in processes of their own, which must find the database of the tests."""

import pytest
from django.conf import settings
from django.db import connection


@pytest.fixture
def for_subprocesses(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment in which `manage.py` works on this test's database and Redis."""
    database = connection.settings_dict
    url = f"postgresql://{database['USER']}@/{database['NAME']}?host={database['HOST']}"
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("REDIS_URL", settings.REDIS_URL)
