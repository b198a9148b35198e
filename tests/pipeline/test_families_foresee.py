"""北京 by its bureau: a password, a captcha and a code in, one scored file out."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING

import polars as pl

from authz.authorization import Progress, State
from schema.dataset import USUAL, Route

if TYPE_CHECKING:
    from conftest import Desk

PORTAL = "11.api"


def test_the_whole_job_by_the_bureau(own_desk: Callable[..., Desk]) -> None:
    desk = own_desk("--regions", "11", "--families", "foresee", "--count", "4", "--invoices", "120")
    desk.house.worker()
    companies = {company["taxpayer_id"]: company for company in desk.portals.companies(PORTAL)}
    for person in (desk.people(PORTAL)[0], desk.people(PORTAL)[3]):
        done = desk.accompany(person, desk.submit(person).id)
        assert (done.state, done.progress, done.route) == (State.GRANTED, Progress.DONE, Route.API), (
            desk.events(done.id)
        )
        collected = desk.shop.casefile.collections(done.id, 1)
        assert {each.dataset: each.missing for each in collected} == dict.fromkeys(USUAL)
        assert len(desk.journal(PORTAL, "grant_made", person)) == 1
        assert not desk.journal(PORTAL, "sign_in_rejected", person)
        held = desk.shop.casefile.snapshot(done.id)
        assert held is not None
        assert not held.missing
        tables = {
            name: pl.read_ipc(io.BytesIO(desk.shop.vault.unseal(table["ref"])))
            for name, table in held.tables.items()
        }
        company, invoices = companies[person.taxpayer_id], tables["invoice"]
        assert tables["taxpayer"]["taxpayer_id"].to_list() == [person.taxpayer_id]
        assert tables["taxpayer"]["taxpayer_kind"].to_list() == [
            "general" if company["general"] else "small_scale"
        ]
        assert tables["tax_credit_rating"].height == 3
        counted = dict(invoices["direction"].value_counts().iter_rows())
        assert counted == {"out": company["issued"], "in": company["received"]}
        assert (invoices["amount_fen"] + invoices["tax_fen"]).equals(invoices["total_fen"], check_names=False)
        assert _declared(tables) == _invoiced(invoices, tables["tax_return"])


def _declared(tables: dict[str, pl.DataFrame]) -> tuple[int, int]:
    """(taxed sales, tax on them) over all returns, in fen."""
    current = tables["tax_return_line"].filter(column="current")
    tax = "11" if "vat_general" in set(tables["tax_return"]["form"]) else "15"
    return current.filter(line="1")["amount_fen"].sum(), current.filter(line=tax)["amount_fen"].sum()


def _invoiced(invoices: pl.DataFrame, returns: pl.DataFrame) -> tuple[int, int]:
    """The same by the invoices issued within the periods of the returns."""
    day = pl.col("issued_at").dt.date()
    taxed = invoices.filter(
        (pl.col("direction") == "out") & (pl.col("state") == "valid") & (pl.col("tax_fen") != 0),
        day.is_between(returns["period_start"].min(), returns["period_end"].max()),
    )
    return taxed["amount_fen"].sum(), taxed["tax_fen"].sum()
