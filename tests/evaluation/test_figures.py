from livercad.evaluation.evaluate import CaseScores
from livercad.evaluation.figures import MOST_NAMED, dice_figure
from livercad.evaluation.masks import MaskScores
from livercad.evaluation.overlap import Overlap
from livercad.evaluation.surfaces import SurfaceScores


def cases(count: int) -> list[CaseScores]:
    scores = MaskScores(Overlap(1.0, 1.0, 0.8), SurfaceScores(1.0, 2.0, 0.9))
    return [CaseScores(f"patient {n}", scores, None, None, ()) for n in range(count)]


def test_cases_are_named_while_there_is_room_for_names() -> None:
    assert dice_figure(cases(MOST_NAMED)).count("patient ") >= MOST_NAMED
    crowded = dice_figure(cases(MOST_NAMED + 1))
    assert "patient " not in crowded
    assert f"{MOST_NAMED + 1} cases" in crowded


def test_the_same_numbers_are_the_same_figure() -> None:
    assert dice_figure(cases(3)) == dice_figure(cases(3))
