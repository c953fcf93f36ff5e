"""Registrations come by themselves once the server has analysed the case, and never make it analyse one."""

from types import SimpleNamespace

import pytest
from case_scene import connected, open_case

from livercad.core.phases import Phase
from LiverCADLib.registrationLoading import RegistrationLoader
from LiverCADLib.signals import Signal


class Lesions:
    """As much of a LesionList as is followed."""

    def __init__(self):
        self.changed, self.findings = Signal(), None

    def find(self):
        self.findings = SimpleNamespace()
        self.changed.emit()


@pytest.fixture
def found(case_scene, phases, client, session):
    """An open case whose lesions are followed."""
    connected(session, client)
    open_case(case_scene, client)
    lesions = Lesions()
    lesions.loader = RegistrationLoader(case_scene, phases, lesions, session)
    return lesions


def test_findings_bring_the_registration_of_all_phases(found, phases, client, session):
    client.is_analysed = True
    assert phases.registeredVolume(Phase.ARTERIAL) is None
    found.find()
    session.runner.wait(10)
    assert all(phases.registeredVolume(phase) is not None for phase in phases.volumes())
    assert not phases.unregistered()
    assert not phases.isRegistered


def test_it_is_fetched_once(found, client, session):
    client.is_analysed = True
    found.changed.emit()
    assert not session.runner.isBusy
    found.find()
    session.runner.wait(10)
    count = len(client.downloads)
    found.changed.emit()
    found.find()
    session.runner.wait(10)
    assert len(client.downloads) == count


def test_a_case_that_the_server_has_forgotten_is_not_analysed_for_it(found, phases, client, session):
    found.find()
    session.runner.wait(10)
    assert not client.is_analysed
    assert phases.unregistered()
    client.is_analysed = True
    found.changed.emit()
    assert not session.runner.isBusy


def test_what_comes_for_a_case_that_was_closed_meanwhile_is_let_go(found, case_scene, phases, client, session):
    client.is_analysed = True
    client.hold.clear()
    found.find()
    case_scene.close()
    client.hold.set()
    session.runner.wait(10)
    assert not phases.volumes()


def test_without_the_cases_server_nothing_is_asked(found, session):
    session.client = None
    found.find()
    assert not session.runner.isBusy
