"""The time spent on a case."""

import slicer
from case_lesions import bench_with_lesions, empty_bench
from case_scene import reload_scene

from LiverCADLib.scene.workClock import IDLE_S, WorkClock


class Time:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def make():
    time = Time()
    return WorkClock(time), time


def test_no_time_counts_without_a_case():
    clock, time = make()
    clock.touch()
    time.now += 50
    assert clock.seconds == 0 and not clock.isRunning


def test_time_counts_while_the_user_is_active():
    clock, time = make()
    clock.start()
    for _ in range(10):
        time.now += 30
        clock.touch()
    assert clock.seconds == 300
    time.now += 20
    assert clock.seconds == 320, "also what goes on at the moment"


def test_a_long_pause_counts_up_to_the_limit_only():
    clock, time = make()
    clock.start()
    time.now += 3600
    assert clock.seconds == IDLE_S
    clock.touch()
    time.now += 10
    clock.touch()
    assert clock.seconds == IDLE_S + 10


def test_nothing_counts_after_the_case_was_closed():
    clock, time = make()
    clock.start()
    time.now += 10
    clock.stop()
    time.now += 10
    clock.touch()
    assert clock.seconds == 10


def test_time_of_earlier_sessions_is_added():
    clock, time = make()
    clock.start(600)
    time.now += 5
    assert clock.seconds == 605


def test_the_mouse_in_a_view_is_a_sign_of_life():
    clock, time = make()
    empty_bench(clock=clock)
    crosshair = slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLCrosshairNode")
    for step in range(10):
        time.now += IDLE_S
        crosshair.SetCursorPositionRAS([float(step), 0.0, 0.0])
    time.now += 10 * IDLE_S
    assert clock.seconds == 11 * IDLE_S


def test_the_time_is_submitted_and_goes_on_after_reopening():
    clock, time = make()
    bench = bench_with_lesions(clock=clock)
    time.now += 60
    case = bench.collect("ann")
    assert case.annotation.seconds == 60
    bench.scene.close()
    time.now += 60
    again = bench_with_lesions(clock=clock)
    assert clock.seconds == 0
    again.restore(case)
    time.now += 5
    assert again.collect("ann").annotation.seconds == 65


def test_the_time_is_saved_with_the_scene(tmp_path):
    clock, time = make()
    bench = bench_with_lesions(clock=clock)
    time.now += 60
    bench.editor.setComment(1, "x")
    reload_scene(bench.scene, tmp_path)
    time.now += 5
    assert clock.seconds == 65
