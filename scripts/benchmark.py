"""How fast an analysis is, stage by stage, beside the published networks used plainly; and what it needs in memory.

    python scripts/benchmark.py [CT] [--repeats 3] [--memory]

CT is an image, or the folder of one case with several phases, whose steps are timed phase by phase. Without it a
phantom is made. Everything runs in this one process, one after the other, so that the ratios hold
on a machine whose speed drifts; the single times do not. `--memory` measures the peak of a study whose phases all have
512 x 512 x 600 voxels in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import nibabel as nib
import numpy as np
import plain_networks as plain
from rich.console import Console
from rich.table import Table

from livercad.batch.manifest import hash_inputs
from livercad.batch.outputs import FINDINGS, recover
from livercad.batch.work import State, analyse_case
from livercad.core.findings import TOTAL
from livercad.core.volume import Volume
from livercad.models.champions import champion
from livercad.networks.leuven_unet import lesion_unet, liver_unet
from livercad.phantom.studies import write_ct_studies
from livercad.pipeline.analyzer import Analyzer
from livercad.progress import silent
from livercad.segmentation import lesions, liver
from livercad.segmentation.runtimes import Runtime, load_runtime
from livercad.segmentation.weights import load_weights
from livercad.settings import Settings
from livercad.studies.discover import find_studies
from livercad.studies.study import Series, Study

LONG_STUDY = (512, 512, 600)


class Watched:
    """A runtime that adds up how long its networks ran, compiling included."""

    seconds = 0.0

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self.name = runtime.name

    def for_windows(self, shape: tuple[int, int, int]) -> Callable[[Any], Any]:
        """Watch every window, and the preparation for them."""
        predict = self._watch(self._runtime.for_windows, shape)
        return lambda window: self._watch(predict, window)

    def _watch(self, call: Callable[[Any], Any], argument: Any) -> Any:
        start = time.perf_counter()
        result = call(argument)
        Watched.seconds += time.perf_counter() - start
        return result


def analyzer(make: Callable[..., Runtime]) -> Analyzer:
    """The product's pipeline on runtimes that `make` gives."""
    with patch.object(liver, "load_runtime", make), patch.object(lesions, "load_runtime", make):
        return Analyzer.load(Settings())


def dice(a: Any, b: Any) -> float:
    """Overlap of two masks; 1 for two empty ones."""
    a, b = np.asarray(a) > 0, np.asarray(b) > 0
    return float(2 * (a & b).sum() / max(1, a.sum() + b.sum())) if a.any() or b.any() else 1.0


def timed(call: Callable[[], Any]) -> tuple[Any, float]:
    """What a call gives, and its seconds."""
    start = time.perf_counter()
    result = call()
    return result, time.perf_counter() - start


def stages(study: Study, product: Analyzer, repeats: int) -> list[dict[str, float]]:
    """Time every stage of a case in a batch, from the hash of its file to the written report.

    Files are read and phases registered beside the networks: the stages of several phases add up to more than the
    total, and each is slowed by what runs beside it.
    """
    rows = []
    for _ in range(repeats + 1):
        Watched.seconds = 0.0
        with tempfile.TemporaryDirectory() as folder:
            total = batch_case(study, product, Path(folder))
            findings = json.loads((Path(folder) / study.case / FINDINGS).read_text(encoding="utf-8"))
        row = dict(findings["timings_s"])
        row["hash, report, files"] = total - row.pop(TOTAL)
        rows.append(row | {"total": total, "of it networks": Watched.seconds})
    return rows[1:]  # the first also pays for imports, as only the first case of a batch does


def batch_case(study: Study, product: Analyzer, out: Path) -> float:
    """Do what a batch does with one case; its seconds."""
    recover(out)
    outcome, seconds = timed(lambda: analyse_case(product, study, out, lambda: hash_inputs(study), silent))
    if outcome.state is not State.DONE:
        raise SystemExit(f"{study.case}: {outcome.note}")
    return float(seconds)


def beside_plain(study: Study, product: Analyzer, analysis: Any, repeats: int) -> dict[str, Any]:
    """Time the plain networks and the product's steps in turn; compare their masks."""
    canonical = nib.as_closest_canonical(nib.Nifti1Image(analysis.reference.array, analysis.reference.affine))
    ct, spacing = np.asanyarray(canonical.dataobj), np.array(canonical.header.get_zooms())
    liver_network = plain.Float32(load_weights(liver_unet(), champion(liver.NAME)))
    lesion_network = plain.Float32(load_weights(lesion_unet(), champion(lesions.NAME)))
    fast_windows = load_runtime(load_weights(lesion_unet(), champion(lesions.NAME)), (92, 92, 46), "auto").for_windows(
        (180, 172, 86)
    )
    times: dict[str, list[float]] = {}
    masks: dict[str, Any] = {}

    def note(name: str, call: Callable[[], Any]) -> None:
        masks[name], seconds = timed(call)
        times.setdefault(name, []).append(seconds)

    own_liver = analysis.liver
    oriented = np.asanyarray(nib.as_closest_canonical(nib.Nifti1Image(own_liver.array, own_liver.affine)).dataobj) > 0
    for _ in range(repeats):
        note("liver plain", lambda: plain.liver(ct, spacing, liver_network))
        note("liver", lambda: product.find_liver(analysis.reference))
        note("lesions plain", lambda: plain.lesions(ct, spacing, oriented, lesion_network.predict))
        note("lesions plain windows, our runtime", lambda: plain.lesions(ct, spacing, oriented, fast_windows))
        note("lesions", lambda: product.find_lesions(analysis.reference, own_liver))
    exact = analyzer(lambda network, smallest, device: plain.Float32(network))
    exact_lesions = exact.find_lesions(analysis.reference, own_liver).instances.array
    exact_liver = exact.find_liver(analysis.reference).array
    found = masks["liver"]
    back = nib.as_closest_canonical(nib.Nifti1Image(found.array, found.affine))
    middle = {name: statistics.median(values) for name, values in times.items()}
    return {
        "seconds": middle,
        "liver: times faster than plain": middle["liver plain"] / middle["liver"],
        "liver: Dice to plain": dice(masks["liver plain"], back.dataobj),
        "liver: Dice to float32": dice(found.array, exact_liver),
        "lesions: windows of the plain way": masks["lesions plain"][2],
        "lesions: times faster than plain": middle["lesions plain"] / middle["lesions"],
        "lesions: Dice to float32": dice(masks["lesions"].instances.array, exact_lesions),
        "plain windows on our runtime: times faster": middle["lesions plain"]
        / middle["lesions plain windows, our runtime"],
        "plain windows on our runtime: Dice to plain": dice(
            masks["lesions plain"][0], masks["lesions plain windows, our runtime"][0]
        ),
    }


def stretch(source: Path, target: Path) -> None:
    """Write an image of 512 x 512 x 600 voxels: another one, stretched to 1 mm slices over 600 mm."""
    image = nib.as_closest_canonical(nib.load(source))
    volume = Volume(np.asanyarray(image.dataobj), image.affine)
    i, j, k = (
        np.clip(np.round(np.arange(n) * (old / n if axis < 2 else 1 / volume.spacing[2])), 0, old - 1).astype(int)
        for axis, (n, old) in enumerate(zip(LONG_STUDY, volume.shape, strict=True))
    )
    affine = volume.affine.copy()
    affine[:3, :3] = np.diag(
        [volume.spacing[0] * volume.shape[0] / 512, volume.spacing[1] * volume.shape[1] / 512, 1.0]
    )
    nib.save(nib.Nifti1Image(volume.array[np.ix_(i, j, k)].astype(np.int16), affine), target)


def peak_memory(study: Study) -> dict[str, float]:
    """Analyse a long study in a process of its own, and ask the system for its peak."""
    with tempfile.TemporaryDirectory() as folder:
        case = Path(folder) / "long"
        case.mkdir()
        for number, series in enumerate(study.series):
            stretch(series.files[0], case / f"{series.phase or number}.nii")
        command = [sys.executable, __file__, str(case), "--only-analyze"]
        return dict(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))


def find_study(path: Path) -> Study:
    """An image, or the folder of one case."""
    if path.is_dir():
        (study,) = find_studies(path, one_case=True).studies
        return study
    return Study(path.name, (Series((path,), None, "unknown"),))


def main() -> None:
    """Run what was asked for and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ct", nargs="?", type=Path, help="a NIfTI file or a case's folder; a phantom when not given")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--memory", action="store_true", help="measure the peak memory of a 512 x 512 x 600 study")
    parser.add_argument("--only-analyze", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if arguments.ct is None:
            write_ct_studies(Path(folder), 1, seed=0)
            study = find_studies(Path(folder) / "studies").studies[0]
        else:
            study = find_study(arguments.ct)
        if arguments.only_analyze:
            with tempfile.TemporaryDirectory() as out:
                seconds = batch_case(study, Analyzer.load(Settings()), Path(out))
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
            print(json.dumps({"peak memory (GiB)": round(peak, 2), "seconds": round(seconds, 1)}))
            return
        if arguments.memory:
            # First, because a process inherits the peak of the one that started it.
            Console().print(f"{len(study.series)} x 512 x 512 x 600: {peak_memory(study)}")
        report(study, arguments.repeats)


def report(study: Study, repeats: int) -> None:
    """Print the stages and the comparison."""
    product = analyzer(lambda *settings: Watched(load_runtime(*settings)))
    rows = stages(study, product, repeats)
    analysis = product(study)
    phases = ", ".join(read.phase or "unknown" for read in analysis.findings.phases)
    middle = {name: statistics.median(row[name] for row in rows) for name in rows[0]}
    shape, runtime = analysis.reference.shape, product.models[0].runtime
    table = Table(title=f"{study.case} ({phases}), {shape}, {runtime}, median of {repeats}")
    table.add_column("stage")
    table.add_column("seconds", justify="right")
    for name, seconds in middle.items():
        table.add_row(name, f"{seconds:.2f}")
    table.add_row("not networks", f"{1 - middle['of it networks'] / middle['total']:.0%}")
    comparison = Table(title="beside the published networks used plainly")
    comparison.add_column("what")
    comparison.add_column("value", justify="right")
    results = beside_plain(study, product, analysis, repeats)
    for name, seconds in results.pop("seconds").items():
        comparison.add_row(f"{name} (s)", f"{seconds:.2f}")
    for name, value in results.items():
        comparison.add_row(name, f"{value:.4f}" if "Dice" in name else f"{value:.1f}")
    if len(study.series) > 1:
        table.caption = "Stages run beside each other: they add up to more than the total."
    Console().print(table, comparison)


if __name__ == "__main__":
    main()
