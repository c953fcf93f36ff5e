"""The models that can be asked about ultrasound images, by name."""

from __future__ import annotations

from livercad.pipeline.ultrasound_analyzer import UltrasoundAnalyzer
from livercad.settings import UltrasoundSettings, models_folder
from livercad.ultrasound.model import UltrasoundModel


def load_model(settings: UltrasoundSettings) -> UltrasoundModel:
    """Load a model.

    Parameters
    ----------
    settings : UltrasoundSettings
        Which, and where it runs. One's own networks of papers lie in `livercad.settings.models_folder`, in a folder of
        their name; where there are none, those that come with LiverCAD answer.

    Returns
    -------
    UltrasoundModel
        Ready to answer.

    Raises
    ------
    ModelError
        If there are no weights, or damaged ones.
    """
    own = models_folder() / settings.model
    # Each imported where it is wanted: they load torch.
    if settings.model == "yamakawa2020":
        from livercad.papers.yamakawa2020.predictor import YamakawaModel

        return YamakawaModel(own if own.is_dir() else None, settings.device)
    if settings.model == "qi2019":
        from livercad.papers.qi2019.predictor import QiModel

        return QiModel(own if own.is_dir() else None, settings.device, settings.region_enhancement)
    from livercad.ultrasound.load import load_default

    return load_default(settings.device)


def load_analyzer(settings: UltrasoundSettings) -> UltrasoundAnalyzer:
    """Load a model, see `load_model`, and what asks it about case after case."""
    return UltrasoundAnalyzer(load_model(settings), settings)
