"""The test databases: copies of one that is migrated once and kept until a migration changes."""

import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import psycopg
from django.apps import apps
from django.conf import settings
from django.db import connection
from psycopg import sql

_PREFIX: Final = "template_for_tests_"
_LOCK: Final = 20_251_121


def url_of(database: str) -> str:
    """Return the address of a database on the server that the tests use, for processes of their own."""
    known = connection.settings_dict
    user = ":".join(quote(known[part], safe="") for part in ("USER", "PASSWORD") if known[part])
    host = known["HOST"]
    if host.startswith("/"):
        return f"postgresql://{user}@/{database}?host={quote(host)}"
    return f"postgresql://{user}@{host}:{known['PORT'] or 5432}/{database}"


def run_on_server(statement: str, *names: str) -> list[tuple[Any, ...]]:
    """Run a statement that concerns whole databases, whose ``names`` it leaves open."""
    with psycopg.connect(url_of("postgres"), autocommit=True) as asking:
        done = asking.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
        return done.fetchall() if done.description else []


def migrated_template() -> str:
    """Return the name of a migrated database to copy, after making it where a migration is new."""
    name = f"{_PREFIX}{_fingerprint()}"
    with psycopg.connect(url_of("postgres"), autocommit=True) as waiting:
        waiting.execute("SELECT pg_advisory_lock(%s)", [_LOCK])  # of several workers, one makes it
        kept = [row[0] for row in run_on_server("SELECT datname FROM pg_database") if row[0].startswith(_PREFIX)]
        if name not in kept:
            for old in kept:
                run_on_server("DROP DATABASE {}", old)
            _make(name)
    return name


def _make(name: str) -> None:
    unfinished = f"{_PREFIX}unfinished"
    run_on_server("CREATE DATABASE {} TEMPLATE template0", unfinished)
    migrate = [sys.executable, str(settings.BASE_DIR / "manage.py"), "migrate", "--verbosity", "0"]
    environment = {**os.environ, "DATABASE_URL": url_of(unfinished), "REDIS_URL": settings.REDIS_URL}
    subprocess.run(migrate, env=environment, check=True)
    run_on_server("ALTER DATABASE {} RENAME TO {}", unfinished, name)


def _fingerprint() -> str:
    """Of every app's migrations, ours and the libraries'."""
    told = sha256()
    for path in sorted(file for app in apps.get_app_configs() for file in Path(app.path).glob("migrations/*.py")):
        told.update(path.read_bytes())
    return told.hexdigest()[:16]
