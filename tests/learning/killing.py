"""Kills a process at a random moment of its work, again and again."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection

TIMES = 25
MOST_AWAITED = 4
"""Pieces that are waited for before a kill: however slow a machine is, some are done."""
FSYNC = os.fsync
"""As it is outside of the tests: without it a process would write too much."""
Work = Callable[[Callable[[int], None]], None]


def killed_at_work(work: Work, times: int = TIMES, seed: int = 0) -> Iterator[list[int]]:
    """Let a process work until it is killed with SIGKILL, `times` times; yields what it had told to be done.

    Parameters
    ----------
    work : callable
        Works without end, and calls what it is given with a number for each piece that is done.
    """
    rng = random.Random(seed)
    context = multiprocessing.get_context("fork")
    for _ in range(times):
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=_child, args=(work, theirs))
        process.start()
        theirs.close()
        done = [ours.recv() for _ in range(rng.randint(1, MOST_AWAITED))]  # it is at work now
        time.sleep(rng.uniform(0, 0.01))
        os.kill(process.pid or 0, signal.SIGKILL)
        process.join()
        try:
            while True:
                done.append(ours.recv())
        except EOFError:
            yield done


def _child(work: Work, pipe: Connection) -> None:
    os.fsync = FSYNC
    work(pipe.send)
