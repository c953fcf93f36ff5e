"""The words for signs."""

from __future__ import annotations

import pytest

from livercad.core.lesion import Sign, SignFound
from livercad.core.phases import Phase
from livercad.core.signs import WORDS, number_of, presence_of


def found(sign: Sign, present: bool | None, value: float | None, threshold: float | None, unit: str) -> SignFound:
    return SignFound(sign, present, value, threshold, unit, (Phase.ARTERIAL,), "a source")


def test_every_sign_has_words_of_its_own() -> None:
    assert set(WORDS) == set(Sign)
    assert len({words.label for words in WORDS.values()}) == len(Sign)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (found(Sign.ARTERIAL_HYPERENHANCEMENT, True, 22.6, 10.0, "HU"), ("yes", "23 HU (≥ 10 HU)")),
        (found(Sign.ARTERIAL_HYPOATTENUATION, False, -0.4, -10.0, "HU"), ("no", "0 HU (≤ −10 HU)")),
        (found(Sign.AORTA_LIKE_ENHANCEMENT, False, 0.333, 0.45, ""), ("no", "0.33 (≥ 0.45)")),
        (found(Sign.PORTAL_WASHOUT, True, 138.2, 107.0, "%"), ("yes", "138 % (≥ 107 %)")),
        (found(Sign.NO_ENHANCEMENT, None, None, None, "HU"), ("not known", "")),
    ],
)
def test_a_sign_reads_as_a_sentence_would_have_it(given: SignFound, expected: tuple[str, str]) -> None:
    assert (presence_of(given), number_of(given)) == expected
