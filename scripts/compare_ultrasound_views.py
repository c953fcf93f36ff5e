"""Compare ways to see an ultrasound image, with features of ImageNet and linear answers (docs/qi2019.md).

    python scripts/compare_ultrasound_views.py DATA --weights FILE --output OUT

BASIC, MIP and REM of Qi 2019, and the regions of livercad train ultrasound, on one folder of images with a mass and
without: the same five folds over groups of patients, with intervals. FILE is a ResNet50's, as livercad train ultrasound
takes it. OUT gets index.html, results.json, figures and cache; folds that are done are kept.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.console import Console
from rich.table import Table

from livercad.cli.bar import progress_bar
from livercad.papers.qi2019.frozen.compare import compare_views
from livercad.papers.qi2019.frozen.figures import title_of
from livercad.papers.qi2019.frozen.results import Results


def tell(results: Results) -> Table:
    """The numbers as a table."""
    table = Table("question", "way", "AUC", "accuracy", "AUC less BASIC's")
    for asked, own in results.asked.items():
        for way, told in own.ways.items():
            more = own.differences.get(way, {}).get("auc")
            cells = [
                f"{one.value:{sign}.3f} ({one.low:{sign}.3f} to {one.high:{sign}.3f})"
                if one and one.low is not None and one.high is not None
                else ""
                for one, sign in ((told.auc, ""), (told.accuracy, ""), (more, "+"))
            ]
            table.add_row(title_of(results, asked), way, *cells)
    return table


def main() -> None:
    """Compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, metavar="DATA", help="BUSI, AUL, or a folder like them")
    parser.add_argument("--weights", required=True, metavar="FILE", help="of a ResNet50; or torchvision")
    parser.add_argument("--output", type=Path, required=True, metavar="OUT")
    parser.add_argument("--seed", type=int, default=0, help="of the divisions (default: 0)")
    arguments = parser.parse_args()
    with progress_bar(Console(stderr=True)) as progress:
        results = compare_views(arguments.data, arguments.weights, arguments.output, arguments.seed, progress=progress)
    Console().print(tell(results))


if __name__ == "__main__":
    main()
