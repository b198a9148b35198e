"""Files that are handed in after the score are scored with what the portal gave."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from authz.authorization import Authorization, Progress, State
from authz.consent.classes import Party
from demo.processes import wait_for
from normalizers.reconciliation.check import Outcome
from normalizers.reconciliation.report import report
from schema.clock import today
from schema.dataset import USUAL, Dataset, Missing
from schema.errors import KeyDestroyed
from schema.money import yuan
from schema.period import add_months
from schema.snapshot import Snapshot
from stages.application import default_period
from stages.normalize import opened
from tests.normalizers.bank.banks import BANKS
from tests.normalizers.bank.rendering import Entry, as_csv

if TYPE_CHECKING:
    from conftest import Desk

PORTAL = "44.api"
FLOW = "op_inflow"
NEW, MORE = "24440000000099999999", 900_00
"""A number that the portal does not know, and by how much the list exaggerates."""


def statement(months: int = 14) -> bytes:
    """Money in and out of a synthetic company's account, a year and more, in a bank's own layout."""
    given, balance = [], 500_000_00
    for month in range(months, 0, -1):
        for day, signed in ((3, 80_000_00), (11, -30_000_00), (21, 20_000_00)):
            balance += signed
            on = add_months(today().replace(day=1), -month).replace(day=day)
            given.append(Entry(on, signed, balance, f"沙盒客户{day}有限公司"))
    return as_csv(BANKS["cib"](given))


def result(desk: Desk, current: Authorization) -> dict[str, Any]:
    scored = desk.shop.casefile.score(current.id, current.run)
    assert scored is not None
    whole: dict[str, Any] = json.loads(desk.shop.vault.unseal(scored["result_ref"]))
    return whole


def flow(found: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in found["indicators"].items() if name.startswith(FLOW)}


def snapshot(desk: Desk, current: Authorization) -> Snapshot:
    held = desk.shop.casefile.snapshot(current.id, current.run)
    assert held is not None
    return opened(desk.shop, current, held)


def listing(invoice: pl.DataFrame) -> bytes:
    """A list of the portal's first two invoices, the second with another total, and one that it has not."""
    headings = ["发票代码", "发票号码", "开票日期", "销方识别号", "销方名称", "购方识别号", "购买方名称"]
    rows = []
    for nth, row in enumerate(invoice.sort("invoice_key").head(2).to_dicts()):
        parties = [row[name] or "" for name in ("seller_id", "seller_name", "buyer_id", "buyer_name")]
        amounts = [row["amount_fen"], row["tax_fen"], row["total_fen"] + nth * MORE]
        printed = [f"{row['issued_at']:%Y-%m-%d}", *parties, *(str(yuan(each)) for each in amounts)]
        rows.append([row["code"] or "", row["number"], *printed])
    new = [*rows[0]]
    new[:2] = ["", NEW]
    return as_csv([[*headings, "金额", "税额", "价税合计"], *rows, new])


@dataclass(frozen=True)
class Case:
    """A file scored, then a statement and a list of invoices handed in, then scored again."""

    id: str
    first: Authorization
    second: Authorization
    asked_for: int
    """Pages that the portal served, at the first score."""


@pytest.fixture(scope="module")
def case(desk: Desk) -> Case:
    person = desk.people(PORTAL)[-1]
    id = desk.submit(
        person,
        scopes=dict.fromkeys((*USUAL, Dataset.BANK_TRANSACTION), default_period(today())),
        periodic=True,  # a consent to one reading is used up by it, and then covers no file of invoices
    ).id
    letter = desk.shop.consents.asked(id, Party.BORROWER)
    assert letter is not None
    desk.intake.agree(id, letter.text.sha256, actor="borrower")
    first = desk.accompany(person, id)
    assert (first.state, first.progress) == (State.GRANTED, Progress.DONE), desk.events(id)
    asked_for = len(desk.portals.journal(PORTAL, "page_served"))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as made:
        made.writestr("流水.csv", statement())
        made.writestr("发票.csv", listing(snapshot(desk, first).table("invoice")))
    handed = desk.intake.hand_in(id, "资料.zip", packed.getvalue(), actor="caller:key_test")
    assert [each.error for each in handed] == [None, None]
    wait_for(lambda: desk.shop.casefile.score(id, 2), f"not scored anew: {desk.events(id)}")
    wait_for(lambda: desk.over(id) and desk.shop.ledger.authorization(id).state is State.GRANTED, "hangs")
    return Case(id, first, desk.shop.ledger.authorization(id), asked_for)


def test_a_statement_handed_in_after_the_score_is_scored(desk: Desk, case: Case) -> None:
    assert case.asked_for
    before, after = snapshot(desk, case.first), snapshot(desk, case.second)
    assert before.missing[Dataset.BANK_TRANSACTION] is Missing.NOT_AVAILABLE
    assert Dataset.BANK_TRANSACTION not in after.missing
    assert after.table("bank_transaction").height == 42
    flows = [flow(result(desk, each)) for each in (case.first, case.second)]
    assert set(flows[0]) == set(flows[1])
    assert flows[0] != flows[1]
    served = len(desk.portals.journal(PORTAL, "page_served"))
    assert served == case.asked_for, "nothing is read at the portal again"


def test_an_invoice_of_portal_and_file_counts_once_and_their_conflict_is_on_record(
    desk: Desk, case: Case
) -> None:
    before, after = snapshot(desk, case.first), snapshot(desk, case.second)
    portals, whole = before.table("invoice"), after.table("invoice")
    alone = whole.filter(pl.col("number") == NEW)
    assert (alone.height, alone["parser"][0]) == (1, "invoice.register/1")
    assert_frame_equal(whole.filter(pl.col("number") != NEW), portals, check_row_order=False)
    assert_frame_equal(after.table("invoice_line"), before.table("invoice_line"), check_row_order=False)

    first, second = portals.sort("invoice_key").head(2).to_dicts()
    again = after.table("invoice_repeat").sort("invoice_key")
    assert again.select("invoice_key", "differs", "total_fen").rows() == [
        (first["invoice_key"], None, first["total_fen"]),
        (second["invoice_key"], "total_fen", second["total_fen"] + MORE),
    ]
    given = {each.page_ref for each in desk.shop.documents.of(case.id) if each.dataset is Dataset.INVOICE}
    assert set(again["raw_ref"]) == given

    assert {"source_repeats", "source_conflict"} <= {each.code for each in after.findings}
    assert "source_conflict" not in {each.code for each in before.findings}
    shown = next(each for each in report(after) if each.check.code == "source_conflict")
    assert (shown.outcome, shown.compared, shown.differing) == (Outcome.DIFFERS, 2, 1)
    (evidence,) = shown.evidence
    assert (evidence["number"], evidence["columns"]) == (second["number"], "total_fen")
    assert evidence["right_fen"] - evidence["left_fen"] == MORE


def test_a_withdrawal_destroys_what_was_handed_in(desk: Desk, case: Case) -> None:
    id = case.id
    kept = next(each for each in desk.shop.documents.of(id) if each.dataset is Dataset.BANK_TRANSACTION)
    assert kept.run == 2
    desk.intake.withdraw(id, actor="borrower")
    wait_for(lambda: "consent.shredded" in str(desk.events(id)), "nothing was shredded")

    def destroyed() -> bool:
        try:
            desk.shop.vault.unseal(kept.page_ref or "")
        except KeyDestroyed:
            return True
        return False

    wait_for(destroyed, "the file can still be opened")
