"""Every declared layout is known by its headings, reads its figures, and takes no other's file."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from normalizers.bank.grid import Grid, Row
from normalizers.bank.layout import Layout, Sign, head, layouts, titles
from tests.normalizers.bank.rendering import Cells, as_csv, as_workbook, entries, figures, plain, read, truth

GIVEN = entries([1_234_56, -99_99, 500_00, -1])
DECLARED = layouts()[:-1]
CORPORATE = {
    "ICBC": "bank.icbc_corporate",
    "平安": "bank.pingan_corporate",
    "光大": "bank.ceb_corporate",
    "建行": "bank.ccb_corporate",
    "民生": "bank.cmbc_corporate",
}
REAL = Path(os.environ.get("TAXLINK_REAL_DATA", "/nowhere"))


def headings_of(layout: Layout) -> list[str]:
    """Its own, and the first of each role that they lack."""
    own = list(layout.headings)
    for role in ("date", "balance", "counterparty_name"):
        if not set(own) & set(layout.columns[role]):
            own.append(layout.columns[role][0])
    if not set(own) & {*layout.columns["inward"], *layout.columns["amount"]}:
        own.append("金额")
    return own


def export(headings: Sequence[str], layout: Layout) -> list[Cells]:
    """The movements under these headings, each cell by the role that the layout gives its column."""
    top = head(titles(Grid([Row("line 1", list(headings))])), layout)
    assert top is not None, headings
    rows: list[Cells] = [list(headings)]
    for entry in GIVEN:
        cells = [""] * len(headings)
        told = {
            "date": f"{entry.on:%Y-%m-%d}",
            "balance": plain(entry.balance),
            "inward": plain(entry.signed) if entry.signed > 0 else "",
            "outward": plain(-entry.signed) if entry.signed < 0 else "",
            "amount": plain(entry.signed if top.sign is Sign.SIGNED else abs(entry.signed)),
            "flag": "支出" if entry.signed < 0 else "收入",
            "counterparty_name": entry.name,
        }
        for role, cell in told.items():
            if role in top.roles:
                cells[top.roles[role]] = cell
        rows.append(cells)
    return rows


def test_no_two_layouts_have_one_name_or_the_same_headings() -> None:
    assert len({layout.format for layout in DECLARED}) == len(DECLARED)
    for one in DECLARED:
        takers = [other.format for other in DECLARED if set(other.headings) <= set(one.headings)]
        assert takers == [one.format]


@pytest.mark.parametrize("layout", DECLARED, ids=lambda layout: layout.format)
@pytest.mark.parametrize(
    "preamble", [[], [["某某银行"], ["账号：6222020", "户名：某某公司"], ["币种：人民币"]]]
)
def test_a_layout_reads_its_own_export(layout: Layout, preamble: list[Cells]) -> None:
    rows = [*preamble, *export(headings_of(layout), layout)]
    for content in (as_csv(rows), as_workbook(rows)):
        form, found = read(content)
        assert form == layout.format
        assert [each[:2] for each in figures(found)] == [each[:2] for each in truth(GIVEN)]
        account = found.tables["bank_account"].row(0, named=True)
        assert account["bank_name"] == layout.bank
        if preamble:
            assert (account["account_id"], account["currency"]) == ("6222020", "CNY")


@pytest.mark.parametrize("layout", DECLARED, ids=lambda layout: layout.format)
@pytest.mark.parametrize("order", [lambda names: names[::-1], lambda names: names[2:] + names[:2]])
def test_a_layout_is_read_in_any_order_of_columns_encoding_and_wrapping(
    layout: Layout, order: Callable[[list[str]], list[str]]
) -> None:
    rows = [["某某银行"], [], ["打印时间：2024-02-01"], *export(order(headings_of(layout)), layout)]
    wrapped = [as_csv(rows, each) for each in ("gb18030", "utf-8", "utf-8-sig")]
    for content in (*wrapped, as_csv(rows, separator="\t"), as_workbook(rows)):
        form, found = read(content)
        assert form == layout.format
        assert [each[:2] for each in figures(found)] == [each[:2] for each in truth(GIVEN)]


@pytest.mark.parametrize(
    ("layout", "role"),
    [
        (layout, role)
        for layout in DECLARED
        for role in ("date", "balance", "counterparty_name")
        if not set(layout.headings) & set(layout.columns[role])
    ],
    ids=lambda each: each if isinstance(each, str) else each.format,
)
def test_a_layout_knows_every_name_of_what_its_own_headings_leave_open(layout: Layout, role: str) -> None:
    own, aliases = headings_of(layout), layout.columns[role]
    for alias in aliases:
        named = [alias if each == aliases[0] else each for each in own]
        form, found = read(as_csv(export(named, layout)))
        assert form == layout.format, alias
        assert figures(found) == truth(GIVEN), alias
        names = found.tables["bank_transaction"]["counterparty_name"].to_list()
        assert names == [each.name for each in GIVEN], alias


@pytest.mark.skipif(not REAL.is_dir(), reason="TAXLINK_REAL_DATA names no folder")
@pytest.mark.parametrize("bank", CORPORATE)
def test_headings_of_corporate_exports_as_they_were_observed(bank: str) -> None:
    lines = (REAL / "spec" / "export_headers_cn.tsv").read_text("utf-8").splitlines()
    columns = next(line.split("\t")[1] for line in lines if line.startswith(bank))
    listed = re.sub(r"^.*header |\[.*?\],", "", columns)
    layout = next(each for each in DECLARED if each.format == CORPORATE[bank])
    form, found = read(as_workbook(export(listed.split(","), layout)))
    assert form == layout.format
    assert figures(found) == truth(GIVEN)
