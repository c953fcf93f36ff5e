"""Which volume is which phase, what speaks for it, and how it is shown."""

import numpy as np
import pytest
import slicer
from case_fakes import image_answer, make_volume
from case_scene import open_case

from livercad.core.phases import ENHANCED_WINDOW, UNENHANCED_WINDOW, Phase
from LiverCADLib.caseLoading import imagesOf
from LiverCADLib.cases import CaseImage
from LiverCADLib.scene.phaseEvidence import Evidence, evidenceFor, guessFromNames
from LiverCADLib.scene.volumes import addVolumeNode


def names(phases):
    return {phase.value: phases.caseScene.imageOf(node) for phase, node in phases.volumes().items()}


def test_every_phase_has_its_window(case_scene, phases, client):
    open_case(case_scene, client)
    for phase, window in ((Phase.UNENHANCED, UNENHANCED_WINDOW), (Phase.PORTAL, ENHANCED_WINDOW)):
        display = phases.volume(phase).GetDisplayNode()
        assert (display.GetLevel(), display.GetWindow()) == (window.level_hu, window.width_hu)
        assert not display.GetAutoWindowLevel()


def test_a_volume_that_becomes_another_phase_changes_places_and_window(case_scene, phases, client):
    open_case(case_scene, client)
    changes = []
    phases.changed.connect(lambda: changes.append(names(phases)))
    assert phases.assign(Phase.UNENHANCED, phases.volume(Phase.ARTERIAL))
    assert changes == [{"unenhanced": "second", "arterial": "first", "portal": "third"}]
    assert phases.volume(Phase.UNENHANCED).GetDisplayNode().GetLevel() == UNENHANCED_WINDOW.level_hu
    assert phases.volume(Phase.ARTERIAL).GetDisplayNode().GetLevel() == ENHANCED_WINDOW.level_hu
    assert not phases.assign(Phase.UNENHANCED, phases.volume(Phase.UNENHANCED))
    assert len(changes) == 1


def test_names_follow_the_phases_but_never_those_of_the_users_volumes(case_scene, phases, client):
    open_case(case_scene, client)
    mine = addVolumeNode(make_volume(9), "mine")
    phases.assign(Phase.DELAYED, phases.volume(Phase.ARTERIAL))
    phases.assign(Phase.ARTERIAL, mine)
    phases.assign(Phase.UNENHANCED, None)
    told = [case_scene.volumeOfImage(name).GetName() for name in ("first", "second", "third")]
    assert told == ["case-1 first", "case-1 delayed", "case-1 portal"]
    assert mine.GetName() == "mine"


def test_a_phase_can_be_left_empty(case_scene, phases, client):
    open_case(case_scene, client)
    phases.assign(Phase.ARTERIAL, None)
    assert names(phases) == {"unenhanced": "first", "portal": "third"}
    assert phases.annotatorsWord() == {"first": Phase.UNENHANCED, "third": Phase.PORTAL}


def test_the_annotators_word_is_of_the_cases_images_only(case_scene, phases, client):
    open_case(case_scene, client)
    phases.assign(Phase.DELAYED, addVolumeNode(make_volume(9), "mine"))
    assert phases.annotatorsWord() == {"first": Phase.UNENHANCED, "second": Phase.ARTERIAL, "third": Phase.PORTAL}


def test_volumes_of_the_scene_get_the_phase_that_their_name_tells(case_scene, phases):
    nodes = {name: addVolumeNode(make_volume(1), name) for name in ("CT_art", "4: portal venous", "thorax")}
    phases.assignByNames()
    assert phases.volumes() == {Phase.ARTERIAL: nodes["CT_art"], Phase.PORTAL: nodes["4: portal venous"]}


def test_names_fill_only_what_is_empty_and_never_with_the_modules_own_copies(case_scene, phases, client):
    open_case(case_scene, client)
    phases.addRegistered("first", client.volumes["third"])
    phases.assign(Phase.ARTERIAL, None)
    addVolumeNode(make_volume(9), "another portal")
    phases.assignByNames()
    assert names(phases) == {"unenhanced": "first", "portal": "third"}


def test_a_phase_that_two_names_tell_is_not_guessed():
    assert guessFromNames({1: "art", 2: "arterial", 3: "pv", 4: "x"}) == {Phase.PORTAL: 3}


def test_what_the_server_says_is_taken_over(case_scene, phases, client):
    open_case(case_scene, client)
    told = [
        image_answer("first", "portal", is_reference=True),
        image_answer("second", None),
        image_answer("third", "delayed", "annotator"),
    ]
    phases.addTransform("first", *some_field())
    phases.assignAsTold(imagesOf(told))
    assert names(phases) == {"portal": "first", "delayed": "third"}
    assert case_scene.reference is case_scene.volumeOfImage("first")
    assert phases.imageOf(Phase.DELAYED).toldBy == "annotator"
    assert not slicer.util.getNodesByClass("vtkMRMLGridTransformNode"), "they led to another reference"


def some_field():
    return np.zeros((4, 4, 4, 3)), np.diag([30.0, 30, 30, 1])


def test_registrations_stay_while_the_reference_does(case_scene, phases, client):
    open_case(case_scene, client)
    phases.addTransform("first", *some_field())
    phases.assignAsTold(case_scene.images)
    assert phases.unregistered() == ["second"]


def test_the_reference_needs_no_registration(case_scene, phases, client):
    open_case(case_scene, client)
    assert phases.unregistered() == ["first", "second"]
    assert phases.registeredVolume(Phase.PORTAL) is case_scene.reference
    assert phases.registeredVolume(Phase.ARTERIAL) is None
    phases.addRegistered("second", client.volumes["third"])
    assert phases.registeredVolume(Phase.ARTERIAL).GetName() == "case-1 arterial registered"


def test_a_new_registration_takes_the_place_of_the_old_one(case_scene, phases, client):
    open_case(case_scene, client)
    phases.setRegistered(True)
    for _time in range(2):
        phases.addTransform("first", *some_field())
        phases.addRegistered("first", client.volumes["third"])
    assert len(slicer.util.getNodesByClass("vtkMRMLGridTransformNode")) == 1
    assert len(slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")) == 4
    assert case_scene.volumeOfImage("first").GetParentTransformNode() is not None


RECOGNISED = {"arterial": 0.95, "portal": 0.04, "delayed": 0.01}


@pytest.mark.parametrize(
    ("phase", "image", "text", "is_warning"),
    [
        (Phase.ARTERIAL, CaseImage("a", Phase.ARTERIAL, "name"), "by its name", False),
        (Phase.ARTERIAL, CaseImage("a", Phase.ARTERIAL, "table"), "by the table", False),
        (Phase.ARTERIAL, CaseImage("a", Phase.ARTERIAL, "annotator"), "set by hand", False),
        (Phase.ARTERIAL, CaseImage("a", Phase.ARTERIAL, "image", RECOGNISED), "recognised (95 %)", False),
        (Phase.ARTERIAL, CaseImage("a", Phase.ARTERIAL, "image", {"arterial": 0.5}, True), "unsure (50 %)", True),
        (Phase.PORTAL, CaseImage("a", Phase.ARTERIAL, "image", RECOGNISED), "looks arterial (95 %)", True),
        (Phase.PORTAL, CaseImage("a", Phase.PORTAL, "annotator", RECOGNISED), "looks arterial (95 %)", True),
        (Phase.PORTAL, CaseImage("a", Phase.PORTAL, "name", {"arterial": 0.6, "portal": 0.4}), "by its name", False),
        (Phase.PORTAL, CaseImage("a", Phase.ARTERIAL, "name"), "set by hand", False),
        (Phase.PORTAL, CaseImage("a"), "set by hand", False),
        (Phase.PORTAL, None, "", False),
    ],
)
def test_what_speaks_for_a_phase_and_against_it_is_said_in_a_few_words(phase, image, text, is_warning):
    evidence = evidenceFor(phase, image)
    assert (evidence.text, evidence.isWarning) == (text, is_warning)


def test_probabilities_are_told_the_likeliest_first():
    evidence = evidenceFor(Phase.ARTERIAL, CaseImage("a", Phase.ARTERIAL, "image", RECOGNISED))
    assert evidence == Evidence("recognised (95 %)", "Arterial: 95 %\nPortal venous: 4 %\nDelayed: 1 %", False)
