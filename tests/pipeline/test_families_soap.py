"""江苏 by its SOAP gateway: one code in, one scored file out."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import polars as pl

from authz.authorization import Progress, State
from sandbox.generator import generate
from schema.dataset import USUAL, Route
from schema.money import fen

if TYPE_CHECKING:
    from conftest import Desk

PORTAL = "32.api"


def test_the_whole_job_by_the_soap_gateway(own_desk: Callable[..., Desk]) -> None:
    desk = own_desk("--regions", "32", "--families", "soap", "--count", "4", "--invoices", "120")
    desk.house.worker()
    known = generate("32", seed=7, count=4, today=date.today(), invoices_each=120)
    companies = {company.taxpayer_id: company for company in known}
    for person in (desk.people(PORTAL)[0], desk.people(PORTAL)[3]):
        done = desk.accompany(person, desk.submit(person).id)
        told = (done.state, done.progress, done.route)
        assert told == (State.GRANTED, Progress.DONE, Route.API), desk.events(done.id)
        collected = desk.shop.casefile.collections(done.id, 1)
        assert {each.dataset: each.missing for each in collected} == dict.fromkeys(USUAL)
        assert len(desk.journal(PORTAL, "grant_made", person)) == 1
        held = desk.shop.casefile.snapshot(done.id)
        assert held is not None
        tables = {
            name: pl.read_ipc(io.BytesIO(desk.shop.vault.unseal(table["ref"])))
            for name, table in held.tables.items()
        }
        company = companies[person.taxpayer_id]
        assert tables["taxpayer"]["name"].to_list() == [company.name]
        assert tables["tax_return"].height == len(company.returns)
        for direction, register in (("out", company.issued), ("in", company.received)):
            ours = tables["invoice"].filter(direction=direction)
            assert ours.height == len(register)
            assert ours["amount_fen"].sum() == fen(sum((each.amount for each in register), Decimal(0)))
            assert ours["tax_fen"].sum() == fen(sum((each.tax for each in register), Decimal(0)))
        assert tables["invoice_line"].height == sum(
            len(each.lines) for each in (*company.issued, *company.received)
        )
        assert desk.shop.casefile.score(done.id) is not None
