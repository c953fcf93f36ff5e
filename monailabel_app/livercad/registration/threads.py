"""Work in small tensors, in one thread."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from threadpoolctl import threadpool_limits


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep torch to the calling thread, also as a decorator.

    Several threads on a small tensor mostly wait for each other; where other work takes the cores, a hundred times as
    long as the work itself takes in one.
    """
    torch.get_num_threads()  # sets a new thread up, which would lift the limit later
    with threadpool_limits(1, user_api="openmp"):
        yield
