"""Marks of processes: who was killed is seen at once on its own machine, and never guessed from another."""

import os
import subprocess
import sys

from aiqleads.core import processes

TELL = "from aiqleads.core import processes; print(processes.own_mark(), flush=True); input()"


def test_a_process_lives_until_it_is_killed_even_where_nobody_has_reaped_it():
    with subprocess.Popen(
        [sys.executable, "-c", TELL], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        mark = process.stdout.readline().strip()
        was_alive = not processes.has_ended(mark)
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and is a zombie still

        assert was_alive
        assert processes.has_ended(mark)
    assert processes.has_ended(mark)


def test_another_process_under_the_same_number_is_another():
    place, number, start = processes.own_mark().rsplit(" ", 2)

    assert not processes.has_ended(f"{place} {number} {start}")
    assert processes.has_ended(f"{place} {number} {int(start) - 1}")


def test_nothing_is_said_of_a_process_that_cannot_be_seen_from_here():
    assert not processes.has_ended("another-boot pid:[1] 999999 1")
    assert not processes.has_ended("")
