"""The real app with the real networks, on a phantom: what the server answers is what a batch writes."""

from __future__ import annotations

from pathlib import Path

import pytest
from monailabel.client import MONAILabelClient

from livercad.models.install import State, state_of
from livercad.models.registry import load_registry
from livercad.phantom.studies import write_ct_studies
from livercad.pipeline.analyzer import Analyzer
from livercad.settings import Settings
from livercad.studies.discover import find_studies
from server.conftest import ROOT, Servers


def test_the_served_networks_find_what_a_batch_finds(servers: Servers, tmp_path: Path) -> None:
    if any(state_of(entry) is not State.INSTALLED for entry in load_registry().values()):
        pytest.skip("the models are not installed: run `livercad models install`")
    write_ct_studies(tmp_path, 1, seed=3, shape=(128, 128, 80), spacing=(3.0, 3.0, 3.0))
    server = servers.start(tmp_path, "livercad", "--app-conf", "scoring=false", app=ROOT / "monailabel_app")
    study = find_studies(tmp_path / "studies").studies[0]
    expected = Analyzer.load(Settings())(study).findings.to_dict()
    server.wait()
    _, answer = MONAILabelClient(server.url).infer("lesion_detection", study.case, {})
    found = answer["findings"]
    assert expected["lesions"]
    for findings in (found, expected):
        del findings["timings_s"]
    assert found == expected
