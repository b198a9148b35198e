"""A large pull goes on at its page after a crash, and a refresh asks only for what may have changed."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import TYPE_CHECKING

import polars as pl
from sqlalchemy import select

from authz.authorization import Progress, State
from authz.consent import Frequency
from demo.processes import wait_for
from schema.dataset import Dataset
from store import tables
from store.database import reading

if TYPE_CHECKING:
    from conftest import Desk

    from connectors.testing.person import Person

PORTAL, PATH = "31.api", "/yspt/v1/invoice.query"
ORIGIN = ("raw_ref", "pointer", "fetched_at")


def served(desk: Desk) -> int:
    return sum(entry["detail"] == "invoice.query" for entry in desk.portals.journal(PORTAL, "page_served"))


def invoices(desk: Desk, id: str, run: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    held = desk.shop.casefile.snapshot(id, run)
    assert held is not None
    invoice, line = (
        pl.read_ipc(io.BytesIO(desk.shop.vault.unseal(held.tables[name]["ref"]))).drop(ORIGIN)
        for name in ("invoice", "invoice_line")
    )
    return invoice.sort("invoice_key"), line.sort("invoice_key", "line")


def pages(desk: Desk, id: str, run: int, *, old: bool) -> set[str]:
    """References of the invoice pages of a run that were read before it, or in it."""
    (read,) = (each for each in desk.shop.casefile.collections(id, run) if each.dataset is Dataset.INVOICE)
    return {page["ref"] for page in read.pages if ("before" in page) is old}


def kept(desk: Desk, id: str) -> set[str]:
    """The places that a crash would leave."""
    table = tables.pages_under_way
    with reading(desk.shop.store) as connection:
        batches = connection.scalars(select(table.c.pages).where(table.c.authorization_id == id)).all()
    return {page["locator"] for batch in batches for page in batch}


def test_a_killed_worker_goes_on_at_the_page(own_desk: Callable[..., Desk]) -> None:
    desk = own_desk("--count", "3", "--invoices", "300", "--regions", "31")
    endpoints = desk.house.endpoints()
    endpoints[PORTAL]["limits"] = {"page_size": 10}
    desk.house.endpoints_file.write_text(json.dumps(endpoints))
    desk.house.worker()
    person: Person = desk.people(PORTAL)[0]
    id = desk.submit(person).id
    asked = desk.question(id)
    assert asked is not None
    desk.portals.fault(PORTAL, "slow", path=PATH, seconds=0.3)
    desk.answer(person, asked)
    wait_for(lambda: kept(desk, id), f"nothing is kept: {desk.events(id)}")
    desk.house.kill("worker-1")
    left, before = kept(desk, id), served(desk)
    desk.portals.clear()
    desk.house.worker()
    done = desk.accompany(person, id)
    assert (done.state, done.progress) == (State.GRANTED, Progress.DONE), desk.events(id)
    (read,) = (e for e in desk.shop.casefile.collections(id, 1) if e.dataset is Dataset.INVOICE)
    places = [page["locator"] for page in read.pages]
    assert len(set(places)) == len(places) > len(left) > 0
    assert served(desk) - before == len(places) - len(left), "what was kept is not asked for again"
    assert read.missing is None
    assert kept(desk, id) == set()


def test_a_refresh_asks_for_the_look_back_alone_and_comes_to_the_same_register(desk: Desk) -> None:
    person = desk.people(PORTAL)[-3]
    before = served(desk)
    first = desk.accompany(person, desk.submit(person, periodic=True, frequency=Frequency(3, "day")).id)
    whole = served(desk) - before
    for run in (2, 3):
        desk.upkeep.refresh(first.id, actor="scheduler")
        wait_for(lambda run=run: refreshed(desk, first.id, run), f"not refreshed: {desk.events(first.id)}")
        assert served(desk) - before == whole + 2 * (run - 1), "one query a direction"
        for ours, again in zip(invoices(desk, first.id, 1), invoices(desk, first.id, run), strict=True):
            assert again.equals(ours)
        held, new = pages(desk, first.id, run, old=True), pages(desk, first.id, run, old=False)
        assert len(new) == 2
        assert held <= pages(desk, first.id, 1, old=False), "the refresh before was of the same months"
    snapshot = desk.shop.casefile.snapshot(first.id, 3)
    assert snapshot is not None
    assert not [finding for finding in snapshot.findings if finding.code == "duplicate_rows"]


def refreshed(desk: Desk, id: str, run: int) -> bool:
    current = desk.shop.ledger.authorization(id)
    return (current.state, current.progress, current.run) == (State.GRANTED, Progress.DONE, run)
