"""FROC against answers worked out by hand, PI-CAI's evaluation, and what MONAI's does wrong."""

from __future__ import annotations

import numpy as np
import pytest

from livercad.evaluation.boxes.free_response import ALL_SIZES, UNKNOWN_SIZE, froc
from livercad.evaluation.boxes.model import BoxFrame, ImageBoxes
from livercad.evaluation.boxes.settings import DetectionSettings, Per
from livercad.evaluation.intervals import share_over_patients
from livercad.evaluation.sizes import SizeBand


def sensitivities(curve) -> list[float]:
    return [point.sensitivity.value for point in curve.at]


def test_a_curve_is_the_one_worked_out_by_hand(scans) -> None:
    curve = froc(scans)
    assert curve.thresholds == (0.9, 0.8, 0.7, 0.6, 0.5, 0.4)
    assert curve.rates == pytest.approx([0, 1 / 3, 1 / 3, 2 / 3, 1, 1])
    assert curve.sensitivity == pytest.approx([1 / 3, 1 / 3, 2 / 3, 2 / 3, 2 / 3, 1])
    assert sensitivities(curve) == pytest.approx([1 / 3, 1 / 3, 2 / 3, 1, 1, 1, 1])
    assert curve.cpm.value == pytest.approx(16 / 21)
    assert [point.threshold for point in curve.at] == [0.9, 0.9, 0.7, 0.4, 0.4, 0.4, 0.4]
    assert (curve.hits, curve.repeats, curve.false_positives) == (3, 0, 3)
    assert (curve.units, curve.without_lesions, curve.patients, curve.lesions) == (3, 1, 3, 3)


def test_sizes_share_the_false_positives_of_all(scans) -> None:
    curve = froc(scans)
    found = {one.size: (one.lesions, [point.sensitivity.value for point in one.at]) for one in curve.sizes}
    assert found[SizeBand.SMALL] == (1, [1, 1, 1, 1, 1, 1, 1])
    assert found[SizeBand.MEDIUM] == (1, [0, 0, 1, 1, 1, 1, 1])
    assert found[SizeBand.LARGE] == (1, [0, 0, 0, 1, 1, 1, 1])
    assert set(found) == {ALL_SIZES, *SizeBand}


def test_lesions_without_a_diameter_are_a_stratum_of_their_own(planar) -> None:
    lesions = [(0, 0, 9, 9), (20, 20, 40, 40)]
    curve = froc([planar("a", [(0, 0, 9, 9, 0.5)], lesions, scan="a", diameters_mm=[None, 20])])
    found = {one.size: one.at[0].sensitivity.value for one in curve.sizes}
    assert found == {ALL_SIZES: 0.5, SizeBand.MEDIUM: 0.0, UNKNOWN_SIZE: 1.0}


def test_images_without_lesions_lower_the_rate(scans, planar) -> None:
    before = froc(scans[:2])
    more = froc([*scans[:2], *(planar(f"empty {n}", scan=f"empty {n}") for n in range(6))])
    assert before.rates[-1] == pytest.approx(1 / 2)
    assert more.rates[-1] == pytest.approx(1 / 8)
    assert sensitivities(before)[0] < sensitivities(more)[0] == 1


def test_the_rate_per_image_is_not_that_per_scan(planar) -> None:
    lesion, nothing = (0, 0, 9, 9), (50, 50, 60, 60, 0.9)
    slices = [
        planar(f"{scan}-{n}", [nothing, (*lesion, 0.5)] if n == 0 else [], [lesion] if n == 0 else [], scan, scan)
        for scan in "ab"
        for n in range(4)
    ]
    per_image, per_scan = froc(slices, per=Per.IMAGE), froc(slices, per=Per.SCAN)
    assert (per_image.units, per_image.rates[-1]) == (8, 0.25)
    assert (per_scan.units, per_scan.rates[-1]) == (2, 1.0)
    assert (per_image.without_lesions, per_scan.without_lesions) == (6, 0)
    assert per_image.sensitivity_at(0.5) == 1 and per_scan.sensitivity_at(0.5) == 0


def test_the_lowest_threshold_counts_and_monai_drops_it(planar) -> None:
    """A perfect detector of one lesion: sensitivity 1 at every rate. MONAI 1.6.1 says 0."""
    from monai.metrics import compute_froc_curve_data, compute_froc_score

    curve = froc([planar("a", [(0, 0, 9, 9, 0.9)], [(0, 0, 9, 9)], scan="a")])
    assert sensitivities(curve) == [1.0] * 7
    assert curve.cpm.value == 1.0
    by_monai = compute_froc_curve_data(np.array([]), np.array([0.9]), num_targets=1, num_images=1)
    assert compute_froc_score(*by_monai) == 0.0


def test_boxes_of_one_score_are_one_threshold_whatever_their_order(planar) -> None:
    boxes = [(0, 0, 9, 9, 0.5), (50, 50, 60, 60, 0.5), (70, 70, 80, 80, 0.5)]
    for order in (boxes, boxes[::-1]):
        curve = froc([planar("a", order, [(0, 0, 9, 9)], scan="a")])
        assert (curve.thresholds, curve.rates, curve.sensitivity) == ((0.5,), (2.0,), (1.0,))
        assert sensitivities(curve) == [0, 0, 0, 0, 1, 1, 1]
        assert curve.at[0].threshold is None


def test_a_further_box_on_a_lesion_is_ignored_or_false_as_asked(planar) -> None:
    image = planar("a", [(0, 0, 9, 9, 0.5), (0, 0, 9, 8, 0.9)], [(0, 0, 9, 9)], scan="a")
    ignored, counted = froc([image]), froc([image], DetectionSettings(repeats="false-positive"))
    assert (ignored.rates, ignored.sensitivity) == ((0.0,), (1.0,))
    assert (counted.rates, counted.sensitivity) == ((0.0, 1.0), (1.0, 1.0))
    assert ignored.repeats == counted.repeats == 1


def test_a_detector_that_draws_nothing_finds_nothing(planar) -> None:
    curve = froc([planar("a", (), [(0, 0, 9, 9)], scan="a")])
    assert sensitivities(curve) == [0.0] * 7
    assert curve.thresholds == () and curve.at[-1].threshold is None


@pytest.mark.parametrize(
    ("images", "per", "message"),
    [
        ([ImageBoxes("a", "a", BoxFrame.PIXELS)], Per.IMAGE, "at least one true lesion"),
        ([ImageBoxes("a", "a", BoxFrame.RAS)], Per.IMAGE, "per scan, not per image"),
        ([ImageBoxes("a", "a", BoxFrame.PIXELS)], Per.SCAN, "scan of image a is not known"),
        ([ImageBoxes("a", "a", BoxFrame.PIXELS)] * 2, Per.IMAGE, "Image a is there twice"),
        ([ImageBoxes(n, n, BoxFrame.PIXELS, scan="s") for n in "ab"], Per.SCAN, "scan s is of two patients: a and b"),
    ],
)
def test_what_has_no_curve_is_refused(images, per, message) -> None:
    with pytest.raises(ValueError, match=message):
        froc(images, per=per)


def test_the_interval_of_a_plain_share_is_the_bootstrap_of_shares(planar) -> None:
    """Without false positives the sensitivity is a share of lesions, whose interval is known already."""
    rng = np.random.default_rng(1)
    images, found, whose = [], [], []
    for n in range(20):
        hits = rng.random(int(rng.integers(1, 4))) < 0.6
        true = [(30 * k, 0, 30 * k + 9, 9) for k in range(len(hits))]
        boxes = [(*box, 0.5) for box, hit in zip(true, hits, strict=True) if hit]
        images.append(planar(f"{n:02d}", boxes, true, scan=f"{n:02d}"))
        found += hits.tolist()
        whose += [f"{n:02d}"] * len(hits)
    share = share_over_patients(found, whose, 0.95, 0)
    curve = froc(images)
    assert share is not None and curve.band is not None
    for estimate in (curve.at[0].sensitivity, curve.cpm):
        assert (estimate.value, estimate.low, estimate.high) == pytest.approx((share.value, share.low, share.high))
    assert set(curve.band.low) == {curve.cpm.low} and set(curve.band.high) == {curve.cpm.high}


def test_the_band_holds_the_curve_and_is_nothing_for_few_patients(crowd, scans) -> None:
    curve = froc(crowd)
    assert curve.band is not None
    for rate, low, high in zip(curve.band.rates, curve.band.low, curve.band.high, strict=True):
        assert low <= curve.sensitivity_at(rate) <= high
    assert froc(scans).band is None and froc(scans).cpm.low is None


def test_patients_are_drawn_and_not_images(planar) -> None:
    """Ten images of one patient each are surer than ten images of five patients, who are found or missed as a whole."""
    lesion = (0, 0, 9, 9)
    images = [[(*lesion, 0.5)] if n < 5 else [] for n in range(10)]

    def width(patients: int) -> float:
        curve = froc(
            [planar(f"{n}", boxes, [lesion], f"p{n * patients // 10}") for n, boxes in enumerate(images)], per=Per.IMAGE
        )
        assert curve.patients == patients
        return curve.cpm.high - curve.cpm.low

    assert width(5) > width(10)


def test_the_curve_is_that_of_picai(planar) -> None:
    """PI-CAI's evaluation of cuboids, IoU of at least 0.1, cases without lesions among them."""
    import picai_eval

    rng = np.random.default_rng(5)
    images, found, truth = [], [], []
    for case in range(10):
        # Cuboids in cells of a 3 x 3 x 1 lattice never touch, as PI-CAI's connected components must not.
        truths = [box for box in lattice(rng) if rng.random() < (0.45 if case % 3 else 0)]
        boxes = [box for box in lattice(rng) if rng.random() < 0.5]
        scores = rng.choice(np.arange(1, 1000), len(boxes), replace=False) / 1024  # exact in single precision
        images.append(
            ImageBoxes.from_arrays(f"{case}", f"{case}", BoxFrame.RAS, detected=boxes, scores=scores, true=truths)
        )
        found.append(painted(boxes, scores.tolist()))
        truth.append(painted(truths, [1] * len(truths)))
    metrics = picai_eval.evaluate(found, truth, min_overlap=0.1, num_parallel_calls=1)
    curve = froc(images)
    marks = (curve.lesions, curve.hits, curve.false_positives, curve.repeats)
    assert min(marks[:3]) > 4 and curve.hits < curve.lesions, marks
    assert metrics.num_lesions == curve.lesions
    for point in (*curve.at, *froc(images, DetectionSettings(rates=(0.01, 0.4, 0.9, 1.3))).at):
        assert point.sensitivity.value == pytest.approx(metrics.lesion_TPR_at_FPR(point.rate)), point.rate


def lattice(rng: np.random.Generator) -> list[tuple[int, ...]]:
    boxes = []
    for i in range(3):
        for j in range(3):
            low = np.array([i, j, 0]) * 12 + rng.integers(0, 5, 3)
            boxes.append((*low.tolist(), *(low + rng.integers(4, 7, 3)).tolist()))
    return boxes


def painted(boxes, values) -> np.ndarray:
    array = np.zeros((40, 40, 14), dtype=np.float32)
    for (x0, y0, z0, x1, y1, z1), value in zip(boxes, values, strict=True):
        array[x0:x1, y0:y1, z0:z1] = value
    return array
