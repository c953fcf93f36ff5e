"""The model that comes with LiverCAD: everything learnt on phantoms, the network and its answers on different ones."""

from __future__ import annotations

from pathlib import Path

from livercad.models.shipping import Trained
from livercad.phantom.ultrasound.making import Options
from livercad.progress import Progress, part, silent
from livercad.studies.ultrasound.collection import read_collection
from livercad.ultrasound.load import SHIPPED
from livercad.ultrasound.training.grey import train_grey
from livercad.ultrasound.training.grey_batches import GreyRecipe
from livercad.ultrasound.training.run import train_ultrasound
from livercad.ultrasound.training.varied import write_varied

NETWORK = Options(cases=90, seed=11, normals=70)
ANSWERS = Options(cases=64, seed=12, normals=50)
"""Phantoms that the network learns from, and others that its answers learn from and are cross-validated on: what it has
seen would make the answers too sure. 64 is the fewest with five metastases, one for each fold."""
SHARES = (0.2, 0.4, 0.8)
"""Where phantoms are made, and the network is trained, for the progress bar."""


def train_on_phantoms(
    work: Path,
    network: Options = NETWORK,
    answers: Options = ANSWERS,
    recipe: GreyRecipe | None = None,
    progress: Progress = silent,
) -> Trained:
    """Make phantoms, train the small network, then its answers; what is done is kept.

    Parameters
    ----------
    work : Path
        Folder for phantoms, checkpoints and the page.
    network, answers : Options
        Phantoms for either.
    recipe : GreyRecipe, optional
        Of the network.
    progress : Progress
        May raise `Cancelled`: the next call goes on.

    Returns
    -------
    Trained
        `SHIPPED`, ready to ship.
    """
    folders = work / "phantoms-network", work / "phantoms"  # the latter is how a model tells of its data
    write_varied(folders[0], network, part(progress, 0, SHARES[0]))
    write_varied(folders[1], answers, part(progress, SHARES[0], SHARES[1]))
    collection = read_collection(folders[0])
    title = f"{len(collection.listed)} phantom images of {network.cases + network.normals} patients who never were"
    weights = train_grey(collection, title, work / "network", recipe, part(progress, SHARES[1], SHARES[2]))
    done = train_ultrasound(
        folders[1], work / "answers", str(weights), name=SHIPPED, device="cpu", progress=part(progress, SHARES[2], 1)
    )
    return done.trained
