"""The embedded services with real processes: they live as long as their users, whatever is killed."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from aiqleads.embedded import keeper, processes, services, system_user
from aiqleads.embedded.errors import EmbeddedServiceError
from aiqleads.embedded.locks import Lock
from aiqleads.embedded.places import CHECKOUT, Places
from aiqleads.embedded.postgres import Postgres
from tests.aiqleads.conftest import wait_until

USER_OF_BOTH = """
import sys
from pathlib import Path
from aiqleads.embedded import places, services
services.start(places=places.Places(checkout=Path(sys.argv[1])))
print("started", flush=True)
sys.stdin.read()
"""


def answer(places: Places) -> int:
    with psycopg.connect(places.database_url) as connection:
        row = connection.execute("SELECT 42").fetchone()
    assert row is not None
    return row[0]


def ping(places: Places) -> bool:
    return bool(redis.from_url(places.redis_url).ping())


def keeper_of(name: str, places: Places) -> psutil.Process:
    words = ["keep", name, "--checkout", str(places.checkout)]
    (found,) = [process for process in psutil.process_iter() if command_line(process)[-4:] == words]
    return found


def command_line(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def is_kept(name: str, places: Places) -> bool:
    return Lock(places.keeper_lock(name)).is_held_elsewhere()


def works_again(name: str, places: Places) -> bool:
    try:
        return ping(places) if name == "redis" else answer(places) == 42
    except (psycopg.OperationalError, redis.ConnectionError):
        return False


def test_services_stop_with_their_last_user(places):
    first = services.start(places=places)
    second = services.start(places=places)

    first.stop()

    assert answer(places) == 42
    assert ping(places)
    second.stop()
    assert not is_kept("postgres", places)
    assert not is_kept("redis", places)
    assert not places.postgres_socket.exists()
    assert not places.redis_socket.exists()


def test_database_is_utf8_in_utc_without_a_network_door(places):
    with services.start(["postgres"], places), psycopg.connect(places.database_url) as connection:
        settings = connection.execute(
            "SELECT current_setting('server_encoding'), current_setting('TimeZone'), "
            "current_setting('listen_addresses'), current_setting('fsync'), current_setting('max_connections')"
        ).fetchone()
        connection.execute("CREATE EXTENSION IF NOT EXISTS vector")

    assert settings == ("UTF8", "UTC", "", "on", "200")


def test_sockets_are_for_their_owner_alone(places):
    with services.start(places=places):
        assert places.sockets.stat().st_mode & 0o777 == 0o700
        assert places.redis_socket.stat().st_mode & 0o777 == 0o700


def test_a_killed_user_frees_its_share(places):
    user = subprocess.Popen(
        [sys.executable, "-c", USER_OF_BOTH, str(places.checkout)],
        cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    with user:
        assert user.stdout is not None
        assert user.stdout.readline() == b"started\n"
        assert answer(places) == 42

        user.kill()

        wait_until(lambda: not is_kept("postgres", places) and not is_kept("redis", places))


@pytest.mark.parametrize("name", ["postgres", "redis"])
def test_a_killed_service_is_started_again_by_its_keeper(places, name):
    with services.start([name], places):
        (server,) = keeper_of(name, places).children()

        server.kill()

        wait_until(lambda: not server.is_running())
        wait_until(lambda: works_again(name, places))


@pytest.mark.parametrize("name", ["postgres", "redis"])
def test_a_killed_keeper_takes_its_service_along_and_is_replaced(places, name):
    with services.start([name], places) as running:
        (server,) = keeper_of(name, places).children()

        keeper_of(name, places).kill()

        wait_until(lambda: not server.is_running())
        running.ensure()
        assert works_again(name, places)


def test_a_keeper_that_is_told_to_stop_stops_its_service(places):
    with services.start(["redis"], places):
        keeper_of("redis", places).terminate()

        wait_until(lambda: not is_kept("redis", places))
        assert not places.redis_socket.exists()


def test_a_second_keeper_ends_at_once(places):
    with services.start(["redis"], places):
        assert keeper.keep("redis", places) == 0


def test_a_pid_file_whose_number_another_program_wears_is_dropped(places):
    service = Postgres(places)
    with services.start(["postgres"], places):
        pass
    identity = system_user.identity(service.user)
    with subprocess.Popen([shutil.which("sleep") or "sleep", "60"], cwd="/", **identity) as stranger:
        (places.cluster / "postmaster.pid").write_text(
            f"{stranger.pid}\n{places.cluster}\n0\n5432\n/x\n\n1 1\nready\n"
        )

        with services.start(["postgres"], places):
            assert answer(places) == 42

        assert stranger.poll() is None
        stranger.kill()


@pytest.mark.parametrize("name", ["postgres", "redis"])
def test_a_server_without_a_keeper_gives_way(places, name):
    service = keeper.SERVICES[name](places)
    with services.start([name], places):
        pass
    log = places.log("orphan").open("wb")
    identity = system_user.identity(service.user)
    with log, subprocess.Popen(service.command(), cwd="/", stdout=log, stderr=log, **identity) as orphan:
        wait_until(service.is_ready)

        with services.start([name], places):
            assert works_again(name, places)

        assert orphan.wait(10) == 0


def test_a_server_that_cannot_start_is_given_up_with_its_reason(places):
    with services.start(["postgres"], places):
        pass
    settings = places.cluster / "postgresql.conf"
    good = settings.read_text()
    settings.write_text("no_such_setting = on\n")

    with pytest.raises(EmbeddedServiceError, match="postgres failed to start 5 times"):
        services.start(["postgres"], places)

    assert "no_such_setting" in places.log("postgres").read_text()
    assert not is_kept("postgres", places)
    settings.write_text(good)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has another user run PostgreSQL")
def test_a_database_that_was_closed_off_later_is_refused(places):
    with services.start(["postgres"], places):
        pass
    places.checkout.chmod(0o700)

    with pytest.raises(EmbeddedServiceError, match="out of reach of the system user 'aiqleads'"):
        Postgres(places).prepare()

    places.checkout.chmod(0o755)


def test_a_socket_that_nobody_listens_on_is_no_obstacle(places):
    with services.start(["redis"], places):
        pass
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(places.redis_socket))

    with services.start(["redis"], places):
        assert ping(places)


def test_data_outlive_a_stop(places):
    with services.start(["postgres"], places), psycopg.connect(places.database_url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")

    with services.start(["postgres"], places), psycopg.connect(places.database_url) as connection:
        assert connection.execute("SELECT number FROM kept").fetchone() == (7,)


def test_a_database_of_another_version_is_refused_and_left_alone(places):
    with services.start(["postgres"], places):
        pass
    version = places.cluster / "PG_VERSION"
    version.write_text("9\n")

    with pytest.raises(EmbeddedServiceError) as refusal:
        services.start(["postgres"], places)

    assert "is of PostgreSQL 9; installed is 18" in str(refusal.value)
    assert str(places.log("postgres")) in str(refusal.value)
    assert version.read_text() == "9\n"
    version.write_text("18\n")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a database somebody else's")
def test_a_database_of_another_user_is_refused(places):
    with services.start(["postgres"], places):
        pass
    owner = places.cluster.stat()
    os.chown(places.cluster, 4321, 4321)

    with pytest.raises(EmbeddedServiceError, match=r"was made by another user \(uid 4321\)"):
        Postgres(places).prepare()

    os.chown(places.cluster, owner.st_uid, owner.st_gid)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has another user run PostgreSQL")
def test_a_closed_checkout_of_root_stays_closed(closed_places):
    with services.start(places=closed_places):
        assert answer(closed_places) == 42
        assert ping(closed_places)

    assert closed_places.checkout.parent.stat().st_mode & 0o777 == 0o700
    assert closed_places.cluster.is_symlink()
    assert closed_places.cluster.resolve().is_relative_to(closed_places.system_folder)


def test_processes_that_ignore_a_request_are_killed(tmp_path: Path):
    command = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); signal.pause()"
    with subprocess.Popen([sys.executable, "-c", command], stdout=subprocess.PIPE) as stubborn:
        assert stubborn.stdout is not None
        stubborn.stdout.readline()

        code = processes.end(stubborn, gently=signal.SIGTERM, within_seconds=0.1)

    assert code == -signal.SIGKILL
