"""The pictures on a training's page: curves, and outlines on cases of the pool."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import nibabel as nib
import numpy as np

from livercad.core.volume import Volume
from livercad.evaluation.figures import LESION_COLOR, LINE_COLOR, LIVER_COLOR, STYLE
from livercad.learning.metrics import MEASURES

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WINDOW_HU = (-60.0, 200.0)
SMOOTH = 0.8
"""Share that the running mean of the loss keeps of itself at each step."""


@dataclass(frozen=True)
class Picture:
    """A case in the page.

    Parameters
    ----------
    case : str
        Its name.
    data : str
        The picture, as a data address.
    """

    case: str
    data: str


def curves_figure(log: Sequence[Mapping[str, Any]], history: Sequence[Mapping[str, Any]]) -> str:
    """Loss and scores over the steps.

    Parameters
    ----------
    log : sequence of mapping
        As `livercad.learning.log.read_log` gives it.
    history : sequence of mapping
        ``step`` and the scores of every validation.

    Returns
    -------
    str
        An ``<svg>`` element.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(6.4, 4.6), layout="constrained")
        above, below = figure.subplots(2, sharex=True)
        losses = [(line["step"], line["loss"]) for line in log if "loss" in line]
        if losses:
            steps, values = zip(*losses, strict=True)
            above.plot(steps, values, color=LINE_COLOR, linewidth=0.6, alpha=0.6)
            above.plot(steps, _running_mean(values), color=LIVER_COLOR)
        above.set_ylabel("loss")
        # Those in [0, 1] share an axis; of the others the table tells.
        names = [
            name for name in (history[0] if history else {}) if name in MEASURES and MEASURES[name].higher_is_better
        ]
        for name, marker in zip(names, "osv^D", strict=False):
            if told := [(line["step"], line[name]) for line in history if line.get(name) is not None]:
                below.plot(*zip(*told, strict=True), marker=marker, color=LESION_COLOR, label=MEASURES[name].title)
        if below.lines:
            below.legend(frameon=False)
        below.set_ylim(0, 1.02)
        below.set_ylabel("score on the pool")
        below.set_xlabel("step")
        return _svg(figure)


def outline_picture(case: str, image: Volume, truth: Volume, predicted: Volume) -> Picture:
    """Draw true and predicted outlines where most of the truth is.

    Parameters
    ----------
    case : str
        Its name.
    image : Volume
        HU.
    truth, predicted : Volume
        Masks on the same grid.

    Returns
    -------
    Picture
        An axial slice, the patient's right on the left.
    """
    from matplotlib.figure import Figure

    # To left, back, feet: rows of a picture run down, columns to the right.
    turn = nib.orientations.ornt_transform(
        nib.io_orientation(image.affine), nib.orientations.axcodes2ornt(("L", "P", "S"))
    )
    hu, true, found = (nib.orientations.apply_orientation(volume.array, turn) for volume in (image, truth, predicted))
    shown = int(np.argmax((true > 0).sum((0, 1)) * 10.0 + (found > 0).sum((0, 1))))
    spacing = nib.affines.voxel_sizes(image.affine @ nib.orientations.inv_ornt_aff(turn, image.shape))
    figure = Figure(figsize=(3.4, 3.4 * hu.shape[1] * spacing[1] / (hu.shape[0] * spacing[0])), layout="constrained")
    axes = figure.subplots()
    axes.imshow(hu[:, :, shown].T, cmap="gray", vmin=WINDOW_HU[0], vmax=WINDOW_HU[1], aspect=spacing[1] / spacing[0])
    for mask, color, style in ((true, "white", "dashed"), (found, "#ff8c1a", "solid")):
        if (mask[:, :, shown] > 0).any():
            axes.contour(mask[:, :, shown].T > 0, [0.5], colors=color, linestyles=style, linewidths=0.9)
    axes.set_axis_off()
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=130)
    return Picture(case, "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode())


def _running_mean(values: Sequence[float]) -> list[float]:
    means: list[float] = []
    for number, value in enumerate(values):
        share = min(SMOOTH, number / (number + 1))
        means.append(share * (means[-1] if means else 0.0) + (1 - share) * value)
    return means


def _svg(figure: Figure) -> str:
    stream = io.StringIO()
    figure.savefig(stream, format="svg", metadata={"Date": None})
    text = stream.getvalue()
    return text[text.index("<svg") :]
