"""Sign-ins that nobody answers on our page: the worker watches while the person acts in the tax app."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from authz.authorization import Progress, State
from authz.challenges import ChallengeState, Relayed
from connectors.interface import ChallengeKind, Scan
from demo.processes import wait_for

if TYPE_CHECKING:
    from conftest import Desk


def picture(desk: Desk, asked: Relayed) -> str:
    return str(desk.shop.challenges.prompt(desk.shop.challenges.get(asked.id))["picture"])


def test_the_tax_app_leads_from_one_tap_to_one_scored_file(own_desk: Callable[..., Desk]) -> None:
    desk = own_desk("--regions", "54,63", "--families", "unified", "--count", "4", "--invoices", "20")
    desk.house.worker()
    scanner, refuser = desk.people("54.rpa")[:2]
    approver = desk.people("63.rpa")[0]

    # A code: renewed in place when it expires, scanned, confirmed.
    id = desk.submit(scanner).id
    asked = desk.question(id)
    assert asked is not None
    assert (asked.kind, asked.hint) == (ChallengeKind.QR, Scan.WAITING)
    desk.intake.answer(id, asked.id, {})
    assert desk.shop.challenges.get(asked.id).state is ChallengeState.OPEN, "an answer changes nothing"
    first = picture(desk, asked)
    desk.portals.shift_clock(121)
    wait_for(lambda: picture(desk, asked) != first, "the code is not renewed")
    assert desk.portals.decide("54.rpa", scanner.person_id, "scan", picture=picture(desk, asked))
    wait_for(lambda: desk.shop.challenges.get(asked.id).hint == Scan.SCANNED, "the scan is not seen")
    assert desk.portals.decide("54.rpa", scanner.person_id, "confirm", picture=picture(desk, asked))
    done = desk.accompany(scanner, id)
    assert (done.state, done.progress) == (State.GRANTED, Progress.DONE), desk.events(id)
    assert desk.shop.challenges.get(asked.id).state is ChallengeState.ACCEPTED
    assert desk.shop.challenges.refused(id, done.run, ChallengeKind.QR) == 0
    assert not desk.journal("54.rpa", "sms_sent", scanner)

    # A password and its approval.
    done = desk.accompany(approver, desk.submit(approver).id)
    assert (done.state, done.progress) == (State.GRANTED, Progress.DONE), desk.events(done.id)

    # Refusals in the app count, up to the overlay's budget of three.
    id = desk.submit(refuser).id
    while (asked := desk.question(id)) is not None:
        shown = picture(desk, asked)
        for decision in ("scan", "refuse"):
            assert desk.portals.decide("54.rpa", refuser.person_id, decision, picture=shown)
        wait_for(lambda asked=asked: desk.settled(asked), "the refusal is not seen")
    done = desk.shop.ledger.authorization(id)
    assert (done.state, done.error_code) == (State.FAILED, "challenge_rejected"), desk.events(id)
    assert desk.shop.challenges.refused(id, done.run, ChallengeKind.QR) == 3
    assert not desk.journal("54.rpa", "grant_made", refuser)
