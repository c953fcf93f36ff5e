"""A case in the scene with liver, lesions and findings: for the tests of masks, lesions and submissions."""

from __future__ import annotations

import numpy as np
import slicer
from case_scene import parameters

from livercad.core.findings import Caution, Findings, FindingsWarning, LiverFinding, ModelUsed, PhaseRead
from livercad.core.geometry import Box, Frame, Line
from livercad.core.lesion import Classification, Lesion
from livercad.core.phases import Phase
from livercad.core.taxonomy import LesionClass
from livercad.core.volume import Volume
from LiverCADLib.imageFiles import laidOutForScene
from LiverCADLib.scene.analysis import AnalysisAnswer, takeAnalysis
from LiverCADLib.scene.caseScene import CaseScene
from LiverCADLib.scene.masks import Mask
from LiverCADLib.scene.workbench import Workbench

SHAPE = (40, 36, 16)
LIVER = (slice(4, 36), slice(4, 32), slice(2, 14))
BLOCKS = {
    1: (slice(8, 18), slice(8, 16), slice(4, 9)),
    2: (slice(24, 31), slice(20, 26), slice(6, 10)),
    3: (slice(20, 23), slice(8, 11), slice(10, 12)),
}
SCORES = {1: 0.9, 2: 0.6, 3: 0.2}


def rotation(seed: int = 4) -> np.ndarray:
    """A turn by some 15°, so that axes can still be told."""
    turned, _ = np.linalg.qr(np.eye(3) + 0.2 * np.random.default_rng(seed).normal(size=(3, 3)))
    return turned * np.sign(np.diag(turned))


def grid_affine(kind: str) -> np.ndarray:
    """Grids by name: straight, oblique, flipped (left-handed), anisotropic."""
    affine = np.eye(4)
    affine[:3, 3] = 30.5, -70.25, 812.125
    spacing = {"anisotropic": [0.6, 0.8, 7.5]}.get(kind, [0.9, 0.9, 2.5])
    turn = {"oblique": rotation(), "anisotropic": rotation(5)}.get(kind, np.eye(3))
    # To the left and to the back is right-handed, as Slicer wants it; to the left and to the front is not.
    flips = [-1, 1, 1] if kind == "flipped" else [-1, -1, 1]
    affine[:3, :3] = turn @ np.diag(flips) @ np.diag(spacing)
    return affine


KINDS = ("straight", "oblique", "flipped", "anisotropic")


def image(kind: str = "oblique") -> Volume:
    """CT of noise on such a grid."""
    return laidOutForScene(Volume(np.random.default_rng(0).integers(0, 100, SHAPE).astype(np.int16), grid_affine(kind)))


def filled(block) -> np.ndarray:
    array = np.zeros(SHAPE, bool)
    array[block] = True
    return array


def instances() -> np.ndarray:
    """The three lesions by their numbers."""
    array = np.zeros(SHAPE, np.uint16)
    for number, block in BLOCKS.items():
        array[block] = number
    return array


def found_lesion(number: int, label: LesionClass = LesionClass.HCC, probability: float = 0.8) -> Lesion:
    """What a server may say of a lesion."""
    rest = (1 - probability) / (len(LesionClass) - 1)
    shares = {c.value: probability if c is label else rest for c in LesionClass}
    malignancy = sum(share for name, share in shares.items() if LesionClass(name).is_malignant)
    line = Line((0.0, 0.0, 0.0), (10.0, 0.0, 0.0))
    return Lesion(
        number=number,
        score=SCORES.get(number, 0.5),
        volume_ml=1.0,
        box=Box((0.0, 0.0, 0.0), (10.0, 10.0, 10.0), Frame.RAS),
        center=(1.0, 2.0, 3.0),
        diameter=line,
        short_diameter=line,
        diameter_mm=10.0,
        short_diameter_mm=10.0,
        mean_hu=50.0,
        sd_hu=5.0,
        liver_fraction=0.01,
        surface_distance_mm=3.0,
        classification=Classification(label, shares, malignancy, False, "", (Phase.PORTAL,)),
    )


def found(*lesions: Lesion) -> Findings:
    """Findings of these lesions; of the three by default, a carcinoma, a cyst and an unsure one."""
    default = (found_lesion(1), found_lesion(2, LesionClass.CYST), found_lesion(3, LesionClass.METASTASIS, 0.5))
    return Findings(
        case="case-1",
        phases=(PhaseRead(Phase.PORTAL, "name", "portal.nii.gz", SHAPE, (0.9, 0.9, 2.5), True),),
        liver=LiverFinding(1000.0, 100.0, 10.0, Box((0.0, 0.0, 0.0), (1.0, 1.0, 1.0), Frame.RAS), False),
        lesions=lesions or default,
        warnings=(
            FindingsWarning(Caution.CLASS_CONTRADICTED, "Lesion 2 looks like cyst to the classifier, but lacks x."),
        ),
        models=(ModelUsed("lesions-leuven", "1", "0" * 64, "test"),),
        livercad_version="0.1",
    )


def answer() -> AnalysisAnswer:
    """What the server finds in the case."""
    return AnalysisAnswer.of(found(), filled(LIVER), instances())


def empty_bench(kind: str = "oblique", later=None, clock=None) -> Workbench:
    """A case of one image that is open, without any mask."""
    slicer.mrmlScene.Clear(0)
    scene = CaseScene(parameters())
    bench = Workbench(scene, later, clock)
    from LiverCADLib.cases import CaseImage

    scene.open(
        "case-1",
        "http://127.0.0.1:8000",
        (CaseImage("portal", Phase.PORTAL, isReference=True),),
        {"portal": image(kind)},
    )
    return bench


def bench_with_lesions(kind: str = "oblique", later=None, clock=None) -> Workbench:
    """The case with what the server found."""
    bench = empty_bench(kind, later, clock)
    # The test's blocks are told on the file's grid, as the server does; the scene may have it the other way round.
    sent = answer()
    grid = bench.segmentation.grid
    in_scene = {number: Mask.of(grid.toScene(Volume(filled(BLOCKS[number]), grid_affine(kind)))) for number in BLOCKS}
    liver = Mask.of(grid.toScene(Volume(filled(LIVER), grid_affine(kind))))
    takeAnalysis(bench.lesions, AnalysisAnswer(sent.findings, liver, in_scene), keepMine=False)
    return bench


def on_grid(mask, shape=SHAPE):
    """The whole grid of a Mask, as bool."""
    grid = np.zeros(shape, dtype=bool)
    grid[mask.block] = mask.array
    return grid
