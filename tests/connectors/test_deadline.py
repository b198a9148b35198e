"""Deadlines: kept by another thread, each for itself."""

from __future__ import annotations

import threading

from connectors.deadline import deadline

SOON, LATER, PATIENCE = 0.02, 600.0, 20.0


def test_what_takes_too_long_is_hung_up_on() -> None:
    hung_up = threading.Event()
    with deadline(SOON, hung_up.set) as kept:
        assert hung_up.wait(PATIENCE)
    assert kept.over


def test_what_ends_in_time_is_left_alone() -> None:
    hung_up, other = threading.Event(), threading.Event()
    with deadline(SOON, hung_up.set) as kept:
        pass
    with deadline(SOON * 2, other.set):
        assert other.wait(PATIENCE)
    assert not hung_up.is_set()
    assert not kept.over


def test_a_near_deadline_does_not_wait_for_a_far_one() -> None:
    near = threading.Event()
    with deadline(LATER, lambda: None) as far, deadline(SOON, near.set):
        assert near.wait(PATIENCE)
    assert not far.over


def test_one_that_fails_to_hang_up_ends_no_other() -> None:
    fails, works = threading.Event(), threading.Event()

    def fail() -> None:
        fails.set()
        raise OSError("gone already")

    with deadline(SOON, fail), deadline(SOON * 3, works.set):
        assert fails.wait(PATIENCE)
        assert works.wait(PATIENCE)
