"""The batch's tables: ``findings.csv``, a row a lesion, and ``cases.csv``, a row a case.

Columns keep their order and their names; new ones come last. Coordinates are RAS in mm (``_r_mm`` grows to the
patient's right, ``_a_mm`` to anterior, ``_s_mm`` to superior). Numbers are plain decimals with a point; an empty cell
means that there is no value. Several values in one cell are joined with ``; ``.

findings.csv
    ``case``, ``reference_phase`` (empty if unknown), ``lesion`` (its value in ``lesions.nii.gz``), ``score`` (0 to 1),
    ``volume_ml``, ``diameter_mm`` (longest axial, RECIST 1.1), ``short_diameter_mm`` (perpendicular to it),
    ``mean_hu``, ``sd_hu`` (in the reference phase), ``liver_fraction`` (lesion over liver, 0 to 1),
    ``surface_distance_mm``, ``center_*_mm`` (centre of mass), ``diameter_start_*_mm``, ``diameter_end_*_mm``,
    ``short_diameter_start_*_mm``, ``short_diameter_end_*_mm``, ``box_min_*_mm``, ``box_max_*_mm``.
    Of the classifier: ``class`` (the most probable), ``confidence`` (its probability), ``malignancy`` (of the malignant
    classes together), ``unsure`` (``true`` or ``false``), ``unsure_reason``, and the probability of every class:
    ``probability_cyst``, ``probability_hemangioma``, ``probability_hcc``, ``probability_metastasis``,
    ``probability_other_malignant``, ``probability_other_benign``. Probabilities are 0 to 1.
    ``phases_read`` (of the study, ``unknown`` for one that nothing tells), ``visible_in`` (phases that the lesion was
    found in). Of every phase, ``PHASE_`` being ``unenhanced_``, ``arterial_``, ``portal_`` or ``delayed_``:
    ``PHASE_lesion_hu``, ``PHASE_lesion_sd_hu``, ``PHASE_liver_hu`` (around the lesion), ``PHASE_contrast_hu`` (lesion
    less liver), ``PHASE_rim_hu``, ``PHASE_core_hu``. ``signs_present``, ``signs_absent``, ``signs_not_measurable``.
    Of every sign its number and what it was held against: ``SIGN_value``, ``SIGN_threshold``, ``SIGN_`` being
    ``sign_portal_washout_`` and so on; units and sources are those of ``findings.json``. How much each phase weighed in
    the classification: ``PHASE_weight`` (they add up to 1). A case without lesions has no row here.

cases.csv
    ``case``, ``status`` (``done`` or ``failed``), ``reason`` (of a failure), ``reference_phase``, ``reference_source``
    (file or series), ``spacing_i_mm``, ``spacing_j_mm``, ``spacing_k_mm``, ``liver_volume_ml`` (with lesions),
    ``liver_mean_hu``, ``liver_sd_hu`` (without lesions), ``liver_is_cut`` (``true`` or ``false``), ``lesion_count``,
    ``lesion_volume_ml`` (all lesions), ``largest_diameter_mm``, ``warnings`` (codes), ``models`` (name and version),
    ``livercad_version``, ``analysis_s`` (seconds), ``phases_read``, ``phases_unsure`` (that the image alone does not
    tell), ``classes`` (of the lesions that the classifier is sure of, each with their count), ``malignant_count``,
    ``benign_count``, ``unsure_count`` (of lesions; one that is unsure counts as neither malignant nor benign; empty
    where no lesion was classified). Of every phase that was registered: ``PHASE_registration_method``,
    ``PHASE_liver_overlap_before``, ``PHASE_liver_overlap_after`` (Dice, 0 to 1), ``PHASE_similarity_before``,
    ``PHASE_similarity_after`` (mutual information, nats), ``PHASE_median_shift_mm``, ``PHASE_largest_shift_mm``.
    ``registration_poor`` (phases that lie poorly over the reference phase).
"""

from __future__ import annotations

from collections.abc import Iterable

from livercad.reports.case_table import CASE_COLUMNS, case_row
from livercad.reports.cases import CaseRow
from livercad.reports.cells import csv_text
from livercad.reports.lesion_table import LESION_COLUMNS, lesion_rows

__all__ = ["CASE_COLUMNS", "LESION_COLUMNS", "CaseRow", "case_row", "cases_csv", "findings_csv", "lesion_rows"]


def findings_csv(cases: Iterable[CaseRow]) -> str:
    """Write findings.csv.

    Parameters
    ----------
    cases : iterable of CaseRow
        Cases in the order wanted; failed ones add nothing.

    Returns
    -------
    str
        CSV text with a header line.
    """
    found = (case.findings for case in cases if case.findings is not None)
    return csv_text(LESION_COLUMNS, [row for findings in found for row in lesion_rows(findings)])


def cases_csv(cases: Iterable[CaseRow]) -> str:
    """Write cases.csv.

    Parameters
    ----------
    cases : iterable of CaseRow
        Cases in the order wanted, failed ones included.

    Returns
    -------
    str
        CSV text with a header line.
    """
    return csv_text(CASE_COLUMNS, [case_row(case) for case in cases])
