"""What real exports do to their readers: read right, or refused with the line and the reason."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import pytest
import xlsxwriter

from schema.errors import TaxlinkError
from tests.normalizers.bank.banks import BANKS
from tests.normalizers.bank.rendering import as_csv, as_workbook, codes, entries, figures, plain, read, truth
from tests.normalizers.bank.writing import FORMATS, picture_pdf, ruled_pdf

GIVEN = entries([1_234_56, -99_99, 500_00, -1])
CSV = as_csv(BANKS["cib"](GIVEN))
UTF8 = as_csv(BANKS["cib"](GIVEN), "utf-8")
HEADINGS = ["交易日期", "收入", "支出", "余额", "对方户名"]


def rows(*given: list[object]) -> bytes:
    return as_csv([HEADINGS, *given])  # type: ignore[list-item]


def error(content: bytes, name: str = "statement") -> tuple[str, str]:
    with pytest.raises(TaxlinkError) as caught:
        read(content, name)
    return caught.value.code, caught.value.detail


def test_stray_bytes_in_a_name_cost_the_name_and_no_figure() -> None:
    name = GIVEN[0].name.encode("gb18030")
    assert name in CSV
    _, found = read(CSV.replace(name, name[:3] + b"\xff" + name[4:]))
    assert figures(found) == truth(GIVEN)
    assert ("stray_bytes", "line 2: bytes that are no character") in [
        (each.code, each.detail) for each in found.findings
    ]


def test_stray_bytes_in_a_figure_are_named_with_their_line() -> None:
    assert error(CSV.replace(b"1,234.56", b"1,2\xff4.56", 1)) == (
        "data_corrupt",
        "line 2: 发生额 is no amount of money",
    )


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content.replace("服务费".encode(), "服务\ufeff费".encode()),
        lambda content: content.replace(b"\r\n", b"\r", 1).replace(b"\r\n", b"\n", 1),
        lambda content: content.replace(b"\r\n", b"\r\n\r\n"),
        lambda content: b"\xef\xbb\xbf" + content,
        lambda content: content.decode().replace("1,234.56", "１，２３４．５６").encode(),
        lambda content: content + b",,,,,,,,\r\n\r\n",
    ],
    ids=["mark within", "mixed newlines", "blank lines", "mark before", "full width", "empty rows"],
)
def test_what_does_no_harm_is_read(damage: Callable[[bytes], bytes]) -> None:
    _, found = read(damage(UTF8))
    assert figures(found) == truth(GIVEN)


@pytest.mark.parametrize("separator", ["\t", ";", "|", "\x1b"])
def test_separators_are_found(separator: str) -> None:
    _, found = read(as_csv(BANKS["cib"](GIVEN), separator=separator))
    assert figures(found) == truth(GIVEN)


def test_a_formula_is_no_figure() -> None:
    code, detail = error(rows(["2024-01-01", "=1+1", "", "2.00", "x"]))
    assert (code, detail) == ("data_corrupt", "line 2: 收入 is no amount of money")
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADINGS)
        sheet.write_row(1, 0, ["2024-01-01", 2.0, "", "2.00", "x"])
        sheet.write_formula(2, 1, "=SUM(B2:B2)", None, 900.0)
    assert error(content.getvalue()) == (
        "data_corrupt",
        "xl/worksheets/sheet1.xml: a workbook with formulas is not read",
    )


def test_a_workbook_with_dates_and_numbers_of_its_own_is_read() -> None:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        sheet, day = book.add_worksheet(), book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.merge_range(0, 0, 0, 4, "某银行流水")
        sheet.write_row(1, 0, HEADINGS)
        for number, entry in enumerate(GIVEN, start=2):
            if number % 2:
                sheet.write_datetime(number, 0, entry.on, day)  # type: ignore[arg-type]
            else:
                sheet.write_number(number, 0, entry.on.toordinal() - 693594)
            sheet.write_number(number, 1 if entry.signed > 0 else 2, abs(entry.signed) / 100)
            sheet.write_number(number, 3, entry.balance / 100)
            sheet.write_string(number, 4, entry.name)
    assert figures(read(content.getvalue())[1]) == truth(GIVEN)


def test_totals_within_the_rows_are_no_movements_and_are_held_against_them() -> None:
    given = [
        ["2024-01-01", "10.00", "", "110.00", "甲"],
        ["2024-01-01", "10.00", "0.00", "", "本日合计"],
        ["2024-01-02", "", "5.00", "105.00", "乙合计有限公司"],
        ["2024-01-03", "1.00", "", "106.00", "货款合计"],
        ["合计", "11.00", "5.00", "", ""],
    ]
    _, found = read(rows(*given))
    assert [fen for _, fen, _ in figures(found)] == [1000, -500, 100]
    assert codes(found) == {"totals_row", "unproven_amounts"}
    given[-1][1] = "12.00"
    assert "totals_differ" in codes(read(rows(*given))[1])


def test_headings_printed_again_and_a_balance_carried_are_no_movements() -> None:
    first, second = ["2024-01-01", "10.00", "", "110.00", "甲"], ["2024-01-02", "", "5.00", "105.00", "乙"]
    _, found = read(
        rows(["承前页", "", "", "100.00", ""], first, list(HEADINGS), second, ["过次页", "", "", "105.00"])
    )
    assert [fen for _, fen, _ in figures(found)] == [1000, -500]


def test_amounts_taken_back_turn_around() -> None:
    _, found = read(
        rows(["2024-01-01", "", "10.00", "90.00", "甲"], ["2024-01-02", "", "-10.00", "100.00", "冲正"])
    )
    assert [fen for _, fen, _ in figures(found)] == [-1000, 1000]
    assert codes(found) == {"reversal", "unproven_amounts"}


@pytest.mark.parametrize(
    ("row", "code", "reason"),
    [
        (["2024-13-01", "1", "", "1", "x"], "data_corrupt", "交易日期 is no date"),
        (["", "1", "", "1", "x"], "data_corrupt", "交易日期 is empty"),
        (["2024-01-01", "1", "2", "1", "x"], "data_conflict", "an amount on both sides"),
        (["2024-01-01", "1.005", "", "1", "x"], "data_corrupt", "收入 an amount finer than one fen"),
        (["2024-01-01", "1***0", "", "1", "x"], "data_corrupt", "收入 is no amount of money"),
        (["2024-01-01", "1", "", "1", "x", "y"], "data_corrupt", "6 cells under 5 headings"),
        (["2024-01-01", "1"], "data_incomplete", "2 cells under 5 headings"),
    ],
)
def test_a_row_that_cannot_be_read_is_named(row: list[object], code: str, reason: str) -> None:
    assert error(rows(["2024-01-01", "1", "", "1", "x"], row)) == (code, f"line 3: {reason}")


def test_an_unknown_word_of_direction_stops_the_file() -> None:
    given = [["交易日期", "收/支", "金额", "余额"], ["2024-01-01", "不知道", "1.00", "1.00"]]
    assert error(as_csv(given)) == ("contract_changed", "line 2: 收/支 is a word that is not known")


def test_a_balance_that_does_not_follow_is_told_line_by_line() -> None:
    wrong = [*BANKS["cib"](GIVEN)]
    wrong[3] = [*wrong[3]]
    wrong[3][5] = plain(GIVEN[2].balance + 1)  # type: ignore[index]
    _, found = read(as_csv(wrong))
    broken = [each.detail.split(":")[0] for each in found.findings if each.code == "balance_breaks"]
    assert broken == ["line 4", "line 5"]
    assert figures(found)[0] == truth(GIVEN)[0]


def test_a_text_cut_within_a_row_is_named() -> None:
    assert error(CSV[:-12]) == ("data_incomplete", "line 5: the file ends within a cell")
    assert error(CSV[:-30]) == ("data_incomplete", "line 5: the file ends within a row")


@pytest.mark.parametrize("name", ["mt940", "camt.053 v4", "ofx", "bkrs 2023"])
@pytest.mark.parametrize("part", [0.5, 0.9])
def test_half_a_file_is_named(name: str, part: float) -> None:
    whole = FORMATS[name][1](GIVEN)
    assert error(whole[: int(len(whole) * part)])[0] in ("data_incomplete", "data_corrupt")


@pytest.mark.parametrize("extension", ["pdf", "xml", "xlsx", "txt", "", "jpg"])
def test_an_extension_decides_nothing(extension: str) -> None:
    for content in (CSV, as_workbook(BANKS["cib"](GIVEN))):
        _, found = read(content, f"file.{extension}")
        assert figures(found) == truth(GIVEN)


def test_a_page_of_html_that_calls_itself_a_workbook_is_read() -> None:
    cells = "".join(
        "<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in BANKS["cib"](GIVEN)
    )
    for encoding in ("utf-8", "gb18030"):
        page = f"<html><body><table>{cells}</table></body></html>".encode(encoding)
        _, found = read(page, "流水.xls")
        assert figures(found) == truth(GIVEN)


def test_pictures_and_passwords_are_named() -> None:
    assert error(picture_pdf())[0] == "pictures_only"
    assert error(ruled_pdf(BANKS["cib"](GIVEN), password="secret"))[0] == "document_locked"
    assert (
        error(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"))[0]
        == "document_locked"
    )
    for picture in (b"\x89PNG\r\n\x1a\n0000", b"\xff\xd8\xff\xe0JFIF", b"GIF89a"):
        assert error(picture)[0] == "format_unknown"


def test_a_cell_at_the_end_of_the_world_is_not_laid_out() -> None:
    whole = as_workbook(BANKS["cib"](GIVEN))
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as given, zipfile.ZipFile(made, "w") as far:
        for name in given.namelist():
            part = given.read(name)
            if name == "xl/worksheets/sheet1.xml":
                part = part.replace(
                    b"</sheetData>", b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
                )
            far.writestr(name, part)
    assert error(made.getvalue()) == (
        "data_corrupt",
        "xl/worksheets/sheet1.xml: a sheet of 1048576 rows and 16384 columns",
    )


@pytest.mark.parametrize(
    "entity",
    ['<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]>', '<!DOCTYPE a [<!ENTITY b "bb">]>'],
)
def test_xml_with_entities_is_refused(entity: str) -> None:
    whole = FORMATS["camt.053 v4"][1](GIVEN).decode()
    assert error(whole.replace("?>\n", f"?>\n{entity}", 1).replace("NL26VAYB8060476890", "&b;").encode()) == (
        "data_corrupt",
        "line 1: XML with a document type is not read",
    )
