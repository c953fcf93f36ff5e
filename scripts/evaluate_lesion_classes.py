"""Score the lesion classifier on phantom lesions of patients it has not seen.

    python scripts/evaluate_lesion_classes.py --work work/training/lesions --output OUT

Writes OUT/results.json, OUT/table.md and OUT/reliability.png, and prints the table.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from dataclasses import asdict
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from rich.console import Console
from sklearn.metrics import confusion_matrix

from livercad.classification.classifier import NAME, LesionClassifier
from livercad.classification.examples import TYPES, LesionExamples, load_examples
from livercad.classification.recipe import CLASS_OF_TYPE, CLASSES, predict
from livercad.classification.training import TEST_PATIENTS, TEST_SEED
from livercad.cli.bar import progress_bar
from livercad.core.crops import PHASES
from livercad.core.phases import Phase
from livercad.core.taxonomy import YASAKA_CATEGORY_OF, YasakaCategory
from livercad.evaluation.classes import accuracy, expected_calibration_error, macro_auc, reliability, with_interval
from livercad.models.version import base
from livercad.papers.yasaka2018 import published
from livercad.settings import Settings
from livercad.studies.atomic import write_text

UNENHANCED, ARTERIAL, PORTAL, DELAYED = PHASES
SETS: dict[str, tuple[Phase, ...]] = {
    "all four phases": PHASES,
    "triphasic (unenhanced, arterial, delayed)": (UNENHANCED, ARTERIAL, DELAYED),
    "arterial and delayed": (ARTERIAL, DELAYED),
    "unenhanced and delayed": (UNENHANCED, DELAYED),
    "unenhanced and arterial": (UNENHANCED, ARTERIAL),
    "unenhanced and portal": (UNENHANCED, PORTAL),
    "arterial and portal": (ARTERIAL, PORTAL),
    "portal and delayed": (PORTAL, DELAYED),
    **{f"without {phase}": tuple(other for other in PHASES if other is not phase) for phase in PHASES},
    **{f"{phase} alone": (phase,) for phase in PHASES},
}
FIVE = tuple(YasakaCategory)
CATEGORY_OF_TYPE = np.array([FIVE.index(YASAKA_CATEGORY_OF[kind]) for kind in TYPES])
CATEGORY_OF_CLASS = np.array([CATEGORY_OF_TYPE[list(CLASS_OF_TYPE).index(n)] for n in range(len(CLASSES))])
MALIGNANT = np.array([int(kind.is_malignant) for kind in CLASSES])


def merge(groups: np.ndarray) -> np.ndarray:
    """A matrix that adds the probabilities of classes that fall together, shape (classes, groups)."""
    return np.eye(groups.max() + 1)[groups]


def paper_weights(examples: LesionExamples) -> np.ndarray:
    """Weights that make the lesions' types as frequent as among the paper's test patients, shape (n,), sum 1."""
    wanted = {kind: count for kinds in published.TEST_TYPES.values() for kind, count in kinds.items()}
    counts = np.bincount(examples.types, minlength=len(TYPES))
    weights = np.array([wanted.get(TYPES[kind], 0) / counts[kind] for kind in examples.types])
    return weights / weights.sum()


def shown(phases: Iterable[Phase]) -> np.ndarray:
    """Which phases the network sees, shape (phases,)."""
    chosen = set(phases)
    return np.array([phase in chosen for phase in PHASES])


def score(
    classifier: LesionClassifier, examples: LesionExamples, logits: np.ndarray, phases: Iterable[Phase]
) -> dict[str, Any]:
    """Every number for one set of phases."""
    six = classifier.calibration.probabilities(logits, shown(phases))
    raw = np.exp(logits - logits.max(axis=1, keepdims=True))
    raw = raw / raw.sum(axis=1, keepdims=True)
    classes = CLASS_OF_TYPE[examples.types]
    five, binary = six @ merge(CATEGORY_OF_CLASS), six @ merge(MALIGNANT)

    def estimate(measure: Any, probabilities: np.ndarray, truth: np.ndarray) -> dict[str, Any]:
        return asdict(with_interval(measure, probabilities, truth, examples.patients))

    right = five.argmax(axis=1) == CATEGORY_OF_CLASS[classes]
    return {
        "paper_mix_accuracy": float((right * paper_weights(examples)).sum()),
        "six_class_accuracy": estimate(accuracy, six, classes),
        "five_class_accuracy": estimate(accuracy, five, CATEGORY_OF_CLASS[classes]),
        "binary_accuracy": estimate(accuracy, binary, MALIGNANT[classes]),
        "macro_auc": estimate(macro_auc, six, classes),
        "ece_before": expected_calibration_error(raw, classes),
        "ece_after": expected_calibration_error(six, classes),
        "reliability": [asdict(one) for one in reliability(six, classes)],
        "confusion": confusion_matrix(classes, six.argmax(axis=1), labels=range(len(CLASSES))).tolist(),
    }


def by_number(classifier: LesionClassifier, examples: LesionExamples) -> list[float]:
    """Six-class accuracy by how many phases there are, averaged over the sets of that size."""
    classes, means = CLASS_OF_TYPE[examples.types], []
    for size in range(1, len(PHASES) + 1):
        found = predict(classifier.network, examples.squares, [shown(chosen) for chosen in combinations(PHASES, size)])
        means.append(float(np.mean([accuracy(logits, classes) for logits, _ in found])))
    return means


def table(results: dict[str, dict[str, Any]]) -> str:
    """The numbers as Markdown."""
    head = "| phases | six classes | five (A to E) | five, paper's mix | benign or malignant | macro AUC | ECE |"
    lines = [head, "|---|---|---|---|---|---|---|"]
    for name, result in results.items():
        cells = [
            f"{result[key]['value']:.3f} ({result[key]['low']:.3f} to {result[key]['high']:.3f})"
            for key in ("six_class_accuracy", "five_class_accuracy", "binary_accuracy", "macro_auc")
        ]
        cells.insert(2, f"{result['paper_mix_accuracy']:.3f}")
        lines.append(f"| {name} | {' | '.join(cells)} | {result['ece_before']:.3f} to {result['ece_after']:.3f} |")
    return "\n".join(lines) + "\n"


def draw_reliability(results: dict[str, dict[str, Any]], path: Path) -> None:
    """Accuracy over confidence, a panel a set of phases; the larger a dot, the more lesions."""
    shown = [name for name in results if "without" not in name]
    rows = 2
    columns = -(-len(shown) // rows)
    figure = Figure(figsize=(2.4 * columns, 2.6 * rows), layout="constrained")
    panels = figure.subplots(rows, columns, sharex=True, sharey=True).ravel()
    for axes, name in zip(panels, shown, strict=False):
        bins = results[name]["reliability"]
        axes.plot([0, 1], [0, 1], color="#6b7280", linewidth=0.8)
        sizes = [4 + 60 * one["n"] / max(other["n"] for other in bins) for one in bins]
        axes.scatter([one["confidence"] for one in bins], [one["accuracy"] for one in bins], sizes, color="#1f6f8b")
        axes.set_title(name.split(" (")[0], fontsize=10)
        axes.set(xlim=(0, 1), ylim=(0, 1.03))
    for axes in panels[len(shown) :]:
        axes.set_axis_off()
    figure.supxlabel("confidence", fontsize=10)
    figure.supylabel("share right", fontsize=10)
    figure.savefig(path, dpi=110)


def main() -> None:
    """Score every set of phases."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="work folder of the training; its lesions are reused")
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--patients", type=int, default=TEST_PATIENTS)
    arguments = parser.parse_args()
    with progress_bar(Console(stderr=True)) as progress:
        examples = load_examples(arguments.work / "examples", TEST_SEED, arguments.patients, progress=progress)
    classifier = LesionClassifier(Settings(), base(NAME))
    predicted = predict(classifier.network, examples.squares, [shown(phases) for phases in SETS.values()])
    results = {
        name: score(classifier, examples, logits, phases)
        for (name, phases), (logits, _) in zip(SETS.items(), predicted, strict=True)
    }
    arguments.output.mkdir(parents=True, exist_ok=True)
    model = {"name": classifier.model.name, "version": classifier.model.version, "sha256": classifier.model.sha256}
    data = {"patients": arguments.patients, "lesions": len(examples.types), "seed": TEST_SEED}
    numbers: dict[str, Any] = {"by_number_of_phases": by_number(classifier, examples), "sets": results}
    text = json.dumps({"model": model, "data": data} | numbers, indent=2)
    write_text(arguments.output / "results.json", text + "\n")
    write_text(arguments.output / "table.md", table(results))
    draw_reliability(results, arguments.output / "reliability.png")
    print(table(results))
    for size, mean in enumerate(numbers["by_number_of_phases"], 1):
        print(f"{size} phase{'s' if size > 1 else ''}: six-class accuracy {mean:.3f}")


if __name__ == "__main__":
    main()
