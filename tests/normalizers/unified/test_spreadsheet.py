"""全量发票查询导出结果 in the common schema: every record of the portal survives, to the fen."""

from __future__ import annotations

import io
from collections import Counter
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import pytest
import xlsxwriter

from normalizers.registry import normalize
from sandbox.company import InvoiceLineRecord, InvoiceRecord
from sandbox.families.unified.export import HEADER, workbook
from sandbox.folder import codes_of_moderate_size, load
from sandbox.generator import generate
from schema.dataset import Dataset
from schema.errors import ContractChanged, DataConflict, DataCorrupt
from schema.money import fen

FORMAT = "unified.invoice_xlsx"
OUT, IN = "/dppt/fpcx?direction=out&start=2026-01-01", "/dppt/fpcx?direction=in&start=2026-01-01"
LINE = InvoiceLineRecord(
    name="*五金*螺栓",
    tax_class="1080199000000000000",
    specification="M8",
    unit="箱",
    quantity=Decimal(3),
    unit_price=Decimal("0.1"),
    rate="13%",
    amount=Decimal("0.30"),
    tax=Decimal("0.04"),
)
RECORD = InvoiceRecord(
    digital=False,
    special=True,
    code="4400261130",
    number="00000042",
    issued_at=datetime(2026, 3, 2),
    has_time=False,
    seller_id="91440104MAM6DJA96X",
    seller_name="沙盒卖方",
    buyer_id="91310101MA1FL00012",
    buyer_name="沙盒买方",
    amount=Decimal("0.60"),
    tax=Decimal("0.08"),
    total=Decimal("0.68"),
    state="正常",
    lines=(LINE, replace(LINE, rate="免税")),
)


def read(raw, *records, locator=OUT, total=None):
    page = raw(Dataset.INVOICE, FORMAT, workbook(list(records), False), locator, total)
    return normalize(Dataset.INVOICE, [page], ["raw/1"])


def sheet(rows) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        page = book.add_worksheet()
        for index, row in enumerate(rows):
            page.write_row(index, 0, row)
    return buffer.getvalue()


def test_header_is_the_sum_of_its_lines(raw):
    tables = read(raw, RECORD, total=1).tables
    (invoice,) = tables["invoice"].iter_rows(named=True)
    assert (invoice["amount_fen"], invoice["tax_fen"], invoice["total_fen"]) == (60, 8, 68)
    assert (invoice["code"], invoice["number"]) == ("4400261130", "00000042"), "leading zeros stay"
    assert (invoice["issued_at"], invoice["has_time"]) == (datetime(2026, 3, 2), False)
    lines = tables["invoice_line"].select("line", "item_name", "tax_rate", "amount_fen", "pointer").rows()
    assert lines == [(1, "*五金*螺栓", 0.13, 30, "A2"), (2, "*五金*螺栓", None, 30, "A3")]
    assert tables["invoice_line"]["invoice_key"].to_list() == [invoice["invoice_key"]] * 2


def test_equal_records_stay_apart(raw):
    bare = replace(RECORD, lines=())
    normalized = read(raw, bare, bare, replace(bare, amount=Decimal("-0.60")), bare, total=4)
    invoice = normalized.tables["invoice"]
    assert invoice["amount_fen"].to_list() == [60, 60, -60, 60]
    assert invoice["invoice_key"].n_unique() == 4
    assert normalized.tables["invoice_line"].is_empty()


def test_total_that_does_not_add_up_is_kept(raw):
    odd = replace(RECORD, total=Decimal("0.70"))
    normalized = read(raw, odd)
    assert normalized.tables["invoice"]["total_fen"].item() == 70


def test_direction_comes_from_what_was_asked(raw):
    pages = [raw(Dataset.INVOICE, FORMAT, workbook([RECORD], False), locator, 1) for locator in (OUT, IN)]
    invoice = normalize(Dataset.INVOICE, pages, ["raw/1", "raw/2"]).tables["invoice"]
    assert invoice["direction"].to_list() == ["out", "in"]
    assert invoice["raw_ref"].to_list() == ["raw/1", "raw/2"]
    with pytest.raises(ContractChanged):
        read(raw, RECORD, locator="/dppt/fpcx")


def test_generated_register_survives_to_the_fen(raw):
    company = generate("44", seed=1, count=1, today=date(2026, 9, 20), invoices_each=400)[0]
    tables = read(raw, *company.issued, total=len(company.issued)).tables
    assert tables["invoice"]["amount_fen"].to_list() == [fen(each.amount) for each in company.issued]
    assert tables["invoice_line"].height == sum(len(each.lines) for each in company.issued)


@pytest.mark.real_data
def test_real_registers_survive_to_the_fen(raw, real_invoices):
    codes = codes_of_moderate_size(real_invoices, 3)
    for company in load(real_invoices, "44", codes, seed=1, today=date(2020, 6, 1)):
        for locator, records in ((OUT, company.issued), (IN, company.received)):
            invoice = read(raw, *records, locator=locator, total=len(records)).tables["invoice"]
            assert invoice["amount_fen"].sum() == sum(fen(each.amount) for each in records)
            assert invoice["total_fen"].to_list() == [fen(each.total) for each in records]
            states = Counter({"正常": "valid", "作废": "void"}[each.state] for each in records)
            assert Counter(invoice["state"].to_list()) == states


@pytest.mark.parametrize("size", [0, 10, 2000])
def test_truncated_file_is_corrupt(raw, size):
    page = raw(Dataset.INVOICE, FORMAT, workbook([RECORD], False)[:size], OUT)
    with pytest.raises(DataCorrupt):
        normalize(Dataset.INVOICE, [page], ["raw/1"])


def test_renamed_heading_stops_the_dataset(raw):
    page = raw(Dataset.INVOICE, FORMAT, workbook([RECORD], True), OUT)
    with pytest.raises(ContractChanged):
        normalize(Dataset.INVOICE, [page], ["raw/1"])


def row(**changed):
    values = {
        "序号": 1,
        "发票号码": "00000001",
        "销方识别号": "S",
        "购方识别号": "B",
        "开票日期": "2026-03-02 08:00:00",
        "金额": 1.1,
        "税额": 0.1,
        "价税合计": 1.2,
        "发票票种": "增值税专用发票",
        "发票状态": "正常",
    } | changed
    return [values.get(name, "") for name in HEADER]


def reading(raw, *rows, preamble=()):
    page = raw(Dataset.INVOICE, FORMAT, sheet([*preamble, HEADER, *rows]), OUT)
    return normalize(Dataset.INVOICE, [page], ["raw/1"]).tables["invoice"]


def test_headings_are_found_below_a_preamble(raw):
    invoice = reading(
        raw, row(), preamble=[["全量发票查询导出结果"], ["开票日期", "2026-03-01 至 2026-03-31"]]
    )
    assert invoice.select("number", "amount_fen", "pointer").rows() == [("00000001", 110, "A4")]


def test_amounts_printed_as_text_are_read_too(raw):
    assert reading(raw, row(金额="1,234.50"))["amount_fen"].to_list() == [123_450]


def test_float_is_read_as_its_shortest_text(raw):
    amounts = [0.1, 1234567.89, -99999999.99, 70.07, 0.57]
    invoice = reading(raw, *(row(序号=index, 金额=amount) for index, amount in enumerate(amounts, 1)))
    assert invoice["amount_fen"].to_list() == [10, 123_456_789, -9_999_999_999, 7_007, 57]


@pytest.mark.parametrize("amount", [0.3000001, 1.005, 1e-7, "一百元"])
def test_amount_finer_than_a_fen_is_refused(raw, amount):
    with pytest.raises(DataCorrupt):
        reading(raw, row(金额=amount))


@pytest.mark.parametrize("column", ["发票号码", "数电发票号码", "销方识别号"])
def test_number_where_text_belongs_is_refused(raw, column):
    with pytest.raises(ContractChanged):
        reading(raw, row(**{column: 26442000000000000001.0}))


def test_one_number_for_different_invoices_is_refused(raw):
    with pytest.raises(ContractChanged):
        reading(raw, row(), row(发票号码="00000002"))


def test_count_that_differs_from_the_portals_is_a_conflict(raw):
    with pytest.raises(DataConflict):
        read(raw, RECORD, RECORD, total=1)
