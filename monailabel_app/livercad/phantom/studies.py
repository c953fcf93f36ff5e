"""Phantom CT studies with their truth, in memory and as folders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import nibabel as nib
import numpy as np
import numpy.typing as npt

from livercad.core.phases import Phase
from livercad.core.taxonomy import LesionType
from livercad.core.volume import Volume
from livercad.phantom.anatomy import build_anatomy
from livercad.phantom.breath_holds import SLICE_MM, Patient, take_phase
from livercad.phantom.breathing import LARGEST_MM, Breathing, draw_breathing
from livercad.phantom.lesions import draw_types, place_lesions
from livercad.phantom.rendering import draw_acquisition, texture
from livercad.phantom.space import Grid
from livercad.phantom.tissues import Enhancement
from livercad.phantom.truth import TrueLesion, table_of, true_lesions
from livercad.progress import Progress, silent
from livercad.studies.atomic import write_text
from livercad.studies.nifti import write_volume

SHAPE = (256, 256, 96)
SPACING_MM = (1.5, 1.5, 2.5)
ORIENTATIONS = ("LPS", "LPS", "LAS", "RAS", "LPI", "RPS")
"""Where the axes of real files point, as often as they do; LPS is DICOM's."""


@dataclass(frozen=True)
class CTStudy:
    """A phantom's examination.

    Parameters
    ----------
    case : str
        Its name.
    images : dict of Phase to Volume
        HU, int16, each on its own grid.
    liver : Volume
        uint8, 1 inside the liver, lesions and vessels included; like all truth, as the reference phase shows it.
    instances : Volume
        uint16, lesion numbers.
    tissues : Volume
        uint8, `livercad.phantom.tissues.Tissue`.
    lesions : tuple of TrueLesion
        Largest first.
    livers : dict of Phase to Volume
        uint8, 1 inside the liver as each phase shows it, on its grid.
    breathing : dict of Phase to Breathing
        Of every phase but the reference, in patient coordinates.
    origin : ndarray, shape (3,)
        The file's R, A, S (mm) of patient coordinates' zero.
    """

    case: str
    images: dict[Phase, Volume]
    liver: Volume
    instances: Volume
    tissues: Volume
    lesions: tuple[TrueLesion, ...]
    livers: dict[Phase, Volume]
    breathing: dict[Phase, Breathing]
    origin: npt.NDArray[np.float64]

    def displaced(self, points: npt.ArrayLike, phase: Phase) -> npt.NDArray[np.float64]:
        """Where points of the reference phase lie in another phase.

        Parameters
        ----------
        points : array_like, shape (n, 3)
            RAS mm in the reference phase, in which the truth is given.
        phase : Phase
            The other phase, or the reference itself.

        Returns
        -------
        ndarray, shape (n, 3)
            RAS mm in that phase's image.
        """
        points = np.atleast_2d(np.asarray(points, dtype=np.float64))
        if phase not in self.breathing:
            return points
        return self.breathing[phase].at(points - self.origin) + self.origin


def make_ct_study(
    seed: int | Sequence[int],
    *,
    case: str = "phantom",
    phases: Sequence[Phase] = (Phase.PORTAL,),
    shape: tuple[int, int, int] = SHAPE,
    spacing: tuple[float, float, float] = SPACING_MM,
    lesions: Sequence[tuple[LesionType, float]] | None = None,
    orientation: str | None = None,
    breathing_mm: float = LARGEST_MM,
    slice_mm: Mapping[Phase, float] = SLICE_MM,
) -> CTStudy:
    """Make one study.

    Parameters
    ----------
    seed : int or sequence of int
        The same seed gives the same voxels; a further phase changes no other, unless it becomes the reference.
    case : str, default "phantom"
        Name in the table.
    phases : sequence of Phase
        Which volumes to make.
    shape : tuple of int
        Voxels along R, A, S; the top of the right dome lies 38 mm under the upper end.
    spacing : tuple of float
        Voxel size along R, A, S in mm.
    lesions : sequence of tuple of (LesionType, float), optional
        Type and diameter (mm) of the lesions; drawn where not given.
    orientation : str, optional
        Where the axes point, such as ``LPS``; drawn where not given.
    breathing_mm : float
        How far from the reference phase's the diaphragm of another phase lies at most; 0 for a patient who does not
        move. The reference phase (portal, else delayed, arterial, unenhanced) is taken at rest: the truth fits it.
    slice_mm : mapping of Phase to float
        Distance of the slices (mm) of other phases than the reference, where larger than `spacing` has it.

    Returns
    -------
    CTStudy
        The truth on the grid of the reference phase.
    """
    grid = Grid(shape, spacing)
    body, kinds, places, blood, scanner, uneven, noise, file, breath = np.random.default_rng(seed).spawn(9)
    anatomy = build_anatomy(grid, body)
    wanted = draw_types(kinds) if lesions is None else list(lesions)
    instances, placed = place_lesions(anatomy, wanted, places)
    enhancement = Enhancement(blood)
    streams = blood.spawn(len(placed))
    enhancements = {lesion.number: Enhancement(rng, enhancement) for lesion, rng in zip(placed, streams, strict=True)}
    liver = anatomy.liver_mask.astype(np.uint8)
    acquisition, grain = draw_acquisition(grid, scanner), texture(grid, uneven)
    patient = Patient(grid, anatomy.tissues, instances, liver, grain, enhancement, enhancements)
    grains = dict(zip(Phase, noise.spawn(len(Phase)), strict=True))
    breathing = draw_breathing(phases, breathing_mm, anatomy.space.scale, breath)
    axes = orientation or str(file.choice(ORIENTATIONS))
    origin = np.array((file.uniform(-20, 20), file.uniform(-20, 20), file.uniform(-900, 200)))

    def oriented(volume: Volume) -> Volume:
        affine = volume.affine.copy()
        affine[:3, 3] += origin
        return reorient(Volume(volume.array, affine), axes)

    def truth(array: npt.NDArray[np.generic]) -> Volume:
        return oriented(Volume(array, grid.affine))

    images, livers = {}, {}
    for phase in phases:
        apart = max(spacing[2], slice_mm.get(phase, 0.0))
        if phase in breathing and (breathing_mm > 0 or apart > spacing[2]):
            taken = take_phase(patient, phase, breathing[phase], apart, acquisition, grains[phase])
            images[phase], livers[phase] = map(oriented, taken)
        else:
            images[phase], livers[phase] = truth(patient.image(phase, acquisition, grains[phase])), truth(liver)
    affine = grid.affine
    affine[:3, 3] += origin
    return CTStudy(
        case=case,
        images=images,
        liver=truth(liver),
        instances=truth(instances),
        tissues=truth(anatomy.tissues),
        lesions=tuple(true_lesions(case, placed, Volume(instances, affine))),
        livers=livers,
        breathing=breathing,
        origin=origin,
    )


def reorient(volume: Volume, orientation: str) -> Volume:
    """Flip and swap a volume's axes; what it shows stays where it is in the patient.

    Parameters
    ----------
    volume : Volume
        Any orientation.
    orientation : str
        Where the new axes point, such as ``LPS``.

    Returns
    -------
    Volume
        The same voxels in another order.
    """
    wanted = nib.orientations.axcodes2ornt(orientation)
    turn = nib.orientations.ornt_transform(nib.io_orientation(volume.affine), wanted)
    array = np.ascontiguousarray(nib.orientations.apply_orientation(volume.array, turn))
    return Volume(array, volume.affine @ nib.orientations.inv_ornt_aff(turn, volume.shape))


def write_ct_studies(
    folder: Path,
    count: int,
    seed: int = 0,
    *,
    phases: Sequence[Phase] = (Phase.PORTAL,),
    shape: tuple[int, int, int] = SHAPE,
    spacing: tuple[float, float, float] = SPACING_MM,
    breathing_mm: float = LARGEST_MM,
    progress: Progress = silent,
) -> tuple[TrueLesion, ...]:
    """Write studies and their truth.

    ``studies/<case>/<phase>.nii.gz``, ``truth/<case>/liver.nii.gz`` and ``lesions.nii.gz``, ``truth/lesions.csv``.

    Parameters
    ----------
    folder : Path
        Made if it is not there.
    count : int
        How many.
    seed : int, default 0
        Case n of a seed is the same however many are made.
    phases : sequence of Phase
        Volumes of every case.
    shape, spacing, breathing_mm
        As `make_ct_study` takes them.
    progress : Progress
        Called after every case.

    Returns
    -------
    tuple of TrueLesion
        The truth table.
    """
    rows: list[TrueLesion] = []
    for number in range(1, count + 1):
        case = f"phantom-{number:03d}"
        progress(number - 1, count, case)
        study = make_ct_study(
            (seed, number), case=case, phases=phases, shape=shape, spacing=spacing, breathing_mm=breathing_mm
        )
        for phase, image in study.images.items():
            write_volume(image, folder / "studies" / case / f"{phase}.nii.gz")
        write_volume(study.liver, folder / "truth" / case / "liver.nii.gz")
        write_volume(study.instances, folder / "truth" / case / "lesions.nii.gz")
        rows.extend(study.lesions)
    write_text(folder / "truth" / "lesions.csv", table_of(rows))
    progress(count, count, "done")
    return tuple(rows)
