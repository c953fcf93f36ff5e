"""The registry that is shipped."""

from __future__ import annotations

import re

import pytest
from safetensors.numpy import load_file

from livercad.errors import ModelError
from livercad.models.install import State, state_of
from livercad.models.registry import PublishedModel, ShippedModel, find, load_registry

PUBLISHED = [entry for entry in load_registry().values() if isinstance(entry, PublishedModel)]
SHIPPED = [entry for entry in load_registry().values() if isinstance(entry, ShippedModel)]
LARGEST_SHIPPED_MB = 25


def test_the_registry_names_the_two_published_networks():
    assert {entry.name: entry.version for entry in PUBLISHED} == {
        "liver-leuven": "2020.10.11",
        "lesions-leuven": "2022.02.07",
    }


@pytest.mark.parametrize("entry", load_registry().values(), ids=load_registry().keys())
def test_each_card_says_what_a_user_must_know(entry):
    card = entry.read_card()
    assert card.startswith(f"# {entry.name}\n")
    for section in ("Intended use", "Training data", "Input and output", "Limits", "Licence and citation"):
        assert f"## {section}\n" in card
    assert "Not for diagnosis" in card and entry.licence in card


@pytest.mark.parametrize("entry", PUBLISHED, ids=lambda entry: entry.name)
def test_the_card_of_a_published_network_says_what_its_makers_do_not_and_whom_to_cite(entry):
    card = entry.read_card()
    assert "Not known" in card
    doi = re.search(r"10\.\d{4,}/\S+", entry.citation)
    assert doi and doi.group() in card


@pytest.mark.parametrize("entry", SHIPPED, ids=lambda entry: entry.name)
def test_shipped_weights_are_there_and_intact_and_their_card_says_what_they_are_good_for(entry):
    assert state_of(entry) is State.INSTALLED
    assert "trained on phantoms; for demonstration and as a start for training on your own data" in " ".join(
        entry.read_card().split()
    )
    assert sum(tensor.size for tensor in load_file(entry.path).values()) == entry.weights.parameters


def test_shipped_weights_are_small():
    assert sum(entry.path.stat().st_size for entry in SHIPPED) <= LARGEST_SHIPPED_MB * 2**20


def test_an_unknown_name_is_answered_with_those_that_exist():
    with pytest.raises(ModelError, match="liver-leuven, lesions-leuven"):
        find("spleen")


def test_the_published_models_come_from_one_wheel():
    sources = [entry.source for entry in PUBLISHED]
    assert len({(source.package, source.version, source.wheel_sha256) for source in sources}) == 1
    assert len({source.file_sha256 for source in sources}) == len(sources)
