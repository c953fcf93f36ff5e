"""Helpers of the stand-in measure and wait as they say."""

import time

import pytest
import qt
from standin.helpers import spin, wait_until


def test_the_heartbeat_notices_a_window_that_stands_still(heartbeat):
    spin(0.05)
    time.sleep(0.2)
    spin(0.05)
    assert heartbeat.stop() >= 0.2 and heartbeat.ticks > 3


def test_the_heartbeat_fails_a_test_that_blocks(heartbeat):
    with pytest.raises(AssertionError, match="stood still"), heartbeat.must_stay_below(0.05):
        time.sleep(0.1)


def test_waiting_lets_timers_run_and_ends_in_time():
    fired = []
    qt.QTimer.singleShot(20, lambda: fired.append(1))
    wait_until(lambda: fired, 5)
    with pytest.raises(AssertionError, match=r"not within 0\.05 s: the end"):
        wait_until(lambda: False, 0.05, "the end")
