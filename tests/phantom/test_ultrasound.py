"""Phantoms of ultrasound: the physics against closed forms, the set against the paper's numbers."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from livercad.cli.main import app
from livercad.core.circle import smallest_circle
from livercad.core.taxonomy import LesionType
from livercad.errors import Cancelled, InputError
from livercad.phantom.ultrasound.cohort import (
    CASES,
    IMAGES,
    MEAN_DIAMETER,
    Case,
    counts,
    draw_cases,
    draw_diameter,
    draw_view,
    views_of,
)
from livercad.phantom.ultrasound.imaging import Knobs, Tissue, b_mode, blurred, envelope
from livercad.phantom.ultrasound.lesions import KINDS, LIVER_ATTENUATION, Look, draw_look
from livercad.phantom.ultrasound.liver import Liver
from livercad.phantom.ultrasound.making import Options, lesion_mask, make_picture, write_ultrasound
from livercad.phantom.ultrasound.painting import Pose, paint
from livercad.phantom.ultrasound.probe import LINES, STEP_MM, Probe, Screen
from livercad.studies.ultrasound.duplicates import find_duplicates, group_images
from livercad.studies.ultrasound.folder import find_images
from livercad.studies.ultrasound.masks import read_mask
from livercad.studies.ultrasound.phantoms import is_phantom
from livercad.studies.ultrasound.reading import read_all

PROBE = Probe()
PLAIN = Liver(
    is_cirrhotic=False,
    coarse_db=0.0,
    grain_mm=3.0,
    uneven_db=0.0,
    attenuation=LIVER_ATTENUATION,
    fat_db=0.0,
    wall_mm=0.0,
    diaphragm_mm=500.0,
    diaphragm_turn=0.0,
    diaphragm_radius_mm=100.0,
    vessels=(),
    seed=1,
)
"""Nothing but parenchyma."""


def homogeneous(attenuation: float = LIVER_ATTENUATION) -> Tissue:
    shape = len(PROBE.depths), LINES
    return Tissue(
        np.zeros(shape, np.float32), np.full(shape, attenuation, np.float32), np.full(shape, -120.0, np.float32)
    )


def echo_db(look: Look, diameter_mm: float = 30.0, seeds: int = 6) -> tuple[np.ndarray, float]:
    """Mean echo around a lesion 60 mm deep, dB, and that of liver beside it at the same depth as what lies behind."""
    pose = Pose(0.0, 60.0, 0.0, 1.0)
    tissue = paint(look, PLAIN, diameter_mm, pose, PROBE)
    power = sum(envelope(tissue, PROBE, Knobs(), np.random.default_rng(seed)) ** 2 for seed in range(seeds)) / seeds
    return 10 * np.log10(power), float(10 * np.log10(power[rows(82, 95), 40:80].mean()))


def rows(first_mm: float, last_mm: float) -> slice:
    return slice(int(first_mm / STEP_MM), int(last_mm / STEP_MM))


def mean_db(level: np.ndarray) -> float:
    return float(10 * np.log10((10 ** (level / 10)).mean()))


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    return draw_cases(324, 0)


def test_speckle_of_homogeneous_liver_is_rayleigh_distributed() -> None:
    amplitude = envelope(homogeneous(), PROBE, Knobs(), np.random.default_rng(0))[rows(20, 110), 8:-8]
    assert amplitude.mean() / amplitude.std() == pytest.approx(np.sqrt(np.pi / (4 - np.pi)), rel=0.03)  # 1.91
    scale = np.sqrt((amplitude**2).mean() / 2)
    for share in (0.1, 0.5, 0.9):
        closed = scale * np.sqrt(-2 * np.log(1 - share))
        assert np.quantile(amplitude, share) == pytest.approx(closed, rel=0.04)


def test_looks_calm_speckle_by_the_square_root_of_their_number() -> None:
    amplitude = envelope(homogeneous(), PROBE, Knobs(looks=4), np.random.default_rng(0))[rows(20, 110), 8:-8]
    assert amplitude.mean() / amplitude.std() == pytest.approx(2 * 1.91, rel=0.05)


@pytest.mark.parametrize("depth_mm", [30.0, 80.0, 130.0])
def test_a_single_scatterer_shows_the_point_spread_function_of_its_depth(depth_mm: float) -> None:
    echoes = np.zeros((len(PROBE.depths), LINES), np.complex64)
    sample = int(depth_mm / STEP_MM)
    echoes[sample, LINES // 2] = 1
    spread = np.abs(blurred(echoes, PROBE))
    # Deviations of a Gaussian's amplitude, along the beam and across.
    along, across = spread[:, LINES // 2], spread[sample]
    for profile, sigma in ((along, PROBE.pulse_mm / STEP_MM), (across, float(PROBE.beam_sigma[sample, 0]))):
        places = np.arange(len(profile))
        middle = (places * profile).sum() / profile.sum()
        measured = np.sqrt(((places - middle) ** 2 * profile).sum() / profile.sum())
        assert measured == pytest.approx(sigma, rel=0.03)


def test_the_beam_is_narrowest_near_its_focus_in_relation_to_depth_and_widens_away_from_it() -> None:
    probe = Probe(focus_mm=60.0)
    line_mm = (probe.depths + probe.radius_mm) * 2 * probe.half_angle / (LINES - 1)
    width = (probe.beam_sigma * line_mm)[:, 0]
    far, focus = int(130 / STEP_MM), int(60 / STEP_MM)
    wavelength_over_aperture = 1.54 / probe.frequency_mhz / probe.aperture_mm
    assert width[focus] * 2.355 == pytest.approx(wavelength_over_aperture * 60, rel=0.02)
    assert width[far] / 130 > width[focus] / 60


def test_uncompensated_attenuation_darkens_with_depth_as_two_ways_take() -> None:
    tissue = homogeneous(LIVER_ATTENUATION + 0.1)
    level = 20 * np.log10(envelope(tissue, PROBE, Knobs(looks=4), np.random.default_rng(0)).mean(axis=1))
    slope = np.polyfit(PROBE.depths[rows(20, 80), 0] / 10, level[rows(20, 80)], 1)[0]
    assert slope == pytest.approx(-2 * 0.1 * PROBE.frequency_mhz, rel=0.1)


def test_behind_a_cyst_tissue_is_brighter_by_what_the_cyst_does_not_take() -> None:
    look = Look(LesionType.CYST, 0.0, -40.0, attenuation=0.05, aspect=1.0)
    level, beside = echo_db(look)
    middle = LINES // 2
    expected = 2 * PROBE.frequency_mhz * (LIVER_ATTENUATION - 0.05) * 3.0
    assert mean_db(level[rows(82, 95), middle - 5 : middle + 6]) - beside == pytest.approx(expected, abs=1.0)
    assert mean_db(level[rows(55, 65), middle - 5 : middle + 6]) < -20


def test_behind_a_cysts_edges_are_shadows_and_none_where_nothing_refracts() -> None:
    dark = Look(LesionType.CYST, 0.0, -40.0, attenuation=LIVER_ATTENUATION, edge_shadow_db=10.0, aspect=1.0)
    plain = Look(LesionType.CYST, 0.0, -40.0, attenuation=LIVER_ATTENUATION, aspect=1.0)
    # The beam that touches a disc of 15 mm, 60 mm under a face of radius 50 mm.
    edge = round((np.arcsin(15 / 110) / PROBE.half_angle + 1) / 2 * (LINES - 1))
    depths = rows(82, 95), slice(edge - 2, edge + 1)
    shadowed, beside = echo_db(dark)
    assert mean_db(shadowed[depths]) - beside < -5
    unshadowed, beside = echo_db(plain)
    assert mean_db(unshadowed[depths]) - beside == pytest.approx(0, abs=1.2)


def test_a_target_is_dark_in_its_rim_and_a_halo_lies_outside_the_lesion() -> None:
    middle = LINES // 2 - 3, LINES // 2 + 4
    target, _ = echo_db(Look(LesionType.METASTASIS, 0.0, 4.0, rim_db=-10.0, rim_share=0.3, aspect=1.0))
    assert mean_db(target[rows(57, 63), slice(*middle)]) == pytest.approx(4, abs=1)
    assert mean_db(target[rows(46, 48), slice(*middle)]) < -3
    halo, _ = echo_db(Look(LesionType.HCC, 0.0, 0.0, halo_db=-10.0, halo_mm=2.0, aspect=1.0))
    assert mean_db(halo[rows(43.6, 44.4), slice(*middle)]) < -5
    assert mean_db(halo[rows(47, 50), slice(*middle)]) == pytest.approx(0, abs=1)


def test_a_mosaic_has_nodules_of_their_own_echoes_and_dark_septa_between_them() -> None:
    inside = np.hypot(PROBE.places[0], PROBE.places[1] - 60) < 12
    pose, look = Pose(0.0, 60.0, 0.0, 1.0), Look(LesionType.HCC, 0.0, 2.0, coarse_db=0.0, mosaic_share=0.2, aspect=1.0)
    even = paint(look, PLAIN, 30.0, pose, PROBE).echo_db[inside]
    np.testing.assert_allclose(even, 2, atol=0.1)
    mosaic = paint(replace(look, mosaic_db=5.0), PLAIN, 30.0, pose, PROBE).echo_db[inside]
    assert (mosaic < 2 - 5).mean() > 0.08  # septa
    bright, dark = np.quantile(mosaic, (0.9, 0.35))
    assert bright - dark > 4  # nodules


def test_typical_lesions_are_as_textbooks_have_them() -> None:
    looks = {kind: [draw_look(kind, np.random.default_rng(n)) for n in range(400)] for kind in KINDS}
    typical = {kind: [look for look in own if look.atypical < 0.3] for kind, own in looks.items()}
    cyst, hemangioma, hcc, metastasis = (typical[kind] for kind in KINDS)
    assert all(look.echo_db <= -30 and look.attenuation < 0.15 and look.edge_shadow_db >= 3 for look in cyst)
    assert np.median([look.echo_db for look in hemangioma]) > 5 and not any(look.mosaic_db for look in hemangioma)
    assert np.mean([look.mosaic_db >= 4 for look in hcc]) > 0.7 and any(look.halo_db < -5 for look in hcc)
    assert np.mean([look.rim_db <= -7 for look in metastasis]) > 0.5


def test_the_sector_lies_where_the_probe_looks_and_is_black_around() -> None:
    screen = Screen(PROBE, 512, 384)
    image = b_mode(envelope(homogeneous(), PROBE, Knobs(), np.random.default_rng(0)), screen, Knobs())
    assert image.shape == (384, 512) and (image[~screen.sector] == 0).all()
    column, row = screen.pixel_of(0.0, 0.0)
    assert (column, row) == pytest.approx((255.5, 0.03 * 384 + 50 * (1 - np.cos(0.56)) / screen.pixel_mm))
    assert not screen.sector[int(row) - 2, 255] and screen.sector[int(row) + 3, 255]
    lower, right = np.flatnonzero(screen.sector[:, 255])[-1], np.flatnonzero(screen.sector.any(axis=0))[-1]
    assert lower == pytest.approx(row + 145 / screen.pixel_mm, abs=2)
    assert right == pytest.approx(column + 195 * np.sin(0.56) / screen.pixel_mm, abs=2)


def test_the_default_set_has_the_papers_cases_and_images(cases: list[Case]) -> None:
    assert Counter(case.look.kind for case in cases) == CASES
    images: Counter[LesionType] = Counter()
    for case in cases:
        images[case.look.kind] += case.views
    assert images == IMAGES and sum(images.values()) == 980
    assert len({case.name for case in cases}) == 324


def test_names_tell_nothing_of_classes(cases: list[Case]) -> None:
    first = Counter(case.look.kind for case in cases[:162])
    assert all(0.3 < first[kind] / CASES[kind] < 0.7 for kind in KINDS)


def test_difficult_cases_have_more_images(cases: list[Case]) -> None:
    own = [case for case in cases if case.look.kind is LesionType.HEMANGIOMA]
    easy, hard = (sorted(own, key=lambda case: case.look.atypical)[part] for part in (slice(20), slice(-20, None)))
    assert sum(case.views for case in hard) > 1.4 * sum(case.views for case in easy)
    assert views_of([0.1, 0.9, 0.5], 9) == [2, 4, 3]


@pytest.mark.parametrize("total", [4, 7, 40, 324, 1000])
def test_a_set_of_any_size_has_every_type_in_proportion(total: int) -> None:
    own, images = counts(total)
    assert sum(own.values()) == total and min(own.values()) >= 1
    assert all(images[kind] >= own[kind] for kind in KINDS)
    if total >= 40:
        assert all(own[kind] == pytest.approx(CASES[kind] * total / 324, abs=1) for kind in KINDS)


def test_diameters_have_the_papers_mean() -> None:
    rng = np.random.default_rng(0)
    drawn = [draw_diameter(rng) for _ in range(4000)]
    assert np.mean(drawn) == pytest.approx(MEAN_DIAMETER, rel=0.02)


def test_measured_diameters_have_the_papers_mean(cases: list[Case]) -> None:
    # Of masks, as annotators see them: the cut and the bumps of the border change what was drawn a little.
    measured = [make_mask_diameter(case) for case in cases[::4]]
    assert np.mean(measured) == pytest.approx(MEAN_DIAMETER, rel=0.1)


def make_mask_diameter(case: Case) -> float:
    view = draw_view(case, 0)
    return smallest_circle(lesion_mask(case, view, Screen(view.probe, 512, 384))).diameter


def test_views_of_a_case_differ_and_show_the_same_lesion(cases: list[Case]) -> None:
    case = next(case for case in cases if case.look.kind is LesionType.CYST and case.views > 1)
    first, second = make_picture(case, 0, 256), make_picture(case, 1, 256)
    assert first.view.pose != second.view.pose and first.view.knobs.gain_db != second.view.knobs.gain_db
    assert first.view.probe.depth_mm != second.view.probe.depth_mm
    assert first.circle.diameter == pytest.approx(second.circle.diameter, rel=0.3)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ultrasound")
    outcome = CliRunner().invoke(app, ["phantom", "ultrasound", str(path), "-n", "8", "--seed", "3", "--size", "256"])
    assert outcome.exit_code == 0, outcome.output
    return path


def test_a_set_is_read_as_any_folder_with_its_truth(folder: Path) -> None:
    found = find_images(folder)
    assert not found.problems and not found.left_out
    assert Counter(image.kind for image in found.images) == {kind.value: count for kind, count in counts(8)[1].items()}
    images, problems = read_all(found.images)
    assert not problems and all(image.shape == (192, 256) for image in images)
    for listed in found.images:
        (lesion,), (mask,) = listed.lesions, listed.masks
        measured = smallest_circle(read_mask(mask))
        assert lesion.circle.center == pytest.approx(measured.center, abs=0.01)
        assert lesion.circle.diameter == pytest.approx(measured.diameter, abs=0.01)
    # Images of different cases are no copies of each other, though all have the same sector.
    case_of = {image.name: image.case for image in found.images}
    assert all(case_of[pair.first] == case_of[pair.second] for pair in find_duplicates(images))
    assert len(set(group_images(found.images, find_duplicates(images)).groups)) == 8


def test_what_was_drawn_is_recorded(folder: Path) -> None:
    told = json.loads((folder / "phantom.json").read_text())
    assert told["options"] == {"cases": 8, "seed": 3, "columns": 256, "normals": 0}
    assert {"livercad", "numpy", "scipy"} <= told["versions"].keys()
    case = told["cases"][0]
    assert (
        case["look"]["kind"] in set(KINDS) and case["liver"]["attenuation"] > 0 and len(case["images"]) == case["views"]
    )
    assert case["images"][0]["probe"]["frequency_mhz"] > 2


def test_the_same_seed_gives_the_same_images_and_another_others(folder: Path) -> None:
    case = draw_cases(8, 3)[4]
    with Image.open(folder / "images" / f"{case.name}-1.png") as picture:
        np.testing.assert_array_equal(np.asarray(picture), make_picture(case, 0, 256).array)
    assert case != draw_cases(8, 4)[4]
    assert draw_cases(8, 3) == draw_cases(8, 3)


def test_a_set_that_is_there_is_not_made_again(folder: Path) -> None:
    path = folder / "images" / "us-0001-1.png"
    before = path.stat().st_mtime_ns
    rows = write_ultrasound(folder, Options(8, 3, 256))
    assert path.stat().st_mtime_ns == before and len(rows) == len(find_images(folder).images)
    with Image.open(path) as image:
        assert image.mode == "L"


def test_a_set_that_was_half_written_over_by_another_is_made_again(tmp_path: Path) -> None:
    def stop(done: float, total: float, what: str) -> None:
        if done == 2:
            raise Cancelled

    ours, others = Options(4, 3, 96), Options(4, 4, 96)
    write_ultrasound(tmp_path, ours)
    path = tmp_path / "images" / "us-0001-1.png"
    before = path.read_bytes()
    with pytest.raises(Cancelled):
        write_ultrasound(tmp_path, others, stop)
    assert path.read_bytes() != before
    write_ultrasound(tmp_path, ours)
    assert path.read_bytes() == before


def test_a_set_leaves_nothing_of_a_larger_one_before_it(tmp_path: Path) -> None:
    write_ultrasound(tmp_path, Options(5, 3, 96))
    rows = write_ultrasound(tmp_path, Options(4, 4, 96))
    for folder, named in (("images", [row.image for row in rows]), ("masks", [row.masks for row in rows])):
        assert {f"{folder}/{path.name}" for path in (tmp_path / folder).iterdir()} == set(named)


def test_a_set_that_was_begun_over_another_has_no_table_and_is_known_for_phantoms(tmp_path: Path) -> None:
    def stop(done: float, total: float, what: str) -> None:
        if done == 1:
            raise Cancelled

    write_ultrasound(tmp_path, Options(5, 3, 96))
    with pytest.raises(Cancelled):
        write_ultrasound(tmp_path, Options(5, 4, 96), stop)
    assert not (tmp_path / "annotations.csv").exists()
    assert {path.name.split("-")[1] for path in (tmp_path / "images").iterdir()} == {"0001"}, "of the new set alone"
    assert is_phantom(tmp_path)
    rows = write_ultrasound(tmp_path, Options(4, 4, 96))
    assert len(list((tmp_path / "images").iterdir())) == len(rows)


def test_a_table_of_somebody_else_s_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "annotations.csv").write_text("case,image\n")
    with pytest.raises(InputError, match=r"annotations\.csv: found a table that does not belong to a set of phantoms"):
        write_ultrasound(tmp_path, Options(4, 3, 96))
    assert [path.name for path in tmp_path.iterdir()] == ["annotations.csv"]
    assert (tmp_path / "annotations.csv").read_text() == "case,image\n"


def test_the_command_looks_at_a_folder_and_draws_it(folder: Path, tmp_path: Path) -> None:
    sheet, grouped = tmp_path / "s.png", tmp_path / "g.csv"
    options = ["--sheet", str(sheet), "--duplicates", str(grouped), "--columns", "4", "--most", "6"]
    outcome = CliRunner().invoke(app, ["ultrasound", str(folder), *options])
    assert outcome.exit_code == 0, outcome.output
    assert "images of 8 cases" in outcome.output and "near-duplicates" in outcome.output
    with Image.open(sheet) as picture:
        assert picture.width > 4 * 200
        colours = {colour for _, colour in picture.getcolors(1 << 24) or ()}
    assert {(255, 214, 10), (0, 190, 255)} <= colours
    assert len(grouped.read_text().splitlines()) == 1 + len(find_images(folder).images)


def test_cases_without_a_lesion_leave_the_others_as_they_are(cases: list[Case], tmp_path: Path) -> None:
    with_normals = draw_cases(324, 0, normals=40)
    normals = [case for case in with_normals if case.look is None]
    assert len(normals) == 40 and len(with_normals) == 364
    alike = {case.seed: replace(case, name="") for case in with_normals if case.look}
    assert alike == {case.seed: replace(case, name="") for case in cases}
    assert 5 < sum(case.look is None for case in with_normals[:182]) < 35, "names tell nothing of them"
    write_ultrasound(tmp_path, Options(4, 0, 128, normals=2))
    listed = [image for image in find_images(tmp_path).images if image.kind == "normal"]
    assert len(listed) == 6 and not any(image.lesions or image.masks for image in listed)
    images, _ = read_all(listed)
    assert all((image.array > 0).mean() > 0.15 for image in images), "a liver is there"


def test_without_a_lesion_tissue_is_the_livers_alone() -> None:
    tissue = paint(None, PLAIN, 0.0, Pose(0.0, 60.0, 0.0, 1.0), PROBE)
    inner = tissue.echo_db[rows(20, 100)]
    assert inner.std() == pytest.approx(0.0, abs=0.6) and (tissue.attenuation == np.float32(LIVER_ATTENUATION)).all()
