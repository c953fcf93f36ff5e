"""The registry that is shipped."""

from __future__ import annotations

import re

import pytest

from livercad.errors import ModelError
from livercad.models.registry import find, load_registry

NAMES = ["liver-leuven", "lesions-leuven"]


def test_the_registry_names_the_two_networks():
    assert {name: entry.version for name, entry in load_registry().items()} == {
        "liver-leuven": "2020.10.11",
        "lesions-leuven": "2022.02.07",
    }


@pytest.mark.parametrize("name", NAMES)
def test_each_card_says_what_a_user_must_know(name):
    entry = find(name)
    card = entry.read_card()
    assert card.startswith(f"# {name}\n")
    for section in ("Intended use", "Training data", "Input and output", "Limits", "Licence and citation"):
        assert f"## {section}\n" in card
    assert "Not for diagnosis" in card and "Not known" in card
    assert entry.licence in card
    doi = re.search(r"10\.\d{4,}/\S+", entry.citation)
    assert doi and doi.group() in card


def test_an_unknown_name_is_answered_with_those_that_exist():
    with pytest.raises(ModelError, match="liver-leuven, lesions-leuven"):
        find("spleen")


def test_the_models_come_from_one_wheel():
    sources = [entry.source for entry in load_registry().values()]
    assert len({(source.package, source.version, source.wheel_sha256) for source in sources}) == 1
    assert len({source.file_sha256 for source in sources}) == len(sources)
