"""What a machine computes in, and how memory is kept from going to and fro."""

from __future__ import annotations

import ctypes
import sys

import psutil
import torch

from livercad.errors import ModelError

M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4
"""Parameters of glibc's ``mallopt`` (malloc.h)."""
KEPT_BYTES = 4 * 2**30
"""Of resident memory up to which a training keeps what it frees. Our choice."""


def chosen_device(wanted: str) -> str:
    """Choose where networks run.

    Parameters
    ----------
    wanted : str
        ``auto``, ``cpu`` or ``cuda``.

    Returns
    -------
    str
        ``cuda`` if it is there and not declined, else ``cpu``.

    Raises
    ------
    ModelError
        If CUDA is asked for and not there.
    """
    if wanted == "cuda" and not torch.cuda.is_available():
        raise ModelError(
            "the device", found="no CUDA GPU that torch can use", expected="one", todo="Use --device cpu or auto."
        )
    return "cuda" if wanted != "cpu" and torch.cuda.is_available() else "cpu"


def computes_in_bfloat16(device: str) -> bool:
    """Whether a device (``cpu`` or ``cuda``) multiplies in bfloat16, rather than to convert to and fro."""
    return bool(torch.cuda.is_bf16_supported() if device == "cuda" else torch.cpu._is_avx512_bf16_supported())


def keep_freed_memory() -> None:
    """Let this process keep the memory that it frees, where its C library is glibc.

    Layers of a 3-D network on a CPU take and free blocks of hundreds of MB. By default each goes back to the system at
    once and comes back page by page, which takes as long as the convolutions.
    """
    if library := _glibc():
        library.mallopt(M_MMAP_MAX, 0)
        library.mallopt(M_TRIM_THRESHOLD, 2**31 - 1)


def give_back_freed_memory(above: int = 0) -> None:
    """Give back what this process has freed and kept: between two works that need much memory each.

    Parameters
    ----------
    above : int
        Bytes of resident memory up to which all is kept. What is kept falls to pieces where each work takes blocks of
        other sizes: without a limit it grows by hundreds of MB a step.
    """
    library = _glibc()
    if library and psutil.Process().memory_info().rss > above:
        library.malloc_trim(0)


def _glibc() -> ctypes.CDLL | None:
    library = ctypes.CDLL(None) if sys.platform == "linux" else None
    return library if library and hasattr(library, "mallopt") and hasattr(library, "malloc_trim") else None
