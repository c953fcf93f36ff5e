"""A case with everything that an annotator can do to it, and the same opened again."""

import json

from case_lesions import (
    bench_with_lesions,
    empty_bench,
    filled,
    grid_affine,
)
from test_lesions_list import at, paint

from livercad.core.annotation import Annotation, CaseState, Verdict
from livercad.core.taxonomy import LesionClass, LesionType
from livercad.core.volume import Volume
from LiverCADLib.scene.lesionTable import tableOf
from LiverCADLib.scene.submission import AnnotatedCase


def annotated_bench(kind="oblique"):
    """A case with everything that an annotator can do to it."""
    bench = bench_with_lesions(kind)
    paint(
        bench,
        1,
        bench.segmentation.grid.toScene(Volume(filled((slice(8, 14), slice(8, 12), slice(4, 8))), grid_affine(kind))),
    )
    bench.editor.setType([1], LesionType.CHOLANGIOCARCINOMA)
    bench.editor.setVerdict([1], Verdict.ACCEPTED)
    bench.editor.setVerdict([3], Verdict.REJECTED)
    bench.editor.addMark(at(bench, 8, 25, 8), 12.0)
    bench.editor.setType([4], LesionClass.OTHER_BENIGN)
    bench.editor.addMark(at(bench, 30, 8, 8), 9.0)
    bench.editor.merge([4, 5])
    bench.editor.addMark(at(bench, 33, 31, 12), 9.0)
    bench.editor.setComment(6, "only in the delayed phase")
    bench.scene.parameters.state = CaseState.NEEDS_REVIEW
    bench.scene.parameters.comment = "motion"
    return bench


def reopened(bench, kind="oblique", version=3, has_rejected=True):
    """Send the case through files, as a server keeps it, and open it in a fresh scene."""
    case = bench.collect("ann")
    annotation = Annotation.from_dict(json.loads(json.dumps(case.annotation.to_dict())))
    rejected = case.rejectedMap() if has_rejected else None
    again = empty_bench(kind)
    again.restore(AnnotatedCase.fromMaps(annotation, again.segmentation.grid, *case.maps(), version, rejected))
    return again


def table(bench):
    """What the table says of the lesions."""
    return [row.texts for row in tableOf(bench.lesions).rows]
