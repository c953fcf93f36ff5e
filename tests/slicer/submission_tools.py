"""A fake server that keeps versions, and the section "Submit" on it: for the tests of submissions."""

from __future__ import annotations

import pytest
from case_lesions import bench_with_lesions, empty_bench, image
from case_scene import connected

from livercad.core.phases import Phase
from LiverCADLib.cases import CaseImage
from LiverCADLib.clientErrors import ConflictError
from LiverCADLib.panels.submitPanel import SubmitPanel
from LiverCADLib.scene.masks import Mask
from LiverCADLib.scene.outbox import Outbox
from LiverCADLib.submitting import Submitting

HOME = "http://127.0.0.1:8000"


class SubmissionServer:
    """Keeps versions as the server does."""

    address, isLocal = HOME, True

    def __init__(self, folder):
        self.folder, self.versions, self.error = folder, [], None

    def submit(self, case, annotation, maps, basedOn, task, force=False):
        task.report(0.5, "Sending")
        if self.error:
            raise self.error
        if basedOn < len(self.versions) and not force:
            raise ConflictError(f"Version {len(self.versions)} is newer than the one that you opened.", 409)
        self.versions.append((annotation, {name: path.read_bytes() for name, path in maps.items()}))
        return {"version": len(self.versions), "submitted": "now"}

    def submission(self, case, version=None):
        if self.error:
            raise self.error
        if not self.versions:
            return None
        return {"version": len(self.versions), "submitted": "now", "annotation": self.versions[-1][0]}

    def downloadSubmission(self, case, kind, target, task, version=None):
        content = self.versions[version - 1][1].get(kind)
        return target if content and target.write_bytes(content) else None


@pytest.fixture
def server(tmp_path):
    """A server that keeps versions."""
    return SubmissionServer(tmp_path)


@pytest.fixture
def make(session, tmp_path):
    """What makes a panel; called again it is as after a restart of Slicer, only the disk is the same."""
    panels = []

    def make(bench):
        for panel in panels:
            panel.close()
            panel._submitting.close()
        session.connected._listeners.clear()  # what a Slicer that has ended listened to
        panels[:] = [SubmitPanel(Submitting(bench, session, Outbox(tmp_path / "outbox")), bench, session)]
        return panels[0]

    yield make
    for panel in panels:
        panel.close()


def reopen(session, make, version=0):
    """Close the case, restart, and open it again as the case panel does."""
    bench, panel = opening(make, session, version)
    session.runner.wait()
    return bench, panel


def open_case(bench, version=0):
    """Open a case of one phase that has been submitted so often."""
    images = (CaseImage("portal", Phase.PORTAL, isReference=True),)
    bench.scene.open("case-1", HOME, images, {"portal": image()}, version)


def submitted(make, session, server):
    """A case that was submitted with three lesions."""
    panel = make(bench_with_lesions())
    connected(session, server)
    panel.submitButton.click()
    session.runner.wait()
    assert len(server.versions) == 1


def opening(make, session, version):
    """Restart and open the case; its submission is on its way."""
    bench = empty_bench()
    bench.scene.close()
    panel = make(bench)
    open_case(bench, version)
    return bench, panel


def conflicted(make, session, server):
    """Somebody else has submitted while this case was open."""
    other = bench_with_lesions()
    panel = make(other)
    connected(session, server)
    other.editor.delete([3])
    panel.annotator.widget.text = "bob"
    panel.submitButton.click()
    session.runner.wait()
    bench = bench_with_lesions()
    panel = make(bench)
    bench.editor.setComment(1, "mine")
    panel.annotator.widget.text = "ann"
    panel.submitButton.click()
    session.runner.wait()
    assert not panel.conflictBox.isHidden() and "newer than the one that you opened" in panel.conflictLabel.text
    assert len(server.versions) == 1 and panel.waitingLabel.text == "1 submission waits."
    return bench, panel


def stroke(bench, number=2):
    """Take slices off a lesion, as in the Segment Editor."""
    mask = bench.segmentation.lesion(number)
    bench.segmentation.setLesion(number, Mask.of(mask.array[2:], (mask.start[0] + 2, *mask.start[1:])))
