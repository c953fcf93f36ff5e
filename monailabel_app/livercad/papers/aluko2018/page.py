"""The results page with its figures and pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from PIL.Image import Image as Picture

from livercad.evaluation.boxes.settings import FALSE_POSITIVE_RATES
from livercad.networks.base_weights import NONE
from livercad.papers.aluko2018 import figures, tables
from livercad.papers.aluko2018.fixed import FIXED_CHOICES
from livercad.papers.aluko2018.images import ImageData
from livercad.papers.aluko2018.plan import Training
from livercad.papers.aluko2018.results import Results
from livercad.papers.aluko2018.sheet import Drawn, contact_sheet, draw_example, key_slice
from livercad.papers.intervals import with_interval
from livercad.papers.page import environment_of, study_page, write_figure, write_png
from livercad.studies.atomic import write_text
from livercad.studies.deeplesion.rows import Part

FIGURES: dict[str, Callable[[Results], Any]] = {
    "sensitivity": figures.sensitivity_figure,
    "froc": figures.froc_figure,
    "one-box-losses": figures.one_box_loss_figure,
    "detector-losses": figures.detector_loss_figure,
}
EXAMPLES, CELL = 4, 268
"""Images of a kind on the page, and pixels along their sides."""
BASELINE, VGG = "baseline", "baseline-vgg"


def write_page(
    results: Results, data: ImageData, trainings: dict[str, Training], cases: Mapping[str, Picture], output: Path
) -> None:
    """Write ``index.html``, and every figure in ``figures``.

    Parameters
    ----------
    results : Results
        The numbers.
    data : ImageData
        The images, of which examples are shown.
    trainings : dict of str to Training
        With answers, by name.
    cases : mapping of str to Image
        Pictures of the studies in `Results.cases`.
    output : Path
        The folder.
    """
    folder = output / "figures"
    drawn = {name: write_figure(name, partial(draw, results), folder) for name, draw in FIGURES.items()}
    sheets = _sheets(results, data, trainings)
    pictures = {
        name: write_png(contact_sheet(sheet, cell=CELL), folder / f"{name}.png") for name, sheet in sheets.items()
    }
    page = study_page(
        environment_of("livercad.papers.aluko2018"),
        "Aluko 2018",
        results,
        FIXED_CHOICES,
        figures=drawn,
        pictures=pictures,
        cases={case: write_png(picture, folder / f"case_{case}.png") for case, picture in cases.items()},
        figure_3=tables.figure_3(results),
        detector_rows=tables.detector_rows(results),
        froc_rows=tables.froc_rows(results),
        rates=FALSE_POSITIVE_RATES,
        first=next(iter(results.detectors.values())),
        with_interval=partial(with_interval, digits=tables.DIGITS),
        without_weights=results.settings.weights.vgg16 == NONE or results.settings.weights.resnet50 == NONE,
    )
    write_text(output / "index.html", page)


def _sheets(results: Results, data: ImageData, trainings: dict[str, Training]) -> dict[str, list[Drawn]]:
    window = results.settings.data.window
    chosen = {part: _spread(data.numbers(part), EXAMPLES) for part in (Part.TRAINING, Part.TEST)}
    plain = {n: draw_example(data.examples[n], key_slice(data, n, window)) for own in chosen.values() for n in own}
    sheets = {"samples": [plain[n] for n in chosen[Part.TRAINING]]}
    for name in (BASELINE, VGG):
        for part in chosen:
            answers = dict(zip(data.numbers(part), trainings[name].answers[part.title], strict=True))
            sheets[f"{name}-{part.title}"] = [_with(plain[n], [(answers[n], "")]) for n in chosen[part]]
    # More of these, of the first backbone: the paper's Figures 5 and 7.
    first, result = next(iter(results.detectors.items()))
    point = result.annotated.at_one or result.annotated.operating
    numbers = data.numbers(Part.TEST)
    found = dict(zip(numbers, trainings[f"faster-rcnn-{first}"].answers[Part.TEST.title], strict=True))
    sheets["detector"] = [
        _with(
            draw_example(data.examples[n], key_slice(data, n, window)),
            [
                (box, f"{score:.2f}")
                for box, score in zip(found[n]["boxes"], found[n]["scores"], strict=True)
                if score >= point.threshold
            ],
        )
        for n in _spread(numbers, 2 * EXAMPLES)
    ]
    return sheets


def _with(picture: Drawn, found: Sequence[tuple[Sequence[float], str]]) -> Drawn:
    boxes = tuple(((float(b[0]), float(b[1]), float(b[2]), float(b[3])), text) for b, text in found)
    return Drawn(picture.grey, picture.title, picture.true, picture.unmarked, boxes)


def _spread(numbers: Sequence[int], count: int) -> list[int]:
    """As many as wanted, spread evenly."""
    count = min(count, len(numbers))
    return [numbers[n * len(numbers) // count] for n in range(count)]
