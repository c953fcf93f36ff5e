"""The output folder: checked before any work, held by one batch at a time, tidy after a crash."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from livercad.batch.outputs import HIDDEN, fresh_folder, holds_cases, is_result, recover
from livercad.errors import InputError
from livercad.studies.atomic import write_text
from livercad.studies.files import RESULTS_MARK

LOG = "livercad.log"
"""Tracebacks of errors that nobody expected."""

SPACE_NEEDED_BYTES = 100 * 2**20
"""Room for a few cases: masks and report of one take a few MB, up to 20 with many lesions."""


def token_file(out: Path) -> Path:
    """Holds a word that only this batch knows: a worker that reads it sees the same folder as the driver."""
    return out / HIDDEN / "token"


@contextmanager
def opened(out: Path) -> Iterator[str]:
    """Make the output folder ready and keep other batches out of it.

    It is marked as one of results at once, so that a batch that is killed leaves nothing that passes for studies. Where
    the batch ends with an error before the first case, all that was made here is removed again.

    Parameters
    ----------
    out : Path
        Made where it is missing. What a killed batch left under way is thrown away.

    Yields
    ------
    str
        This batch's token, see `token_file`.

    Raises
    ------
    InputError
        If the folder cannot be made or written to, is full, or another batch is at work in it.
    """
    lock = FileLock(out / HIDDEN / "lock")
    made = [folder for folder in (out, *out.parents) if not folder.exists()]
    try:
        (out / HIDDEN).mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout:
        raise InputError(
            out,
            found="another livercad analyze at work in this folder",
            expected="one at a time",
            todo="Wait until it is done, or name another --output.",
        ) from None
    except OSError as error:
        raise _unusable(out, error) from error
    new = not (out / RESULTS_MARK).exists()
    try:
        try:
            recover(out)
            if new:
                write_text(out / RESULTS_MARK, "{}\n")
            token = uuid.uuid4().hex
            token_file(out).write_text(token)
            check_space(out)
        except OSError as error:
            raise _unusable(out, error) from error
        yield token
    except BaseException:
        if new and not holds_cases(out):
            _remove(out, made)
        raise
    finally:
        shutil.rmtree(fresh_folder(out), ignore_errors=True)
        token_file(out).unlink(missing_ok=True)
        lock.release()


def check_space(out: Path) -> None:
    """Make sure that there is room for results before time goes into them.

    Parameters
    ----------
    out : Path
        The output folder.

    Raises
    ------
    InputError
        If less than `SPACE_NEEDED_BYTES` are free.
    """
    free = shutil.disk_usage(out).free
    if free < SPACE_NEEDED_BYTES:
        raise InputError(
            out,
            found=f"{free / 2**20:.0f} MiB free",
            expected=f"at least {SPACE_NEEDED_BYTES / 2**20:.0f} MiB",
            todo="Make room or name another --output, then run the same command again: it goes on where it stopped.",
        )


def check_not_foreign(out: Path, cases: list[str]) -> None:
    """Make sure that no folder is overwritten that holds something else than a case's results.

    Parameters
    ----------
    out : Path
        The output folder.
    cases : list of str
        Cases about to be written.

    Raises
    ------
    InputError
        If ``OUT/<case>`` exists without a manifest or a failure in it, for example because it holds the study.
    """
    for case in cases:
        folder = out / case
        if folder.exists() and not is_result(folder) and (not folder.is_dir() or any(folder.iterdir())):
            raise InputError(
                folder,
                found="something that livercad analyze has not written",
                expected="a new or empty folder, or an earlier result",
                todo="Name another --output.",
            )


def log_failure(out: Path, case: str, traceback: str) -> None:
    """Append the traceback of an unexpected error to the output folder's log."""
    with (out / LOG).open("a", encoding="utf-8") as log:
        log.write(f"{datetime.now().astimezone().isoformat(timespec='seconds')} {case}\n{traceback}\n")


def _remove(out: Path, made: list[Path]) -> None:
    shutil.rmtree(out / HIDDEN, ignore_errors=True)
    (out / RESULTS_MARK).unlink(missing_ok=True)
    with suppress(OSError):  # what is not empty stays
        for folder in made:
            folder.rmdir()


def _unusable(out: Path, error: OSError) -> InputError:
    return InputError(
        out,
        found=error.strerror or str(error),
        expected="a folder that can be written to",
        todo="Mend its permissions or name another --output.",
    )
