"""Many tasks in a few processes, with progress by ticks, and an end when the user asks for one."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.connection import wait as wait_for_any
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Event
from typing import Any, TypeVar

from livercad.errors import Cancelled
from livercad.progress import Progress

Task = TypeVar("Task")
POLL_S = 0.5
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")

_tick: Callable[[int], None] | None = None
_function: Callable[[Any], None] | None = None


def cores() -> int:
    """CPU cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def tick(amount: int) -> None:
    """Tell from inside a task that work has been done; raises `Cancelled` when no more is wanted."""
    if _tick:
        _tick(amount)


def run_all(
    function: Callable[[Task], None],
    tasks: Sequence[Task],
    workers: int,
    total: int,
    progress: Progress,
    what: str,
    *,
    ticks: bool = False,
) -> None:
    """Run a function on every task.

    However this process ends, those of its own end with it: also by SIGKILL, which it cannot answer. Ctrl-C is for it
    alone to answer: where it raises KeyboardInterrupt, they are not waited for.

    Parameters
    ----------
    function : callable
        Can be pickled; sent to each process once, however much it holds. Its results go to files.
    tasks : sequence
        Sent to the processes.
    workers : int
        Processes; with 1 all runs in this one.
    total : int
        What the ticks add up to.
    progress : Progress
        May raise `Cancelled`; tasks then stop at their next tick.
    what : str
        Shown with the progress.
    ticks : bool, default False
        Whether the tasks call `tick`; else each counts 1 when it ends.

    Raises
    ------
    Exception
        The first that a task raises.
    """
    if not tasks:
        return
    progress(0, total, what)
    if workers <= 1 or len(tasks) == 1:
        _run_here(function, tasks, total, progress, what, ticks)
        return
    context = multiprocessing.get_context("spawn")  # a fork of a process with threads may hang
    done, stop = context.Value("q", 0), context.Event()
    count, arguments = min(workers, len(tasks)), (done, stop, function, ticks)
    others = multiprocessing.active_children()
    with _a_thread_each(), ProcessPoolExecutor(count, context, _start_worker, arguments) as pool:
        futures = {pool.submit(_run_task, task) for task in tasks}
        try:
            while futures:
                ended, futures = wait(futures, timeout=POLL_S, return_when=FIRST_EXCEPTION)
                for future in ended:
                    future.result()
                progress(done.value, total, what)
        except BaseException as error:
            stop.set()
            try:
                if isinstance(error, KeyboardInterrupt):
                    raise
                pool.shutdown(wait=True, cancel_futures=True)
            except KeyboardInterrupt:
                for process in set(multiprocessing.active_children()) - set(others):
                    process.kill()
                raise
            if isinstance(error, BrokenProcessPool):
                progress(done.value, total, what)  # SIGTERM to all processes at once is a wish to stop
            raise


@contextmanager
def _a_thread_each() -> Iterator[None]:
    """Have processes that start meanwhile compute with one thread: there are as many of them as cores."""
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _run_here(
    function: Callable[[Task], None], tasks: Sequence[Task], total: int, progress: Progress, what: str, ticks: bool
) -> None:
    global _tick
    done = 0

    def count(amount: int) -> None:
        nonlocal done
        done += amount
        progress(done, total, what)

    _tick = count
    try:
        for task in tasks:
            _run_one(function, task, ticks)
    finally:
        _tick = None


def _run_one(function: Callable[[Task], None], task: Task, ticks: bool) -> None:
    function(task)
    if not ticks:
        tick(1)


def _run_task(task: Any) -> None:
    if _function:
        _function(task)


def _start_worker(done: Synchronized[int], stop: Event, function: Callable[[Any], None], ticks: bool) -> None:
    global _tick, _function
    threading.Thread(target=_end_with_parent, name="end with parent", daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends Ctrl-C here too; the parent says when to stop

    def count(amount: int) -> None:
        if stop.is_set():
            raise Cancelled
        with done.get_lock():
            done.value += amount

    def run(task: Any) -> None:
        _run_one(function, task, ticks)

    _tick, _function = count, run


def _end_with_parent() -> None:
    """End this process as soon as that which started it is gone, whatever is being computed: nobody waits for it."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait_for_any([parent.sentinel])
        os._exit(1)
