"""The scene with the module's logic on it, and a fake server: fixtures of the tests of case and phases."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from case_fakes import FakeClient
from standin.start import start

start()

import slicer  # noqa: E402
from slicer.ScriptedLoadableModule import ScriptedLoadableModuleLogic  # noqa: E402

from LiverCADLib.caseLoading import loadCase  # noqa: E402
from LiverCADLib.jobs import JobRunner  # noqa: E402
from LiverCADLib.parameters import LiverCADParameters  # noqa: E402
from LiverCADLib.scene.caseScene import CaseScene  # noqa: E402
from LiverCADLib.scene.layouts import SideBySide  # noqa: E402
from LiverCADLib.scene.phases import Phases  # noqa: E402
from LiverCADLib.scene.workbench import Workbench  # noqa: E402
from LiverCADLib.session import Session  # noqa: E402
from LiverCADLib.settings import MemoryStore, Settings  # noqa: E402
from LiverCADLib.tasks import Task  # noqa: E402


def parameters() -> LiverCADParameters:
    """State of the module in the scene as it is."""
    logic = ScriptedLoadableModuleLogic()
    logic.moduleName = "LiverCAD"
    return LiverCADParameters(logic.getParameterNode())


def connected(session: Session, client: FakeClient) -> None:
    """Connect to a fake server."""
    session.client = client
    session.connected.emit(SimpleNamespace(address=client.address, version="0.1.0"))


@pytest.fixture(autouse=True)
def benches_end(monkeypatch):
    """Let what a test leaves behind follow the scene no more: each would take time of every later test."""
    made, make = [], Workbench.__init__

    def noting(bench, *arguments, **options):
        made.append(bench)
        make(bench, *arguments, **options)

    monkeypatch.setattr(Workbench, "__init__", noting)
    yield
    for bench in made:
        bench._watch(isOpen=False)  # `release` would tell panels, whose scene is gone


@pytest.fixture
def case_scene():
    slicer.mrmlScene.Clear(0)
    yield CaseScene(parameters())
    slicer.mrmlScene.Clear(0)


@pytest.fixture
def phases(case_scene):
    return Phases(case_scene)


@pytest.fixture
def side_by_side(phases):
    return SideBySide(phases)


@pytest.fixture
def session():
    session = Session(Settings(MemoryStore()), JobRunner())
    session.settings.annotator = "ann"
    yield session
    session.runner.cancelAll()


@pytest.fixture
def client(tmp_path):
    return FakeClient(tmp_path)


def open_case(case_scene: CaseScene, client: FakeClient, case: str = "case-1") -> None:
    """Open a case of the fake server, without a panel."""
    loaded = loadCase(Task(), client, case)
    case_scene.open(loaded.case, client.address, loaded.images, loaded.volumes, loaded.version)


def reload_scene(case_scene: CaseScene, folder) -> None:
    """Save the scene, close it and load it again, as a user does."""
    path = str(folder / "scene.mrb")
    assert slicer.util.saveScene(path, properties={})
    slicer.mrmlScene.Clear(0)
    case_scene.setParameters(parameters())
    assert case_scene.case == ""
    slicer.util.loadScene(path, properties={})
    case_scene.setParameters(parameters())
