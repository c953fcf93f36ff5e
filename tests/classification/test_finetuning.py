"""The classifier learns from labelled cases: cut as in use, calibrated, its file like the shipped one."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from scipy.special import softmax

from liver_cases import liver_cases
from livercad.classification.calibration import consistent_temperature, place_of
from livercad.classification.case_examples import lesion_examples
from livercad.classification.classifier import NAME, LesionClassifier
from livercad.classification.examples import STORED_PIXELS, STORED_PLANES, TYPES, LesionExamples
from livercad.classification.finetuning import ClassificationJob, Mixing
from livercad.classification.recipe import CLASS_OF_TYPE, CLASSES, predict
from livercad.classification.scaling import to_network
from livercad.core.crops import PHASES, crops_of
from livercad.core.lesion import Lesion
from livercad.core.phases import Phase
from livercad.core.taxonomy import LesionClass
from livercad.core.volume import Volume
from livercad.errors import InputError
from livercad.learning.cases import LabelledCase
from livercad.learning.engine import train
from livercad.learning.plan import Plan
from livercad.models.shipping import Trained, weights_file
from livercad.models.version import base, challenger
from livercad.settings import Settings

ALONE = Mixing(patients=0, held_out=0, batch=8)
PORTAL = PHASES.index(Phase.PORTAL)


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> list[LabelledCase]:
    found = liver_cases(tmp_path_factory.mktemp("cases"), 4)
    kinds = (LesionClass.CYST, LesionClass.METASTASIS)
    return [replace(case, classes={1: kinds[number % 2]}) for number, case in enumerate(found)]


class PortalOnly:
    def __init__(self, key: str = "portal", moved_mm: float = 0.0) -> None:
        self.key, self.moved_mm = key, moved_mm
        self.laid: list[str] = []

    def __call__(self, case: LabelledCase) -> dict[Phase, Volume]:
        self.laid.append(case.case)
        image = case.read_image()
        affine = image.affine.copy()
        affine[:3, 3] += self.moved_mm
        return {Phase.PORTAL: Volume(image.array, affine)}


portal_only = PortalOnly()


def base_temperatures() -> np.ndarray:
    return np.asarray(load_file(base(NAME).path)["calibration.temperatures"])


def pool_of(cases: list[LabelledCase], patients: int, each: int = 4) -> list[LabelledCase]:
    """Cases of so many patients, some of them with a class that they do not look like."""
    return [
        replace(
            cases[(patient + number) % len(cases)],
            case=f"{patient}-{number}",
            patient=f"patient {patient}",
            classes={1: (LesionClass.CYST, LesionClass.METASTASIS, LesionClass.HCC)[(patient * number) % 3]},
        )
        for patient in range(patients)
        for number in range(each)
    ]


def test_lesions_are_cut_as_the_classifier_cuts_them(cases: list[LabelledCase]) -> None:
    arrays = lesion_examples(cases[1], portal_only)
    assert arrays["classes"].tolist() == [CLASSES.index(LesionClass.METASTASIS)]
    assert np.flatnonzero(arrays["present"][0]).tolist() == [PORTAL]
    lesion = np.argwhere(cases[1].read_instances().array == 1).mean(axis=0)
    affine = cases[1].read_image().affine
    center = tuple(float(value) for value in affine[:3, :3] @ lesion + affine[:3, 3])
    expected, _ = crops_of(portal_only(cases[1]), center, 12.0)
    assert abs(arrays["crops"][0, PORTAL, 1, 20:28, 20:28].mean() - expected[PORTAL, 1, 20:28, 20:28].mean()) < 8
    middle = arrays["squares"][0, PORTAL, 2]
    assert middle[38:46, 38:46].mean() < middle[20:64, 20:64].mean(), "the dark lesion is in the middle"


def test_a_lesion_of_which_nothing_is_told_is_left_out(cases: list[LabelledCase]) -> None:
    lay = PortalOnly()
    arrays = lesion_examples(replace(cases[0], classes={7: LesionClass.CYST}), lay)
    assert all(len(array) == 0 for array in arrays.values())
    assert not lay.laid, "minutes of registration would be for nothing"


def test_training_starts_from_a_version_and_ends_in_a_file_that_the_classifier_loads(
    cases: list[LabelledCase], tmp_path: Path
) -> None:
    job = ClassificationJob(portal_only, cases[:2], cases[2:], base(NAME), tmp_path / "cache", Settings(), 1, ALONE)
    plan = Plan(steps=4, learning_rate=1e-3, validate_every=2, precision="float32")
    outcome = train(job, plan, tmp_path / "run", "cpu")
    before = outcome.history[0].validation
    assert before.cases == job.measure(base(NAME), lambda *_: None).cases, "a pool of two lesions calibrates nothing"
    own = Trained(NAME, job.tensors(outcome.network), {})
    (tmp_path / "own.safetensors").write_bytes(weights_file(own))
    shipped = load_file(base(NAME).path)
    assert {name: array.shape for name, array in load_file(tmp_path / "own.safetensors").items()} == {
        name: array.shape for name, array in shipped.items()
    }
    after = job.measure(challenger(NAME, tmp_path / "own.safetensors"), lambda *_: None)
    assert after.score == pytest.approx(outcome.best.validation.score, abs=1e-4)
    assert set(after.cases) == {"liver-2", "liver-3"}


def test_what_is_validated_is_what_the_classifier_says(cases: list[LabelledCase], tmp_path: Path) -> None:
    from livercad.classification.examples import measured

    job = ClassificationJob(portal_only, cases[:1], cases[2:3], base(NAME), tmp_path, Settings(), 0, ALONE)
    told = job.measure(base(NAME), lambda *_: None).cases["liver-2"]["probabilities"][0]
    center, diameter = measured(cases[2].read_instances())
    lesion = Lesion.__new__(Lesion)
    for name, value in (("number", 1), ("center", center), ("diameter_mm", diameter)):
        object.__setattr__(lesion, name, value)
    said = LesionClassifier(Settings())(portal_only(cases[2]), [lesion])[1].classification.probabilities
    assert told == pytest.approx({LesionClass(name): value for name, value in said.items()}, abs=1e-5)


def test_draws_show_only_phases_that_there_are(cases: list[LabelledCase], tmp_path: Path) -> None:
    job = ClassificationJob(portal_only, cases[:2], [], base(NAME), tmp_path, Settings(), 0, ALONE)
    crops, shown, classes = job.draw(0, 0, 1)
    assert shown.nonzero()[:, 1].unique().tolist() == [PORTAL]
    assert shown.any(1).all()
    assert len(classes.unique()) == 2
    again, *_ = job.draw(0, 0, 1)
    assert torch.equal(crops, again)


def test_memory_does_not_grow_with_the_cases(cases: list[LabelledCase], tmp_path: Path) -> None:
    def peak_bytes(count: int) -> int:
        many = [replace(cases[number % 4], case=f"copy {number}") for number in range(count)]
        tracemalloc.start()
        job = ClassificationJob(portal_only, many, [], base(NAME), tmp_path, Settings(), 0, ALONE)
        job.prepare(lambda *_: None)
        job.draw(0, 0, 1)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return peak

    few, many = peak_bytes(4), peak_bytes(40)
    assert many < 1.2 * few


def test_a_patient_is_scored_by_temperatures_of_other_patients(cases: list[LabelledCase], tmp_path: Path) -> None:
    pool = pool_of(cases, patients=4)
    job = ClassificationJob(portal_only, cases[:1], pool, base(NAME), tmp_path, Settings(), 0, ALONE)
    network = job.network().eval()
    examples = [lesion_examples(case, portal_only) for case in pool]
    with torch.inference_mode():
        crops, present = (
            torch.from_numpy(np.concatenate([one[name] for one in examples])) for name in ("crops", "present")
        )
        logits = network(torch.from_numpy(to_network(crops.numpy())), present).logits.numpy()
    classes = np.concatenate([one["classes"] for one in examples])
    patients = np.array([case.patient for case in pool])
    told = job.validate(network, lambda *_: None).cases
    for number, case in enumerate(pool):
        others = patients != case.patient
        temperature = consistent_temperature(logits[others], classes[others])
        expected = softmax(logits[number] / temperature)
        assert list(told[case.case]["probabilities"][0].values()) == pytest.approx(expected, abs=1e-4)
    place = place_of(present[0])
    kept = job.tensors(network)["calibration.temperatures"]
    assert kept[place] == pytest.approx(consistent_temperature(logits, classes), rel=1e-3), "the file's are of all"
    assert np.delete(kept, place) == pytest.approx(np.delete(base_temperatures(), place))


def test_where_too_few_other_lesions_are_left_the_temperatures_from_before_hold(
    cases: list[LabelledCase], tmp_path: Path
) -> None:
    job = ClassificationJob(
        portal_only, cases[:1], pool_of(cases, patients=3), base(NAME), tmp_path, Settings(), 0, ALONE
    )
    network = job.network().eval()
    assert job.validate(network, lambda *_: None).cases == job.measure(base(NAME), lambda *_: None).cases
    assert not np.allclose(job.tensors(network)["calibration.temperatures"], base_temperatures())


def test_phantoms_calibrate_with_all_lesions_that_were_learnt_from(
    cases: list[LabelledCase], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    shape = (2 * len(TYPES), len(PHASES), STORED_PLANES, STORED_PIXELS, STORED_PIXELS)
    squares, types = rng.integers(0, 200, shape).astype(np.int16), np.arange(2 * len(TYPES)) % len(TYPES)
    phantoms = LesionExamples(squares, types, np.arange(len(types)), np.full(len(types), 20.0))
    monkeypatch.setattr("livercad.classification.finetuning.load_examples", lambda *_, **__: phantoms)
    job = ClassificationJob(portal_only, cases, cases[2:], base(NAME), tmp_path, Settings(), 0, Mixing(batch=8))
    job.prepare(lambda *_: None)
    assert [len(drawn) for drawn in job.draw(0, 0, 1)] == [8, 8, 8]
    network = job.network().eval()
    own = [lesion_examples(case, portal_only) for case in cases]
    with torch.inference_mode():
        features = [
            network(torch.from_numpy(to_network(one["crops"])), torch.from_numpy(one["present"])).features.numpy()
            for one in own
        ]
    ((logits, of_phantoms),) = predict(network, squares, [np.ones(len(PHASES), bool)])
    calibration = {
        name.partition(".")[2]: array for name, array in job.tensors(network).items() if "calibration" in name
    }
    for kind, place in ((LesionClass.CYST, 0), (LesionClass.METASTASIS, 1), (LesionClass.HCC, 4)):
        number = CLASSES.index(kind)
        of_kind = [of_phantoms[CLASS_OF_TYPE[types] == number], *features[place::2]]
        assert calibration["means"][number] == pytest.approx(np.concatenate(of_kind).mean(axis=0), abs=1e-4)
    of_all = consistent_temperature(logits, CLASS_OF_TYPE[types])
    assert calibration["temperatures"][place_of([True] * len(PHASES))] == pytest.approx(of_all, rel=1e-4)


@pytest.mark.parametrize(
    ("classes", "lay"),
    [({7: LesionClass.CYST}, portal_only), ({1: LesionClass.CYST}, PortalOnly("elsewhere", moved_mm=1000.0))],
    ids=["no such number", "outside of the image"],
)
def test_without_a_lesion_to_learn_from_it_is_said_what_is_missing(
    cases: list[LabelledCase], tmp_path: Path, classes: dict[int, LesionClass], lay: PortalOnly
) -> None:
    given = [replace(case, classes=classes) for case in cases]
    few = Mixing(patients=1, held_out=1)
    job = ClassificationJob(lay, given[:3], given[3:], base(NAME), tmp_path, Settings(), 0, few)
    with pytest.raises(InputError, match=r"found 3 labelled cases .* in none a lesion that has a class"):
        job.prepare(lambda *_: None)
    assert not (tmp_path / "phantoms").exists(), "it is said before minutes of phantoms"


def test_a_pool_without_a_lesion_tells_as_little_as_no_pool(cases: list[LabelledCase], tmp_path: Path) -> None:
    pool = [replace(case, classes={7: LesionClass.CYST}) for case in cases[2:]]
    job = ClassificationJob(portal_only, cases[:2], pool, base(NAME), tmp_path / "cache", Settings(), 1, ALONE)
    plan = Plan(steps=3, learning_rate=1e-3, validate_every=1, patience=1, precision="float32")
    outcome = train(job, plan, tmp_path / "run", "cpu")
    assert (outcome.best.step, outcome.ended) == (3, "all steps made"), "what was learnt last counts"


def test_lesions_are_cut_again_when_something_else_lays_the_phases(cases: list[LabelledCase], tmp_path: Path) -> None:
    def cut_by(lay: PortalOnly) -> tuple[list[str], str]:
        job = ClassificationJob(lay, cases[:1], cases[1:2], base(NAME), tmp_path, Settings(), 0, ALONE)
        job.prepare(lambda *_: None)
        return lay.laid, job.identity()

    both = ["liver-0", "liver-1"]
    first, of_first = cut_by(PortalOnly("liver network 1"))
    assert (first, cut_by(PortalOnly("liver network 1"))) == (both, ([], of_first))
    second, of_second = cut_by(PortalOnly("liver network 2"))
    assert second == both and of_second != of_first, "a checkpoint is not gone on with on other crops"
