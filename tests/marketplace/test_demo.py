"""`manage.py demo` as a newcomer runs it, with a tenth of the homes, after a power cut."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from psycopg import sql

from scraping.spiders import SLUGS

CLOSED_PARTS = ("/account/", "/members/", "/private/", "/reply/", "/staff/")
ROWS_THAT_STAY = ("leads_score", "pricing_quote", "marketplace_listing", "marketplace_leadslot", "leads_contact")
TOTALS = """
    SELECT 'lead ' || state, count(*) FROM leads_lead GROUP BY state
    UNION ALL SELECT 'adverts', count(DISTINCT (source_id, external_id_hash)) FROM leads_observation
    UNION ALL SELECT 'observations', count(*) FROM leads_observation
    UNION ALL SELECT 'contacts', count(*) FROM leads_contact
    UNION ALL SELECT 'listings', count(*) FROM marketplace_listing
    UNION ALL SELECT 'log-ins', count(*) FROM accounts_user
    UNION ALL SELECT 'credits', sum(balance) FROM billing_account WHERE organisation_id IS NOT NULL
"""


@dataclass(frozen=True)
class Demo:
    """A demo's own database, and its command."""

    database: dict[str, Any]
    environment: dict[str, str] = field(repr=False)

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(**self.database, autocommit=True) as asking:
            return asking.execute(sql.SQL(query)).fetchall()

    def totals(self) -> dict[str, int]:
        return dict(self.ask(TOTALS))

    def fingerprints(self) -> dict[str, tuple[Any, ...]]:
        """Whole tables in one number each: equal means that no row came, went or changed."""
        count = "SELECT count(*), md5(string_agg(kept::text, ' ' ORDER BY kept::text)) FROM {} kept"
        return {table: self.ask(count.format(table))[0] for table in ROWS_THAT_STAY}

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "demo", "--size-percent", "10"]
        return subprocess.Popen(
            [*command, *arguments],
            env=self.environment,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def load(self, *arguments: str) -> dict[str, dict[str, Any]]:
        """Load the demo whole and return what it says of each source's run."""
        with self.start("--json", *arguments) as process:
            output, _ = process.communicate(timeout=180)
        assert process.returncode == 0, output
        return {run["source"]: run for run in json.loads(output)["runs"]}


@pytest.fixture(scope="module")
def demo(django_db_setup: None, django_db_blocker: Any) -> Iterator[Demo]:
    """A demo whose database was migrated and holds nothing else yet."""
    server = {"host": connection.settings_dict["HOST"], "user": connection.settings_dict["USER"]}
    name = f"{connection.settings_dict['NAME']}_demo"

    def run_on_server(statement: str) -> None:
        with psycopg.connect(**server, dbname="postgres", autocommit=True) as asking:
            asking.execute(sql.SQL(statement).format(sql.Identifier(name)))

    run_on_server("DROP DATABASE IF EXISTS {}")
    run_on_server("CREATE DATABASE {} TEMPLATE template0")
    url = f"postgresql://{server['user']}@/{name}?host={server['host']}"
    environment = {**os.environ, "DATABASE_URL": url, "REDIS_URL": settings.REDIS_URL}
    manage = [sys.executable, str(settings.BASE_DIR / "manage.py"), "migrate", "--verbosity", "0"]
    subprocess.run(manage, env=environment, check=True)
    yield Demo({**server, "dbname": name}, environment)
    run_on_server("DROP DATABASE {} WITH (FORCE)")


@dataclass(frozen=True)
class LoadedTwice:
    """What a demo was after its first whole load, which followed a power cut, and after its second."""

    demo: Demo
    first_runs: dict[str, dict[str, Any]]
    first_totals: dict[str, int]
    first_rows: dict[str, tuple[Any, ...]]
    second_runs: dict[str, dict[str, Any]]
    access_log: list[str]


@pytest.fixture(scope="module")
def loaded_twice(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> LoadedTwice:
    access_log = tmp_path_factory.mktemp("sites") / "access.log"
    cut_the_power_in_the_middle_of_a_crawl(demo)
    first_runs = demo.load("--access-log", str(access_log))
    first_totals, first_rows = demo.totals(), demo.fingerprints()
    return LoadedTwice(
        demo=demo,
        first_runs=first_runs,
        first_totals=first_totals,
        first_rows=first_rows,
        access_log=Path(access_log).read_text().splitlines(),
        second_runs=demo.load(),
    )


def test_the_demo_loads_every_source_and_lists_leads(loaded_twice):
    assert set(loaded_twice.first_runs) == set(SLUGS)
    assert {run["state"] for run in loaded_twice.first_runs.values()} == {"finished"}
    assert all(run["new"] > 0 for run in loaded_twice.first_runs.values())
    assert loaded_twice.first_totals["listings"] == loaded_twice.first_totals["lead active"] > 20
    assert loaded_twice.first_totals["log-ins"] == 3


def test_what_the_power_cut_left_is_taken_up_and_nothing_is_kept_twice(loaded_twice):
    totals = loaded_twice.first_totals

    assert (
        totals["observations"]
        == totals["adverts"]
        == sum(run["new"] + run["seen"] for run in loaded_twice.first_runs.values())
    )
    assert not loaded_twice.demo.ask("SELECT 1 FROM scraping_crawlrun WHERE state = 'running'")
    assert not loaded_twice.demo.ask("SELECT 1 FROM core_outboxevent WHERE delivered_at IS NULL")


def test_the_same_day_again_changes_nothing(loaded_twice):
    met_again = {
        slug: (run["seen"], run["new"], run["changed"], run["gone"])
        for slug, run in loaded_twice.second_runs.items()
    }
    known = {slug: run["new"] + run["seen"] for slug, run in loaded_twice.first_runs.items()}

    assert met_again == {slug: (count, 0, 0, 0) for slug, count in known.items()}
    assert loaded_twice.demo.totals() == loaded_twice.first_totals
    assert loaded_twice.demo.fingerprints() == loaded_twice.first_rows


def test_the_sites_own_log_shows_no_request_for_what_their_robots_txt_closes(loaded_twice):
    asked = [line.split()[2] for line in loaded_twice.access_log]

    assert asked.count("/robots.txt") == len(SLUGS)
    assert not [path for path in asked if path.startswith(CLOSED_PARTS)]
    assert loaded_twice.demo.ask("SELECT 1 FROM scraping_crawlrequest WHERE reason = 'forbidden by robots.txt'")


def test_the_broken_and_the_slow_page_are_reported_and_the_rest_arrives(loaded_twice):
    pages = loaded_twice.demo.ask(
        "SELECT coalesce(status::text, reason), count(DISTINCT url) FROM scraping_crawlrequest "
        "WHERE outcome = 'failed' AND run_id IN (SELECT DISTINCT ON (source_id) id FROM scraping_crawlrun "
        "WHERE state = 'finished' ORDER BY source_id, started_at) GROUP BY 1"
    )

    failed = dict(pages)
    assert (failed.pop("500"), failed.pop("DownloadTimeoutError")) == (1, 1)
    assert failed.keys() <= {"404", "410"}


def cut_the_power_in_the_middle_of_a_crawl(demo: Demo) -> None:
    """Kill the demo and its crawls at once. Then let the minute pass that makes them look dead."""
    with demo.start() as process:
        while not demo.ask("SELECT 1 FROM leads_observation"):
            assert process.poll() is None
        os.killpg(process.pid, signal.SIGKILL)
    interrupted = demo.ask("SELECT 1 FROM scraping_crawlrun WHERE state = 'running'")
    demo.ask("UPDATE scraping_crawlrun SET heartbeat_at = heartbeat_at - interval '1 minute' RETURNING 1")
    assert interrupted
