"""Where the embedded services live, who may lock what, and which of them are needed."""

import os
import socket
import sys
import venv
from pathlib import Path

import pytest

import manage
from aiqleads import embedded
from aiqleads.embedded import environment, ports, services, system_user
from aiqleads.embedded.errors import EmbeddedServiceError
from aiqleads.embedded.locks import Lock
from aiqleads.embedded.places import Places, private_folder


def test_addresses_follow_from_the_folder_alone():
    places = Places(checkout=Path("/srv/market"), uid=1000)

    assert places.database_url == "postgresql://aiqleads@/aiqleads?host=%2Fsrv%2Fmarket%2F.data%2Frun"
    assert places.redis_url == "unix:///srv/market/.data/run/redis.sock"
    assert embedded.database_url() == Places().database_url
    assert embedded.redis_url() == Places().redis_url


@pytest.mark.parametrize("checkout", ["/srv/lead market", "/srv/m%C3%A4rkte", "/srv/" + "long/" * 20])
def test_sockets_of_an_awkward_path_live_in_a_short_folder(checkout):
    places = Places(checkout=Path(checkout), uid=1000)

    assert str(places.sockets).startswith("/tmp/aiqleads-1000-")  # noqa: S108  (compared, not used)
    assert len(str(places.sockets)) < 40


def test_two_checkouts_and_two_users_share_nothing():
    sockets = {
        Places(checkout=Path(checkout), uid=uid).sockets
        for checkout in ("/srv/lead market", "/srv/other market")
        for uid in (0, 1000, 1001)
    }

    assert len(sockets) == 6


def test_a_folder_that_is_a_link_is_refused(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "run").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(EmbeddedServiceError, match="is not a private folder"):
        private_folder(tmp_path / "run")


def test_a_folder_that_was_open_is_closed(tmp_path):
    (tmp_path / "run").mkdir(mode=0o755)

    private_folder(tmp_path / "run")

    assert (tmp_path / "run").stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a folder of somebody else's")
def test_a_folder_of_somebody_else_is_refused(tmp_path):
    (tmp_path / "run").mkdir()
    os.chown(tmp_path / "run", 4321, 4321)

    with pytest.raises(EmbeddedServiceError, match="belongs to uid 4321"):
        private_folder(tmp_path / "run")


def test_a_shared_lock_keeps_an_exclusive_one_out(tmp_path):
    path = tmp_path / "users.lock"
    with Lock(path) as first, Lock(path) as second, Lock(path) as keeper:
        assert first.acquire(shared=True)
        assert second.acquire(shared=True)

        assert not keeper.acquire()
        first.release()
        assert not keeper.acquire(wait_seconds=0.1)
        second.release()
        assert keeper.acquire()
        assert Lock(path).is_held_elsewhere()


def test_a_lock_file_that_was_left_behind_locks_nobody_out(tmp_path):
    (tmp_path / "run.lock").write_text("http://127.0.0.1:8000/ 12345")

    with Lock(tmp_path / "run.lock") as lock:
        assert not lock.is_held_elsewhere()
        assert lock.acquire()


def test_only_the_holder_writes_into_a_lock(tmp_path):
    with pytest.raises(RuntimeError, match="is not held"):
        Lock(tmp_path / "run.lock").write("mine")

    assert not (tmp_path / "run.lock").exists()


@pytest.mark.parametrize(
    ("variables", "written", "needed"),
    [
        ({}, "", ["postgres", "redis"]),
        ({"DATABASE_URL": ""}, "", ["postgres", "redis"]),
        ({"DATABASE_URL": "postgresql://db/x"}, "", ["redis"]),
        ({}, "REDIS_URL=redis://cache/0\n", ["postgres"]),
        ({"DATABASE_URL": "postgresql://db/x"}, "REDIS_URL='redis://cache/0'\n", []),
    ],
)
def test_each_variable_replaces_its_own_service(tmp_path, variables, written, needed):
    (tmp_path / ".env").write_text(written)

    assert services.needed(variables, Places(checkout=tmp_path)) == needed


@pytest.mark.parametrize(
    "arguments",
    [[], ["help"], ["--version"], ["migrate", "--help"], ["check"], ["check", "--deploy"], ["collectstatic"]],
)
def test_commands_that_touch_no_data_start_nothing(arguments):
    with manage.services_for(arguments) as running:
        assert running is None


def test_commands_with_configured_services_start_nothing(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://db/x")
    monkeypatch.setenv("REDIS_URL", "redis://cache/0")

    with manage.services_for(["migrate"]) as running:
        assert running is None


def test_a_folder_closed_to_others_is_seen(tmp_path):
    tmp_path.chmod(0o700)

    assert not system_user.may_enter(tmp_path)
    assert system_user.may_enter(Path("/usr"))
    assert system_user.may_run(Path("/bin/sh"))


def test_a_copy_is_readable_by_everybody_and_made_once(tmp_path):
    source = tmp_path / "package"
    (source / "bin").mkdir(parents=True)
    (source / "bin" / "server").write_text("program")
    (source / "bin" / "server").chmod(0o700)
    (source / "notes").write_text("text")
    (source / "notes").chmod(0o600)

    copy = system_user.reachable_copy([source], tmp_path / "copy")
    (source / "notes").write_text("newer text")
    again = system_user.reachable_copy([source], tmp_path / "copy")

    assert again == copy
    assert (copy / "package" / "bin" / "server").stat().st_mode & 0o777 == 0o755
    assert (copy / "package" / "notes").stat().st_mode & 0o777 == 0o644
    assert (copy / "package" / "notes").read_text() == "text"
    assert {path.name for path in tmp_path.iterdir()} == {"package", "copy"}


def test_a_taken_port_is_refused_with_one_that_is_free():
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = server.getsockname()[1]

        with pytest.raises(ports.PortUnusable) as refusal:
            ports.check_port("127.0.0.1", taken)

    assert str(refusal.value).startswith(
        f"Cannot listen on 127.0.0.1:{taken}: address already in use. Try: make run"
    )
    offered = int(str(refusal.value).rpartition("=")[2])
    ports.check_port("127.0.0.1", offered)
    assert not ports.answers("127.0.0.1", offered)


@pytest.mark.parametrize("text", ["", "eight", "0", "-1", "65536", "80.0"])
def test_a_port_that_is_none_is_refused(text):
    with pytest.raises(ports.PortUnusable, match=f"PORT={text} is not a port"):
        ports.port_number(text)


def test_an_old_python_is_refused_by_name():
    with pytest.raises(environment.Unbuildable, match=r"Python 3\.9 is too old: AIQLeads needs 3\.11"):
        environment.check_python((3, 9))

    environment.check_python((3, 11))
    environment.check_python((3, 13))


def environment_with_installer(checkout: Path, exit_code: int) -> None:
    """Make an environment whose installers install nothing and end with ``exit_code``."""
    for name in ("requirements.txt", "requirements-dev.txt", environment.WEIGHTS):
        (checkout / name).write_text("django==5.2\n")
    venv.create(checkout / ".venv", with_pip=False, symlinks=True)
    packages = checkout / ".venv" / "lib" / f"python3.{sys.version_info[1]}" / "site-packages"
    for name in ("pip.py", "uv.py"):
        (packages / name).write_text(f"import sys; __name__ == '__main__' and sys.exit({exit_code})")


def test_an_environment_is_current_until_a_requirement_changes(tmp_path, capfd):
    environment_with_installer(tmp_path, exit_code=0)
    assert not environment.is_current(tmp_path, "runtime")

    assert environment.main("development", tmp_path) == 0

    assert environment.is_current(tmp_path, "runtime")
    assert environment.is_current(tmp_path, "development")
    (tmp_path / "requirements-dev.txt").write_text("django==5.2\npytest\n")
    assert environment.is_current(tmp_path, "runtime")
    assert not environment.is_current(tmp_path, "development")
    capfd.readouterr()
    assert environment.main("runtime", tmp_path) == 0
    assert capfd.readouterr().out == ""
    (tmp_path / environment.WEIGHTS).write_text("the-same-weights==2.0\n")
    assert not environment.is_current(tmp_path, "runtime")


def test_an_environment_that_cannot_be_installed_is_not_taken_for_one(tmp_path, capfd):
    environment_with_installer(tmp_path, exit_code=1)

    assert environment.main("runtime", tmp_path) == 1

    assert "Once the package index is within reach, run make again." in capfd.readouterr().err
    assert not environment.is_current(tmp_path, "runtime")


def test_an_environment_whose_python_is_gone_is_not_current(tmp_path):
    for name in ("requirements.txt", environment.WEIGHTS):
        (tmp_path / name).write_text("django==5.2\n")
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / ".installed-runtime").write_text(environment.wanted(tmp_path, "runtime"))

    assert not environment.is_current(tmp_path, "runtime")


def test_a_system_user_that_cannot_be_added_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(EmbeddedServiceError, match="the system user 'nobody-here' could not be added"):
        system_user.find_or_add("nobody-here")
