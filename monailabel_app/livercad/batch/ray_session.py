"""Starting Ray, here or on a cluster, quietly; and how much of a machine a worker gets."""

from __future__ import annotations

import logging
import math
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from livercad.errors import InputError, LiverCADError

OBJECT_STORE_BYTES = 100 * 2**20
"""Nearly the smallest that Ray takes: images go from disk to worker, none through Ray."""

KNOCK_S = 10.0
"""How long to wait for a cluster's answer."""


@dataclass(frozen=True)
class Share:
    """What one worker gets.

    Parameters
    ----------
    workers : int
        How many there are.
    cpus : int
        Cores that Ray sets aside for one worker.
    gpus : float
        GPUs of one worker; below 1 some share one.
    threads : int
        Threads that its networks run in. On this machine they are those of a single process, though workers then take
        turns on the cores: in bfloat16 networks round differently in another number of threads (Dice .999 for the
        liver of a portal CT in one thread and in two), and how cases are computed must not change a result. On a
        cluster, whose machines are not alike anyhow, they are `cpus`.
    """

    workers: int
    cpus: int
    gpus: float
    threads: int


@contextmanager
def ray_session(workers: int | None, cluster: str | None) -> Iterator[Share]:
    """Start Ray on this machine, or join a cluster. A session that the program has open already is used and kept.

    Without `cluster` Ray listens on this machine's loopback address only, and no cluster that happens to run here or
    that ``RAY_ADDRESS`` names is joined.

    Parameters
    ----------
    workers : int or None
        How many are wanted; None for one a machine.
    cluster : str or None
        Address of a running cluster, for example ``host:6379`` or ``ray://host:10001``.

    Yields
    ------
    Share
        What each worker is to ask for.

    Raises
    ------
    LiverCADError
        If Ray is not installed.
    InputError
        If there is no cluster at the address.
    """
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ["RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO"] = "0"  # what later versions of Ray do anyway, without its warning
    if cluster is None:
        # Read when Ray is imported. Whatever its name says, 0 keeps Ray on the loopback address on any system: its
        # ports run any code for whoever reaches them.
        os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"
    try:
        import ray
    except ImportError:
        raise LiverCADError(
            "--workers and --cluster",
            found="no Ray",
            expected="the extra `cluster`",
            todo="Install it with `pip install 'livercad[cluster]'`, or leave these options out.",
        ) from None
    if ray.is_initialized():
        yield share_of(workers, _own_threads())
        return
    _silence_raylet()
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.CRITICAL}
    if cluster is None:
        ray.init(
            address="local",
            num_cpus=max(os.cpu_count() or 1, workers or 1),
            include_dashboard=False,
            object_store_memory=OBJECT_STORE_BYTES,
            **quiet,
        )
    else:
        try:
            _knock(cluster)
            ray.init(address=cluster, **quiet)
        except (ValueError, RuntimeError, OSError) as error:
            raise InputError(
                f"--cluster {cluster}",
                found=f"no Ray cluster ({str(error).splitlines()[0]})",
                expected="the address of a running one, such as host:6379",
                todo="Start it with `ray start --head` (where it asks for a token, set RAY_AUTH_MODE=token here too), "
                "or use --workers alone.",
            ) from error
    try:
        yield share_of(workers, None if cluster else _own_threads())
    finally:
        ray.shutdown()


def _knock(cluster: str) -> None:
    """See whether anybody listens at an address: Ray itself takes ten minutes to give up."""
    if cluster != "auto":
        address = urlsplit(cluster if "//" in cluster else f"ray://{cluster}")
        if not address.hostname or not address.port:
            raise ValueError("no host and port in it")
        socket.create_connection((address.hostname, address.port), KNOCK_S).close()


def _silence_raylet() -> None:
    """Keep Ray's advice on dead workers, some ten lines each, off the bar; the batch tells what has happened.

    Ray has no public switch for it: ``log_to_driver`` is about the output of workers only.
    """
    from ray._private import worker

    worker.print_to_stdstream = lambda *arguments, **options: None


def _own_threads() -> int:
    """The threads that networks run in when this process computes; ``OMP_NUM_THREADS`` sets them."""
    import torch

    return torch.get_num_threads()


def share_of(workers: int | None, threads: int | None) -> Share:
    """Split the smallest machine of the session, so that a share fits on every one.

    Parameters
    ----------
    workers : int or None
        How many are wanted; None for one a machine.
    threads : int or None
        Threads of each; None for as many as its cores.

    Returns
    -------
    Share
        At least one core. GPUs are shared as evenly as whole workers on whole GPUs allow.
    """
    import ray

    machines = [node["Resources"] for node in ray.nodes() if node["Alive"] and node["Resources"].get("CPU")]
    workers = workers or len(machines)
    on_one = math.ceil(workers / len(machines))
    cpus = max(1, int(min(machine["CPU"] for machine in machines)) // on_one)
    gpus = int(sum(machine.get("GPU", 0) for machine in machines))
    return Share(workers, cpus, 1 / math.ceil(workers / gpus) if gpus else 0, threads or cpus)
