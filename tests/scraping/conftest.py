"""What tests of crawls share: one process from which crawls are forked, since starting one takes seconds."""

import os
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import connection

from tests.database import url_of
from tests.scraping.crawl_forks import Forks, forking
from tests.scraping.killing import Killer, counting_steps


@pytest.fixture(scope="session")
def shared_forks(django_db_setup: None) -> Iterator[Forks]:
    ours = {"DATABASE_URL": url_of(connection.settings_dict["NAME"]), "REDIS_URL": settings.REDIS_URL}
    untraced = {name: value for name, value in os.environ.items() if name != "COVERAGE_PROCESS_CONFIG"}
    with forking(environment=untraced | ours) as forks:
        yield forks


@pytest.fixture
def forks(shared_forks: Forks, transactional_db: None) -> Forks:
    """Crawls in processes of their own, in this test's database."""
    return shared_forks


@pytest.fixture
def killer(forks: Forks) -> Iterator[Killer]:
    with counting_steps(forks, url_of(connection.settings_dict["NAME"])) as killing:
        yield killing
