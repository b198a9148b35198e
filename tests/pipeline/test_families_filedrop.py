"""山东 by its delivery portal: one code in, files waited for, one scored file out."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import polars as pl

from authz.authorization import Progress, State
from demo.processes import wait_for
from sandbox.generator import generate
from schema.dataset import USUAL, Route
from schema.money import fen

if TYPE_CHECKING:
    from conftest import Desk

PORTAL = "37.api"


def test_the_whole_job_by_the_delivery_portal(own_desk: Callable[..., Desk]) -> None:
    """The worker is killed while the portal prepares the invoices; the next one meets the same request."""
    desk = own_desk("--regions", "37", "--families", "filedrop", "--count", "4", "--invoices", "120")
    desk.house.worker()
    person = desk.people(PORTAL)[0]
    id = desk.submit(person).id
    asked = desk.question(id)
    assert asked is not None
    desk.answer(person, asked)
    wait_for(lambda: len(desk.journal(PORTAL, "file_requested", person)) == 4, "no invoices were asked for")
    desk.house.kill("worker-1")
    desk.house.worker()
    done = desk.accompany(person, id)
    told = (done.state, done.progress, done.route)
    assert told == (State.GRANTED, Progress.DONE, Route.API), desk.events(done.id)
    collected = desk.shop.casefile.collections(done.id, 1)
    assert {each.dataset: each.missing for each in collected} == dict.fromkeys(USUAL)
    assert len(desk.journal(PORTAL, "grant_made", person)) == 1
    assert len(desk.journal(PORTAL, "file_requested", person)) == len(USUAL)

    known = generate("37", seed=7, count=4, today=date.today(), invoices_each=120)
    (company,) = (each for each in known if each.taxpayer_id == person.taxpayer_id)
    held = desk.shop.casefile.snapshot(done.id)
    assert held is not None
    tables = {
        name: pl.read_ipc(io.BytesIO(desk.shop.vault.unseal(table["ref"])))
        for name, table in held.tables.items()
    }
    assert tables["taxpayer"]["name"].to_list() == [company.name]
    assert tables["tax_return"].height == len(company.returns)
    for direction, register in (("out", company.issued), ("in", company.received)):
        ours = tables["invoice"].filter(direction=direction)
        assert ours.height == len(register)
        assert ours["amount_fen"].sum() == fen(sum((each.amount for each in register), Decimal(0)))
        assert ours["tax_fen"].sum() == fen(sum((each.tax for each in register), Decimal(0)))
    lines = sum(len(each.lines) for each in (*company.issued, *company.received))
    assert tables["invoice_line"].height == lines
    assert desk.shop.casefile.score(done.id) is not None
