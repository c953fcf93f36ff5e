"""Settings that are laid over each other, listed, and compared."""

from __future__ import annotations

from enum import IntEnum
from pathlib import Path
from typing import Self

import pytest
from pydantic import Field, ValidationError, model_validator

from livercad.errors import InputError
from livercad.papers.choices import FixedChoice, concerning, read_choices
from livercad.papers.settings import Group, PaperSettings, deviations_of, text_of, with_deviations


class Place(IntEnum):
    SOFT_TISSUE = 7


class Network(Group):
    side: int = Field(64, ge=8, description="Pixels.")
    rates: tuple[float, ...] = Field((0.5, 1e-4), description="Of all layers.")

    @model_validator(mode="after")
    def _checked(self) -> Self:
        if self.side % 2:
            raise ValueError("sides must be even")
        if self.side > 512:
            raise ValueError("sides must be 512 at most, as networks have few layers.")
        return self


class Settings(PaperSettings):
    seed: int = Field(0, description="Of everything.")
    network: Network = Network()


def test_what_is_laid_over_settings_counts_and_the_rest_stays() -> None:
    changed = Settings().changed({"network": {"side": 32}}, {"seed": 3, "network": {"side": 16}})
    assert (changed.network.side, changed.network.rates, changed.seed) == (16, (0.5, 1e-4), 3)
    with pytest.raises(ValidationError, match="greater than or equal to 8"):
        Settings().changed({"network": {"side": 4}})
    with pytest.raises(ValidationError, match="Extra inputs"):
        Settings().changed({"network": {"sides": 9}})


def test_every_setting_is_listed_as_a_file_names_it_groups_first() -> None:
    assert Settings().choices() == [
        ("network.side", "64", "Pixels."),
        ("network.rates", "0.5, 0.0001", "Of all layers."),
        ("seed", "0", "Of everything."),
    ]


def test_deviations_have_the_reason_that_is_known_or_were_asked_for() -> None:
    known = {"network.side": (32, "time")}
    ours = with_deviations(Settings(), known)
    assert deviations_of(ours, Settings(), known) == [("network.side", "64", "32", "time")]
    other = ours.changed({"network": {"side": 48}, "seed": 1})
    assert deviations_of(other, Settings(), known) == [
        ("network.side", "64", "48", "as asked for"), ("seed", "0", "1", "as asked for")
    ]  # fmt: skip
    assert deviations_of(Settings(), Settings(), known) == []


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "none"), ((), "none"), (3.0, "3"), (((0.6, 0.15), (1.0, 0.2)), "(0.6, 0.15), (1, 0.2)"),
     ((Place.SOFT_TISSUE,), "soft tissue"), (True, "True"), ("portal", "portal")],
)  # fmt: skip
def test_values_are_told_for_people(value: object, text: str) -> None:
    assert text_of(value) == text


def test_decisions_of_phantoms_and_of_patients_are_told_where_they_matter() -> None:
    both, made, own = (FixedChoice(name, "", "", of) for name, of in (("a", None), ("b", True), ("c", False)))
    assert concerning([both, made, own], True) == [both, made]
    assert concerning([both, made, own], False) == [both, own]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[network]\nside = 9\n", "network: found .*; expected sides must be even"),
        ("[network]\nside = 514\n", r"network: found .*; expected sides must be .* few layers\. Mend that setting"),
        ("[network]\nrates = [0.5, inf]\n", "network.rates.1: found inf; expected input should be a finite number"),
        ("[network]\nside = 4\n", "network.side: found 4; expected input should be greater than or equal to 8"),
        ("[network]\nwide = 4\n", "network.wide: found 4; expected one of side, rates"),
        ("[network\n", "no TOML"),
    ],
)
def test_a_file_of_settings_is_refused_in_words_of_ours(text: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(text)
    with pytest.raises(InputError, match=told):
        read_choices(tmp_path / "own.toml", Settings)
