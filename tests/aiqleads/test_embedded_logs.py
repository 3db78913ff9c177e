"""Logs of the embedded services stay short and young, while their services write on."""

import os
from pathlib import Path

import pytest

from aiqleads.embedded import logs

NOW = 1_800_000_000.0
DAY = 24 * 3600


@pytest.fixture
def log(tmp_path: Path) -> Path:
    (tmp_path / "redis.log").write_bytes(b"first\n")
    logs.look_after(tmp_path / "redis.log", now=NOW)
    return tmp_path / "redis.log"


def before(log: Path) -> bytes:
    return log.with_name("redis.log.1").read_bytes()


def test_a_log_of_two_weeks_is_turned_and_its_writer_goes_on(log):
    with log.open("ab", buffering=0) as service:
        logs.look_after(log, now=NOW + 14 * DAY)
        assert (log.read_bytes(), before(log)) == (b"first\n", b"")
        logs.look_after(log, now=NOW + 14 * DAY + 1)
        service.write(b"second\n")

    assert (log.read_bytes(), before(log)) == (b"second\n", b"first\n")


def test_no_line_is_older_than_four_weeks(log):
    logs.look_after(log, now=NOW + 14 * DAY + 1)
    logs.look_after(log, now=NOW + 28 * DAY + 2)

    assert (log.read_bytes(), before(log)) == (b"", b"")


def test_a_long_log_is_turned_at_once(log):
    os.truncate(log, logs.LARGEST_BYTES)
    logs.look_after(log, now=NOW)
    assert log.stat().st_size == logs.LARGEST_BYTES

    os.truncate(log, logs.LARGEST_BYTES + 1)
    logs.look_after(log, now=NOW)

    assert (log.stat().st_size, len(before(log))) == (0, logs.LARGEST_BYTES + 1)


def test_a_log_that_is_not_there_is_no_error(tmp_path):
    logs.look_after(tmp_path / "none" / "redis.log", now=NOW)

    assert not (tmp_path / "none").exists()
