"""A table leaves as CSV, JSON, XLSX or Parquet, a piece at a time, every fen in place."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal

import orjson
import polars as pl
import pytest
from python_calamine import CalamineWorkbook

from schema.errors import ExportTooLarge
from schema.money import fen
from stages.export import WRITERS, XLSX_ROWS, Format, accepted, pieces
from tests.scoring.firms import invoice, table

AMOUNTS = [0, 1, -1, 99, -100, 123_456_789_012_345_678]


def _invoices(rows: int) -> pl.DataFrame:
    made = [invoice(number, date(2024, 6, 1), 1.0) for number in range(rows)]
    for row, amount in zip(made, AMOUNTS, strict=False):
        row["amount_fen"] = amount
    return table("invoice", made)


def _written(frame: pl.DataFrame, format: Format) -> bytes:
    return b"".join(pieces(frame, format))


def _yuans(frame: pl.DataFrame, format: Format) -> list[str]:
    content = _written(frame, format)
    if format is Format.JSON:
        return [row["amount_yuan"] for row in orjson.loads(content)]
    if format is Format.CSV:
        return pl.read_csv(content, infer_schema=False)["amount_yuan"].to_list()
    if format is Format.PARQUET:
        return pl.read_parquet(io.BytesIO(content))["amount_yuan"].to_list()
    head, *rows = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    return [str(row[head.index("amount_yuan")]) for row in rows]


@pytest.mark.parametrize("format", Format)
def test_money_is_exact_in_every_format(format: Format) -> None:
    frame = _invoices(len(AMOUNTS))
    assert [fen(Decimal(text)) for text in _yuans(frame, format)] == AMOUNTS


@pytest.mark.parametrize("format", Format)
def test_an_empty_table_is_a_file_with_its_columns(format: Format) -> None:
    assert _yuans(_invoices(0), format) == []
    assert _written(_invoices(0), format)


@pytest.mark.parametrize("format", [Format.CSV, Format.JSON])
def test_a_large_table_comes_in_pieces_that_are_one_file(format: Format) -> None:
    frame = _invoices(12_001)
    assert len(list(pieces(frame, format))) > 3
    assert len(_yuans(frame, format)) == 12_001


@pytest.mark.parametrize("text", ['=HYPERLINK("http://x")', "+1", "-1", "@SUM(A1)", "\tx"])
def test_no_cell_becomes_a_formula(text: str) -> None:
    frame = _invoices(1).with_columns(buyer_name=pl.lit(text))
    assert pl.read_csv(_written(frame, Format.CSV), infer_schema=False)["buyer_name"][0] == f"'{text}"
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(_written(frame, Format.XLSX))).get_sheet_by_index(0)
    head, row = sheet.to_python()
    assert row[head.index("buyer_name")] == text


def test_more_rows_than_a_sheet_holds_are_refused_by_name() -> None:
    frame = pl.DataFrame({"line": pl.zeros(XLSX_ROWS + 1, pl.Int32, eager=True)})
    with pytest.raises(ExportTooLarge, match="1048576 rows"):
        next(pieces(frame, Format.XLSX))


def test_the_accept_header_names_a_format_and_json_is_a_page() -> None:
    assert accepted("text/csv") is Format.CSV
    assert accepted("application/json") is None
    assert {accepted(writer.media_type) for writer in WRITERS.values()} == {*Format, None} - {Format.JSON}
