"""What people hand over: locked, cut, wrapped, misnamed and oddly typed files."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
import xlsxwriter

from normalizers.documents import Document, normalize, reader_of
from normalizers.invoices.text import moment, money
from schema.errors import (
    ContractChanged,
    DataConflict,
    DataCorrupt,
    DocumentLocked,
    FormatUnknown,
    PicturesOnly,
    TaxlinkError,
)
from schema.snapshot import Normalized
from tests.normalizers.invoices.rendering import (
    HEADINGS,
    Item,
    Told,
    attached_ofd,
    control_xml,
    digital_xml,
    export_csv,
    pdf,
    printed,
    rows,
)

NOW = datetime(2026, 11, 25, tzinfo=UTC)
TOLD = Told(
    number="24440000000012345678",
    code=None,
    day=date(2024, 1, 2),
    seller=("91310000MA00000000", "甲公司"),
    buyer=("91310000MB00000000", "乙公司"),
    items=[Item("*类*货", 2, 150, 13), Item("*类*物", 1, 1000, 6)],
    whim=0,
)


def read(content: bytes, name: str = "file") -> Normalized:
    return normalize(Document(name, content, NOW))[1]


def figures(content: bytes) -> tuple[Any, ...]:
    return read(content).tables["invoice"].select("amount_fen", "tax_fen", "total_fen").row(0)


def workbook(fill: Callable[[Any], None]) -> bytes:
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True}) as book:
        fill(book.add_worksheet())
    return made.getvalue()


def zipped(parts: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return made.getvalue()


def encrypted(content: bytes) -> bytes:
    """The archive with the flag of encryption on every part."""
    local, central = b"PK\x03\x04", b"PK\x01\x02"
    made = bytearray(content)
    for signature, place in ((local, 6), (central, 8)):
        start = made.find(signature)
        while start >= 0:
            made[start + place] |= 1
            start = made.find(signature, start + 4)
    return bytes(made)


@pytest.mark.parametrize(
    ("printed_as", "is_"),
    [
        ("1,234.50", "1234.50"),
        ("￥１，２３４.50", "1234.50"),
        ("(1,234.50)", "-1234.50"),
        ("（1234.50）", "-1234.50"),
        ("-¥12.00", "-12.00"),
        ("1234.50元", "1234.50"),
        ('="12.30"', "12.30"),
        ("***", None),
        ("", None),
    ],
)
def test_an_amount_is_known_however_it_is_written(printed_as: str, is_: str | None) -> None:
    assert money(printed_as) == is_


@pytest.mark.parametrize(
    ("printed_as", "is_"),
    [
        ("2020年07月23日", "2020-07-23"),
        ("2020 年 7 月 3 日", "2020-07-03"),
        ("２０２０年０７月２３日", "2020-07-23"),
        ("20200723", "2020-07-23"),
        ("2020/7/3 9:05", "2020-07-03 09:05:00"),
        ("2023-11-13T20:05:10", "2023-11-13 20:05:10"),
        ("2024-01-24 16:23:48.0", "2024-01-24 16:23:48"),
    ],
)
def test_a_day_is_known_however_it_is_written(printed_as: str, is_: str) -> None:
    assert moment(printed_as) == is_


def test_cells_of_every_kind_are_the_same_invoice() -> None:
    """Numbers, a serial day, parentheses, full-width digits, a totals row, merged headings above."""

    def fill(sheet: Any) -> None:
        sheet.merge_range(0, 0, 0, 5, "全量发票查询导出结果")
        for column, name in enumerate(HEADINGS):
            sheet.write(2, column, name)
        (first, second) = rows(TOLD)
        first[HEADINGS.index("金额")] = "３．００"
        for line, cells in enumerate((first, second), 3):
            for column, (name, cell) in enumerate(zip(HEADINGS, cells, strict=True)):
                if name == "开票日期":
                    sheet.write_number(line, column, 45293.5)
                elif name in ("税额", "价税合计", "数量"):
                    sheet.write_number(line, column, float(cell))
                else:
                    sheet.write_string(line, column, cell)
        sheet.write(5, 0, "合计")

    found = read(workbook(fill)).tables["invoice"].row(0, named=True)
    assert (found["amount_fen"], found["tax_fen"], found["total_fen"]) == (TOLD.amount, TOLD.tax, TOLD.total)
    assert found["issued_at"] == datetime(2024, 1, 2, 12)


@pytest.mark.parametrize(
    ("printed_as", "is_"),
    [
        ("2020年07月23日", datetime(2020, 7, 23)),
        ("２０２０年７月３日", datetime(2020, 7, 3)),
        ("2020 年 7 月 3 日", datetime(2020, 7, 3)),
        ("20200723", datetime(2020, 7, 23)),
        ("2020/7/3 9:05", datetime(2020, 7, 3, 9, 5)),
        ("45293", datetime(2024, 1, 2)),
        ("45293.5", datetime(2024, 1, 2, 12)),
        ("2024-13-01", None),
        ("2024-1", None),
        ("202413", None),
        ("4529.35", None),
        ("2024-0102", None),
    ],
)
def test_a_list_knows_a_day_however_it_is_written_and_guesses_none(
    printed_as: str, is_: datetime | None
) -> None:
    content = export_csv(TOLD).decode("utf-8-sig").replace(f"{TOLD.day} 10:00:00", printed_as).encode()
    if is_ is None:
        with pytest.raises(DataCorrupt):
            read(content)
    else:
        assert read(content).tables["invoice"]["issued_at"].to_list() == [is_]


def test_a_number_kept_as_a_number_is_refused() -> None:
    def fill(sheet: Any) -> None:
        for line, cells in enumerate([list(HEADINGS), *rows(TOLD)]):
            for column, cell in enumerate(cells):
                sheet.write(line, column, float(cell) if line and column == 3 else cell)

    with pytest.raises(ContractChanged, match="number"):
        read(workbook(fill))


def test_a_formula_is_not_read() -> None:
    def fill(sheet: Any) -> None:
        for line, cells in enumerate([list(HEADINGS), *rows(TOLD)]):
            for column, cell in enumerate(cells):
                sheet.write(line, column, cell)
        sheet.write_formula(2, HEADINGS.index("金额"), "=1+1", None, 2)

    with pytest.raises(TaxlinkError):
        read(workbook(fill))


def test_the_content_decides_and_not_the_name() -> None:
    assert reader_of(Document("发票.pdf", digital_xml(TOLD), NOW)).format == "invoice.digital_xml"
    assert reader_of(Document("发票.xml", attached_ofd(TOLD), NOW)).format == "invoice.ofd"
    assert reader_of(Document("发票.xlsx", export_csv(TOLD), NOW)).format == "invoice.register"


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", FormatUnknown),
        (b"\x89PNG\r\n\x1a\n", FormatUnknown),
        (zipped({"inner.zip": zipped({"a.xml": digital_xml(TOLD)})}), FormatUnknown),
        (encrypted(zipped({"a.xml": digital_xml(TOLD)})), DocumentLocked),
        (encrypted(attached_ofd(TOLD)), DocumentLocked),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512) + "EncryptedPackage".encode("utf-16-le"),
            DocumentLocked,
        ),
        (pdf([]), PicturesOnly),
        (pdf(printed(TOLD))[:900], DataCorrupt),
        (attached_ofd(TOLD)[:400], DataCorrupt),
        (digital_xml(TOLD)[:-20], DataCorrupt),
        (export_csv(TOLD).replace(b"\xe8\xb4\xa7", b"\xff\xff"), TaxlinkError),
        (digital_xml(TOLD).replace(b"<EInvoice>", b"<!DOCTYPE a [<!ENTITY b 'c'>]><EInvoice>"), DataCorrupt),
        (digital_xml(TOLD).replace(b"13.60", b"13.61").replace(b">13.00<", b">13.01<"), DataConflict),
    ],
)
def test_what_cannot_be_read_has_a_name(content: bytes, error: type[TaxlinkError]) -> None:
    with pytest.raises(error):
        read(content)


def test_entities_and_files_of_the_machine_are_never_looked_up() -> None:
    attack = b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]>'
    content = (
        digital_xml(TOLD).replace(b"<EInvoice>", attack + b"<EInvoice>").replace("甲公司".encode(), b"&b;")
    )
    with pytest.raises(TaxlinkError) as raised:
        read(content)
    assert "hostname" not in raised.value.detail


def test_an_archive_that_unpacks_to_more_than_any_invoice_is_left() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("OFD.xml", b"<OFD/>")
        archive.writestr("Doc_0/Content.xml", bytes(80 << 20))
    with pytest.raises(DataCorrupt, match="unpacks to"):
        read(made.getvalue())


def test_tax_that_is_not_shown_is_what_the_total_has_beyond_the_amount() -> None:
    told = Told(
        **{**vars(TOLD), "code": "044001900111", "number": "12345678", "items": [Item("*类*货", 1, 10000, 0)]}
    )
    xml = control_xml(told).decode().replace("<TaxScheme>0%<", "<TaxScheme>免税<")
    xml = xml.replace("<TaxAmount>0.00<", "<TaxAmount>***<").replace(
        "<TaxTotalAmount>0.00<", "<TaxTotalAmount>***<"
    )
    found = read(xml.encode())
    row = found.tables["invoice"].row(0, named=True)
    assert (row["tax_fen"], row["total_fen"], row["regime"]) == (0, 10000, "exempt")
    assert found.tables["invoice_line"].select("tax_rate", "tax_fen").row(0) == (None, None)


def test_a_red_invoice_names_the_blue_one_and_its_notice_in_the_remark() -> None:
    remark = "被红冲蓝字数电发票号码：24440000000000000001 红字发票信息确认单编号：44010624011000000001"
    told = Told(**{**vars(TOLD), "items": [Item("*类*货", -1, 10000, 13)]})
    xml = (
        digital_xml(told)
        .decode()
        .replace(
            "</EInvoiceData>",
            f"<AdditionalInformation><Remark>{remark}</Remark></AdditionalInformation></EInvoiceData>",
        )
    )
    row = read(xml.encode()).tables["invoice"].row(0, named=True)
    assert row["original_number"] == "24440000000000000001"
    assert row["red_notice"] == "44010624011000000001"
    assert row["total_fen"] == -11300


def test_a_state_that_nobody_knows_stops_the_list() -> None:
    with pytest.raises(ContractChanged):
        read(export_csv(TOLD).decode("utf-8-sig").replace("正常", "异常凭证").encode())


def test_states_of_the_export_tell_void_and_offset_invoices() -> None:
    text = export_csv(TOLD).decode("utf-8-sig")
    for printed_as, state, reddened in (("作废", "void", None), ("已红冲-部分", "valid", "part")):
        row = read(text.replace("正常", printed_as).encode()).tables["invoice"].row(0, named=True)
        assert (row["state"], row["reddened"]) == (state, reddened)


def test_an_invoice_without_its_lines_amounts_is_read() -> None:
    """Toll invoices have a line with a rate and nothing else."""
    xml = digital_xml(TOLD).decode()
    start, end = xml.index("<IssuItemInformation>"), xml.rindex("</IssuItemInformation>")
    bare = xml[:start] + "<IssuItemInformation><TaxRate>0.03</TaxRate>" + xml[end:]
    assert figures(bare.encode()) == (TOLD.amount, TOLD.tax, TOLD.total)
