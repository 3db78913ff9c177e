"""All threads of a process share the one loop that its calls run on."""

import asyncio
import multiprocessing
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from ai import clients

THREADS = 20
PROCESSES = 5


async def loop_of_a_call() -> int:
    return id(asyncio.get_running_loop())


def call_at_once() -> None:
    """What a process does first: twenty of its threads call. It exits with how many loops they ran on."""
    sys.setswitchinterval(1e-6)
    together = Barrier(THREADS)

    def call() -> int:
        together.wait()
        return clients.wait_for(loop_of_a_call())

    with ThreadPoolExecutor(THREADS) as threads:
        loops = {future.result() for future in [threads.submit(call) for _ in range(THREADS)]}
    sys.exit(len(loops))


def test_threads_that_call_first_and_at_once_share_one_loop():
    processes = [multiprocessing.get_context("fork").Process(target=call_at_once) for _ in range(PROCESSES)]
    for process in processes:
        process.start()
        process.join()

    assert [process.exitcode for process in processes] == [1] * PROCESSES
