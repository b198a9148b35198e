"""Lists of invoices as workbooks and as CSV: the portal's 全量发票查询导出 and 用途确认信息, the contest's.

A list is found by its headings, wherever they stand among the first rows of any sheet. A sheet with items has
a row a line (信息汇总表), one without a row an invoice (发票基础信息). Where a workbook has both, the second
has the sums and the first the lines. Rows that total others are no invoices.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from normalizers import values, workbook
from normalizers.contract import NEW_FIELD
from normalizers.documents import Document, Reader
from normalizers.invoicekey import keyed
from normalizers.invoices.columns import HEADINGS, TOTALS, ascii_, moments, money, named, strangers, texts
from normalizers.registry import Parsed
from schema.dataset import Dataset
from schema.errors import ContractChanged, DataCorrupt
from schema.snapshot import Finding, Severity

PREAMBLE = 30
"""Rows among which headings are looked for."""
LONGEST_HEADING = 40
SEPARATORS = (",", "\t", ";", "|", "\x1b")
STATES = {
    "正常": "valid",
    "有效发票": "valid",
    "有效": "valid",
    "作废": "void",
    "作废发票": "void",
    "已作废": "void",
    **dict.fromkeys(
        ("已红冲", "已红冲-全额", "已红冲-部分", "全额红冲", "部分红冲", "红冲", "红字"), "valid"
    ),
}
REDDENED = {
    "已红冲-全额": "full",
    "全额红冲": "full",
    "已红冲": "full",
    "已红冲-部分": "part",
    "部分红冲": "part",
}
_IDENTITY = ("code", "number", "issued", "seller_id", "buyer_id")
_ORIGINAL = r"(?:被红冲蓝字(?:数电)?(?:发票)?|对应正数发票)(?:代码[:：]?\s*\d+\s*)?号码[:：]?\s*(\d+)"
_NOTICE = r"红字(?:发票)?信息(?:确认单|表)编号[:：]?\s*(\w+)"

Rows = list[tuple[int, Sequence[object]]]


@dataclass(frozen=True)
class Table:
    """One list: every known field as text, ``pointer`` the place of each row."""

    name: str
    rows: pl.DataFrame
    itemized: bool
    totals: int
    strangers: list[str]


def recognises(document: Document) -> bool:
    """By the headings of any sheet."""
    try:
        return any(_top(rows) is not None for _, rows in _sheets(document, PREAMBLE))
    except (DataCorrupt, ValueError):
        return False


def read(document: Document) -> Parsed:
    """Raises ``DataCorrupt`` with the line or cell, ``ContractChanged`` for a code or cell of an unknown
    kind, ``DocumentLocked``."""
    tables = [_table(document, name, rows) for name, rows in _sheets(document)]
    found = [table for table in tables if table is not None]
    itemized = [table for table in found if table.itemized]
    plain = [table for table in found if not table.itemized]
    items = pl.concat([each.rows for each in itemized]) if itemized else None
    headers = pl.concat([each.rows for each in plain]) if plain else _summed(items)
    headers = headers.with_row_index("row").with_columns(
        pl.col("row").cast(pl.Int64), pl.lit(0, pl.Int64).alias("page")
    )
    invoice, invoice_line = keyed(_headers(headers, document), _lines(headers, items))
    parted = {"invoice": invoice.drop("page"), "invoice_line": invoice_line.drop("page")}
    noticed = [*_noticed(invoice, found), *_ended(document)]
    return Parsed(parted, [invoice.height], tuple(noticed))


def _sheets(document: Document, most: int | None = None) -> Iterator[tuple[str, Rows]]:
    if workbook.is_one(document.content):
        yield from workbook.sheets(document.content)
    else:
        yield "", _lines_of(document, most)


def _lines_of(document: Document, most: int | None) -> Rows:
    """A text's records with the line that each ends on. Raises ``DataCorrupt``."""
    text = _decoded(document)
    head = text[:8192]
    separator = max(SEPARATORS, key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows: Rows = []
    try:
        for cells in reader:
            if most is not None and len(rows) >= most:
                break
            if any(cells):
                rows.append((reader.line_num, cells))
    except csv.Error:
        raise DataCorrupt(f"{document.name}: line {reader.line_num} is no CSV") from None
    return rows


def _decoded(document: Document) -> str:
    """Raises ``DataCorrupt`` with the line of the first byte that is of no encoding."""
    content = document.content
    if b"\0" in content[:4096] and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise DataCorrupt(f"{document.name}: {len(content)} bytes are no text")
    marked = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    for encoding in (marked, "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
    raise DataCorrupt(f"{document.name}: line {line} is neither UTF-8 nor GB18030")


def _top(rows: Rows) -> int | None:
    return next((place for place, (_, row) in enumerate(rows[:PREAMBLE]) if named(row)), None)


def _table(document: Document, name: str, rows: Rows) -> Table | None:
    """The list of a sheet, None for one without."""
    top = _top(rows)
    if top is None:
        return None
    places = named(rows[top][1])
    width = max(places.values()) + 1
    body = [(number, row) for number, row in rows[top + 1 :] if any(str(cell).strip() for cell in row)]
    if odd := [number for number, row in body if len(row) < width or any(row[len(rows[top][1]) :])]:
        raise DataCorrupt(f"{document.name}: {_place(name, odd[0])} has not the cells of its headings")
    columns = {field: texts(field, [row[place] for _, row in body]) for field, place in places.items()}
    absent = {
        field: pl.Series(field, [None] * len(body), dtype=pl.String)
        for field in HEADINGS
        if field not in places
    }
    pointers = pl.Series("pointer", [_place(name, number) for number, _ in body], dtype=pl.String)
    first = pl.Series("first", [str(row[0]) for _, row in body], dtype=pl.String)
    frame = pl.DataFrame({**columns, **absent}).select(*HEADINGS).hstack([pointers])
    totals = first.str.contains(TOTALS)
    return Table(
        name, frame.filter(~totals), "item_name" in places, int(totals.sum()), strangers(rows[top][1])
    )


def _place(sheet: str, number: int) -> str:
    return f"{sheet}!A{number}" if sheet else f"line {number}"


def _summed(items: pl.DataFrame | None) -> pl.DataFrame:
    """One row an invoice of rows a line, its amounts their sums."""
    assert items is not None
    exact = _converted(items)
    sums = [pl.col(name).sum() for name in ("amount", "tax", "total")]
    rest = [
        pl.col(name).first() for name in items.columns if name not in (*_IDENTITY, "amount", "tax", "total")
    ]
    grouped = exact.group_by(_IDENTITY, maintain_order=True).agg(*rest, *sums)
    return grouped.select(exact.columns)


def _converted(rows: pl.DataFrame) -> pl.DataFrame:
    """Amounts in fen, the invoice's one number, its time as one text."""
    if rows.schema["amount"] == pl.Int64:
        return rows
    amount, tax = (values.fen(money(rows[name])) for name in ("amount", "tax"))
    total = values.fen(money(rows["total"]))
    digital = rows.select(pl.coalesce("digital_number", "number")).to_series()
    return rows.with_columns(
        amount.alias("amount"),
        tax.alias("tax"),
        total.alias("total"),
        ascii_(digital).alias("number"),
        moments(rows["issued"]).alias("issued"),
        *(ascii_(rows[name]).alias(name) for name in ("code", "seller_id", "buyer_id")),
    ).with_columns(
        pl.coalesce("tax", pl.col("total") - pl.col("amount")),
        pl.coalesce("total", pl.col("amount") + pl.col("tax")),
    )


def _headers(headers: pl.DataFrame, document: Document) -> pl.DataFrame:
    rows = _converted(headers)
    for name in ("number", "issued", "amount"):
        if empty := rows[name].null_count():
            where = rows.filter(pl.col(name).is_null())["pointer"][0]
            raise DataCorrupt(f"{document.name}: {where} has no {name}, one of {empty}")
    issued_at, has_time = values.moment(rows["issued"])
    state = rows["state"].fill_null("正常")
    digital = (rows["number"].str.len_chars() == 20) & rows["code"].is_null()
    return pl.DataFrame(
        {
            "page": rows["page"],
            "row": rows["row"],
            "direction": _directions(rows, document.owner),
            "medium": digital.replace_strict({True: "digital", False: "tax_control"}, return_dtype=pl.String),
            "kind": _kinds(rows["kind"]),
            "code": rows["code"],
            "number": rows["number"],
            "issued_at": issued_at,
            "has_time": has_time,
            **{name: rows[name] for name in ("seller_id", "seller_name", "buyer_id", "buyer_name")},
            "amount_fen": rows["amount"],
            "tax_fen": rows["tax"],
            "total_fen": rows["total"],
            "state": values.word(state, STATES),
            "reddened": state.replace_strict(REDDENED, default=None, return_dtype=pl.String),
            "original_number": rows.select(
                pl.coalesce("original_number", pl.col("remark").str.extract(_ORIGINAL))
            ).to_series(),
            "red_notice": rows["remark"].str.extract(_NOTICE),
            "pointer": rows["pointer"],
        }
    ).with_columns(_sides(rows))


def _directions(rows: pl.DataFrame, owner: str | None) -> pl.Series:
    """By the owner's side; a list that names one side and whose list it is, by the side that it names."""
    seller, listed = rows["seller_id"], rows["owner"]
    if not listed.null_count() and rows.height:
        word = "out" if seller.null_count() == rows.height else "in"
        return pl.Series("direction", [word] * rows.height, dtype=pl.String)
    return rows.select(
        pl.when(pl.col("seller_id") == pl.lit(owner, pl.String))
        .then(pl.lit("out"))
        .when(pl.col("buyer_id") == pl.lit(owner, pl.String))
        .then(pl.lit("in"))
        .alias("direction")
    ).to_series()


def _sides(rows: pl.DataFrame) -> list[pl.Series]:
    """The owner that a list names for each row stands on the side that it leaves out."""
    return rows.select(
        pl.coalesce("seller_id", pl.when(pl.col("buyer_id").is_not_null()).then("owner")).alias("seller_id"),
        pl.coalesce("buyer_id", pl.when(pl.col("seller_id").is_not_null()).then("owner")).alias("buyer_id"),
    ).get_columns()


def _kinds(printed: pl.Series) -> pl.Series:
    special = printed.str.contains("专用")
    return special.replace_strict({True: "special", False: "ordinary"}, default=None, return_dtype=pl.String)


def _lines(headers: pl.DataFrame, items: pl.DataFrame | None) -> pl.DataFrame:
    """Rows that name an item, with the row of the invoice that they are of."""
    if items is None:
        return pl.DataFrame(schema={"page": pl.Int64, "row": pl.Int64})
    known = _converted(headers).select("row", *_IDENTITY).unique(_IDENTITY, keep="first")
    exact = _converted(items).filter(pl.col("item_name").is_not_null())
    joined = exact.join(known, on=list(_IDENTITY), how="left", nulls_equal=True, maintain_order="left")
    if strays := joined["row"].null_count():
        raise ContractChanged(f"{strays} lines are of no invoice in the list")
    return pl.DataFrame(
        {
            "page": pl.zeros(joined.height, dtype=pl.Int64, eager=True),
            "row": joined["row"],
            "line": joined.select(pl.int_range(1, pl.len() + 1).over("row")).to_series(),
            **{name: joined[name] for name in ("item_name", "tax_class", "specification", "unit", "pointer")},
            "quantity": values.number(ascii_(joined["quantity"])),
            "unit_price": values.number(ascii_(joined["unit_price"])),
            "tax_rate": values.rate(ascii_(joined["tax_rate"])),
            "amount_fen": joined["amount"],
            "tax_fen": joined["tax"],
        }
    )


def _noticed(invoice: pl.DataFrame, tables: Sequence[Table]) -> Iterator[Finding]:
    """What a reader of the list should know."""
    counts = {
        "direction_unknown": invoice["direction"].null_count(),
        "total_differs": invoice.filter(
            pl.col("amount_fen") + pl.col("tax_fen") != pl.col("total_fen")
        ).height,
        "state_untold": sum(table.rows["state"].null_count() for table in tables),
        "no_rows": int(invoice.is_empty()),
        "totals_rows": sum(table.totals for table in tables),
    }
    for heading in {heading: None for table in tables for heading in table.strangers}:
        yield Finding(NEW_FIELD, Severity.INFO, Dataset.INVOICE, f"register.{heading[:LONGEST_HEADING]}")
    for code, number in counts.items():
        if number:
            severity = Severity.INFO if code == "totals_rows" else Severity.WARNING
            yield Finding(code, severity, Dataset.INVOICE, f"{number} rows")


def _ended(document: Document) -> Iterator[Finding]:
    """A text that ends within a line may have been cut; many are written so."""
    if not workbook.is_one(document.content) and not document.content.rstrip(b"\0").endswith((b"\n", b"\r")):
        yield Finding("ends_within_line", Severity.INFO, Dataset.INVOICE, "the last line is not ended")


READERS = (Reader("invoice.register", 1, Dataset.INVOICE, recognises, read),)
