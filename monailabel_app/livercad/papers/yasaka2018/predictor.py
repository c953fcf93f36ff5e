"""The trained triphasic network as a file that can be served, and the predictor that reads it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from livercad.core.findings import ModelUsed
from livercad.core.geometry import Point
from livercad.core.phases import Phase
from livercad.core.taxonomy import YasakaCategory
from livercad.core.volume import Volume
from livercad.errors import InputError
from livercad.papers.served import ModelFiles, ServedModel, sha256_and_version
from livercad.papers.yasaka2018.arrays import CATEGORIES
from livercad.papers.yasaka2018.capture import capture, network_images, opened
from livercad.papers.yasaka2018.published import CITATION
from livercad.papers.yasaka2018.results import Results
from livercad.papers.yasaka2018.settings import PHASES, CaptureSettings, Model, TrainingSettings
from livercad.papers.yasaka2018.training import new_network, probabilities

NEEDED = "an unenhanced, an arterial and a delayed phase, as Yasaka 2018 has them"
NAME = "yasaka2018"
FILES = ModelFiles(NAME, weights="yasaka2018.safetensors", description="yasaka2018.json")


class ExportedModel(ServedModel):
    """What stands beside the weights."""

    name: str = NAME
    method: str = CITATION
    phases: tuple[Phase, ...] = PHASES
    categories: tuple[YasakaCategory, ...] = CATEGORIES
    capture: CaptureSettings
    training: TrainingSettings
    training_sets: int
    training_sha256: str
    """Of the original training image sets and their categories."""
    test_accuracy: float
    run: int


def export_model(weights: Path, results: Results, folder: Path) -> ExportedModel:
    """Keep the triphasic network whose test accuracy is the median of all trainings.

    Parameters
    ----------
    weights : Path
        Its safetensors file.
    results : Results
        Of the reproduction.
    folder : Path
        Gets ``yasaka2018.safetensors`` and ``yasaka2018.json``.

    Returns
    -------
    ExportedModel
        What was written beside the weights.
    """
    data = weights.read_bytes()
    triphasic = results.models[Model.TRIPHASIC]
    digest, version = sha256_and_version(data)
    description = ExportedModel(
        version=version,
        capture=results.settings.capture,
        training=results.settings.training,
        trained_on=results.data,
        training_sets=results.augmented_sets,
        training_sha256=results.training.sha256,
        test_accuracy=triphasic.test_accuracy.median,
        run=triphasic.median_run,
        weights_sha256=digest,
    )
    FILES.write(folder, data, description)
    return description


class YasakaPredictor:
    """The triphasic network on single lesions.

    Parameters
    ----------
    folder : Path
        The folder ``model`` that a reproduction wrote.

    Raises
    ------
    ModelError
        If it has no model, or a damaged one.
    """

    def __init__(self, folder: Path) -> None:
        self.description, data = FILES.read(folder, ExportedModel)
        network = new_network(Model.TRIPHASIC, self.description.training, self.description.capture.pixels)
        self._network = FILES.fill(network, data, folder)

    @property
    def model(self) -> ModelUsed:
        """Which model this is, for the Findings."""
        return self.description.used

    def __call__(
        self, images: Mapping[Phase, Volume], center: Point, diameter_mm: float
    ) -> dict[YasakaCategory, float]:
        """Tell what a lesion is.

        Parameters
        ----------
        images : mapping of Phase to Volume
            HU; unenhanced, arterial and delayed phase, aligned by their coordinates. Others are not looked at.
        center : tuple of float
            Middle of the lesion's largest axial section, RAS mm.
        diameter_mm : float
            Its longest axial diameter.

        Returns
        -------
        dict of YasakaCategory to float
            Probabilities, which add up to 1.

        Raises
        ------
        InputError
            If a phase is missing.
        """
        missing = [phase.value for phase in PHASES if phase not in images]
        if missing:
            raise InputError(
                "study",
                found=f"no {' and no '.join(missing)} phase",
                expected=NEEDED,
                todo="Name the phases, or use the lesion classifier, which takes any of them.",
            )
        settings = self.description.capture
        jpegs = capture(images, center, diameter_mm, sum(settings.ratio) / 2, settings)
        answer = probabilities(self._network, network_images(opened(jpegs), settings)[None])[0]
        return {category: float(value) for category, value in zip(CATEGORIES, answer, strict=True)}
