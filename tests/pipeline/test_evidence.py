"""Every attempt and every collection leaves a sealed bundle: where it was, when, and nothing secret."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from authz.authorization import Progress, State
from connectors.bundle import Bundle
from demo.processes import wait_for
from schema.dataset import USUAL
from stages import evidence
from stages.evidencefile import exported
from stages.normalize import opened
from verifier.evidence import problems, unpacked

if TYPE_CHECKING:
    from conftest import Desk

SIGNED_IN_BY_PAGES = [
    "answered:credentials", "sign_in", "captcha", "asked:slider", "answered:slider", "sms", "asked:sms_code",
    "answered:sms_code", "grants", "receipt", "granted",
]  # fmt: skip


def bundles(desk: Desk, id: str) -> Iterator[tuple[str, Bundle]]:
    """Each attempt's and each collection's, by outcome or dataset."""
    refs = [(each["outcome"], each["evidence_ref"]) for each in desk.shop.attempts.of(id)]
    refs += [(each.dataset.value, each.evidence_ref) for each in desk.shop.casefile.collections(id, 1)]
    for name, ref in refs:
        assert ref is not None, name
        found = evidence.shown(desk.shop, ref)
        assert found is not None
        yield name, found


def said(found: Bundle) -> bytes:
    return found.manifest.model_dump_json().encode() + b"".join(found.pictures)


@pytest.mark.browser
@pytest.mark.parametrize(
    ("portal", "steps", "pictures"),
    [("31.api", ["answered:sms_code", "granted"], []), ("51.rpa", SIGNED_IN_BY_PAGES, ["receipt"])],
)
def test_an_attempt_and_its_collections_leave_evidence_without_a_secret(
    desk: Desk, portal: str, steps: list[str], pictures: list[str]
) -> None:
    person = desk.people(portal)[-1]
    done = desk.accompany(person, desk.submit(person).id)
    assert done.progress is Progress.DONE, desk.events(done.id)
    kept = dict(bundles(desk, done.id))
    assert {"parked", "granted", *USUAL} == set(kept)

    granted = kept["granted"].manifest
    met = [each.name.replace("picture", "slider") for each in granted.steps if each.name != "identity"]
    assert met == steps
    assert sorted(granted.steps, key=lambda each: each.at) == list(granted.steps)
    assert [each.step for each in granted.parts] == pictures
    assert granted.receipt is not None
    held = desk.shop.grants.of(done.id)
    assert held is not None
    assert (granted.receipt.number, granted.receipt.granted_at) == (held.receipt, held.granted_at)
    assert granted.fault is None
    for dataset in USUAL:
        told = kept[dataset].manifest
        assert told.steps[0].name == f"fetch:{dataset}"
        assert told.exchanges
        assert all(each.status in (200, 302) for each in told.exchanges)
        assert not told.parts

    snapshot = desk.shop.casefile.snapshot(done.id)
    assert snapshot is not None
    invoices = opened(desk.shop, done, snapshot).table("invoice")
    canaries = {
        person.password,
        person.person_id,
        person.name,
        person.phone,
        person.taxpayer_id,
        desk.portals.sms_code(person.phone),
        invoices.filter(invoices["direction"] == "out")["seller_name"][0],
        max(invoices["number"].to_list(), key=len),
    }
    file = unpacked(exported(desk.shop, done.id, actor="auditor"))
    assert problems(file, [desk.shop.checkpoints.public_key]) == []
    told = {name: said(found) for name, found in kept.items()} | {"file": b"".join(file.values())}
    canaries -= {person.taxpayer_id}
    for name, content in told.items():
        for canary in canaries:
            disguises = canary.encode(), base64.b64encode(canary.encode())
            assert not any(each in content for each in disguises), name
    assert not any(person.taxpayer_id.encode() in said(found) for found in kept.values())
    payloads = [
        payload for each in json.loads(file["collections.json"]) for payload in each["fact"]["payloads"]
    ]
    assert all(len(payload["sha256"]) == 64 for payload in payloads)
    assert payloads


@pytest.mark.browser
def test_a_fault_leaves_its_code_its_step_and_a_picture_and_a_withdrawal_destroys_them(desk: Desk) -> None:
    person = desk.people("51.rpa")[-2]
    id = desk.submit(person).id
    while (asked := desk.question(id)) is not None and asked.kind != "sms_code":
        desk.answer(person, asked)
        wait_for(lambda asked=asked: desk.settled(asked), f"{asked.kind} hangs: {desk.events(id)}")
    desk.portals.fault("51.rpa", "layout_changed", path="/etax/yssq")
    try:
        done = desk.accompany(person, id)
    finally:
        desk.portals.clear("51.rpa")
    assert (done.state, done.error_code) == (State.FAILED, "page_changed"), desk.events(id)
    failed = dict(bundles(desk, id))["failed"]
    assert failed.manifest.fault is not None
    assert (failed.manifest.fault.code, failed.manifest.fault.step) == ("page_changed", "unknown")
    assert [each.step for each in failed.manifest.parts] == ["unknown"]
    assert failed.manifest.receipt is None

    ref = desk.shop.attempts.of(id)[-1]["evidence_ref"]
    desk.intake.withdraw(id, actor="borrower")
    wait_for(lambda: "consent.shredded" in str(desk.events(id)), "nothing was shredded")
    assert evidence.shown(desk.shop, ref) is None


@pytest.mark.browser
def test_no_picture_is_taken_where_a_password_was_refused(desk: Desk) -> None:
    person = desk.people("51.rpa")[-3]
    id = desk.submit(person).id
    asked = desk.question(id)
    assert asked is not None
    desk.answer(person, asked, person_id=person.person_id, password="Not-my-password-1")
    desk.accompany(person, id)
    failed = dict(bundles(desk, id))["failed"]
    assert failed.manifest.fault is not None
    assert (failed.manifest.fault.code, failed.manifest.fault.step) == ("credentials_rejected", "sign_in")
    assert not failed.pictures
    assert b"Not-my-password" not in said(failed)
