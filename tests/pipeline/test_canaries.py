"""The scheduler names the canaries that are due, and a worker sends them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from demo.processes import wait_for
from stages import canaries, doctor

if TYPE_CHECKING:
    from conftest import Desk


@pytest.mark.browser
def test_a_worker_looks_at_every_route_of_the_deployment_once_it_is_due(desk: Desk) -> None:
    watched = set(canaries.watched(desk.shop))
    assert len(watched) == len(desk.portals.endpoints)
    assert desk.upkeep.look() == len(watched)
    assert desk.upkeep.look() == 0, "they are on their way"
    wait_for(
        lambda: {each.place for each in desk.shop.canaries.all() if each.seen} == watched,
        "no canary came back",
    )
    assert not [each for each in doctor.drifts(desk.shop.store) if each.step == doctor.CANARY]
