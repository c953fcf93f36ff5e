"""Names: phases by whole words, cases by what is left, masks."""

import pytest

from livercad.core.names import case_of, looks_like_mask, names_only_masks, phase_of
from livercad.core.phases import Phase

SPELLED = {
    Phase.UNENHANCED: "nc pre plain native nativ ncct NCCT noncontrast non-contrast non_contrast nonContrast "
    "unenhanced NonEnhanced w/o_contrast without-contrast pre-contrast CT_noncontrast nc_phase",
    Phase.ARTERIAL: "art AP arterial hap HAP Arterial-Phase ArterialPhase CTArterial late_arterial early-arterial "
    "ct_arterial art_30s ART2 hepatic_arterial",
    Phase.PORTAL: "pv PV pvp PVP portal portal-venous portal_venous PortalVenous portalvenous venous ct_portal PV70s "
    "pv-phase 3_portal",
    Phase.DELAYED: "delayed delay late equilibrium del Late-Phase delayed_3min late_venous",
}


@pytest.mark.parametrize(
    ("phase", "name"), [(phase, name) for phase, names in SPELLED.items() for name in names.split()]
)
def test_usual_spellings_tell_the_phase(phase, name):
    assert phase_of(name) is phase


@pytest.mark.parametrize("name", ["LIVER ven 1.5 B30f", "Abd/Pelvis portal venous 5.0"])
def test_a_series_description_tells_the_phase(name):
    assert phase_of(name) is Phase.PORTAL


@pytest.mark.parametrize(
    "name",
    [
        "partial",
        "apple",
        "sparta",
        "artefact",
        "press",
        "preop",
        "pre-op",
        "pre TACE",
        "plate",
        "model",
        "ct",
        "",
        "42",
    ],
)
def test_parts_of_other_words_tell_no_phase(name):
    assert phase_of(name) is None


def test_two_phases_in_one_name_tell_none():
    assert phase_of("arterial_and_portal") is None


@pytest.mark.parametrize(
    ("name", "case"),
    [
        ("caseA", "caseA"),
        ("caseA_arterial", "caseA"),
        ("caseA_portal_venous_phase", "caseA"),
        ("patient 7 - PV", "patient 7"),
        ("hap_001", "001"),
        ("x_art_y", "x_y"),
        ("P01_pv70s", "P01"),
        ("P01_delayed_3min_5mm", "P01"),
        ("volume-12", "volume-12"),
        ("ct", ""),
        ("ct_portal", ""),
        ("image", ""),
        ("pre-op_3", "pre-op_3"),
    ],
)
def test_the_case_is_what_the_phase_leaves_of_a_name(name, case):
    assert case_of(name) == case


@pytest.mark.parametrize(
    "name",
    [
        "liver",
        "tumor",
        "tumour",
        "lesion",
        "lesions",
        "mask",
        "seg",
        "segmentation-3",
        "case_label",
        "couinaud",
        "truth",
        "pred",
        "caseA-seg",
        "liverMask",
        "gt",
        "liver_totalseg_pred",
        "labelsTr",
    ],
)
def test_names_of_masks_are_recognised(name):
    assert looks_like_mask(name)


@pytest.mark.parametrize("name", ["oliver", "caseA", "believer", "imagesTr", "liver_12", "liver_12_0000", "volume-3"])
def test_names_of_images_are_no_masks(name):
    assert not looks_like_mask(name)


def test_a_folder_is_one_of_masks_only_if_nothing_else_is_in_its_name():
    assert names_only_masks("labelsTr")
    assert names_only_masks("segmentations")
    assert not names_only_masks("liver patient 7")
    assert not names_only_masks("liver_07")
