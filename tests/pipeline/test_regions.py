"""Every region that has an API, from the tap to the score, through one worker."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from authz.authorization import Progress, State
from connectors.overlay import overlays
from demo.processes import wait_for
from schema.dataset import USUAL, Route

if TYPE_CHECKING:
    from conftest import Desk


def test_every_regions_api_leads_from_one_tap_to_one_scored_file(own_desk: Callable[..., Desk]) -> None:
    apis = {code: found.routes[Route.API] for code, found in overlays().items() if Route.API in found.routes}
    families = ",".join({each.family for each in apis.values()})
    desk = own_desk("--regions", ",".join(apis), "--families", families, "--count", "1", "--invoices", "20")
    desk.house.worker()
    people = [desk.people(f"{code}.api")[0] for code in apis]
    runs = {desk.submit(person).id: person for person in people}

    def over() -> bool:
        for id, person in runs.items():
            if (asked := desk.shop.challenges.open_one(id)) is not None:
                desk.answer(person, asked)
        return all(desk.over(id) for id in runs)

    wait_for(over, "a region hangs", seconds=240)
    for id, person in runs.items():
        done = desk.shop.ledger.authorization(id)
        ending = (done.region, done.state, done.progress, done.route)
        assert ending == (person.region, State.GRANTED, Progress.DONE, Route.API), desk.events(id)
        collected = {each.dataset: each.missing for each in desk.shop.casefile.collections(id, 1)}
        assert collected == dict.fromkeys(USUAL), person.region
    assert {person.region for person in runs.values()} == set(apis)
