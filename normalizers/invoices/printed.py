"""An invoice as a document prints it, before anything is converted, and many of them as the common schema."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from normalizers import values
from normalizers.documents import Document
from normalizers.invoicekey import keyed
from normalizers.invoices.text import digits, moment, money, plain
from normalizers.registry import Parsed
from schema.dataset import Dataset
from schema.errors import ContractChanged
from schema.snapshot import Finding, Severity

EXEMPT, UNTAXED, DIFFERENCE = "exempt", "untaxed", "difference"


@dataclass(frozen=True)
class Line:
    """One 项目, every field as it is printed. ``pointer`` is its place in the document."""

    pointer: str
    item_name: str | None = None
    tax_class: str | None = None
    specification: str | None = None
    unit: str | None = None
    quantity: str | None = None
    unit_price: str | None = None
    tax_rate: str | None = None
    amount: str | None = None
    tax: str | None = None


@dataclass(frozen=True)
class Invoice:
    """One invoice, every field as it is printed; ``kind``, ``state``, ``direction`` and ``regime`` in the
    schema's words. Of ``amount``, ``tax`` and ``total`` two may stand for three."""

    pointer: str
    number: str | None
    issued: str | None
    total: str | None
    amount: str | None = None
    tax: str | None = None
    kind: str | None = None
    code: str | None = None
    seller_id: str | None = None
    seller_name: str | None = None
    buyer_id: str | None = None
    buyer_name: str | None = None
    state: str = "valid"
    direction: str | None = None
    original_code: str | None = None
    original_number: str | None = None
    red_notice: str | None = None
    regime: str | None = None
    lines: Sequence[Line] = ()

    @property
    def digital(self) -> bool:
        """数电票 carry one number of 20 digits and no code."""
        return digits(self.code) is None and len(digits(self.number) or "") == 20


def parsed(document: Document, invoices: Sequence[Invoice], findings: Sequence[Finding] = ()) -> Parsed:
    """Exact columns of the common schema. Raises ``ContractChanged`` for a missing number, day or amount,
    ``DataCorrupt`` for a value that is none."""
    headers, lines = _headers(document, invoices), _lines(invoices)
    invoice, invoice_line = keyed(headers, lines)
    noticed = [*findings]
    if strangers := headers["direction"].null_count():
        whose = "whose owner is not told" if document.owner is None else "of other companies"
        noticed.append(
            Finding("direction_unknown", Severity.WARNING, Dataset.INVOICE, f"{strangers} invoices {whose}")
        )
    tables = {"invoice": invoice.drop("page"), "invoice_line": invoice_line.drop("page")}
    return Parsed(tables, [invoice.height], tuple(noticed))


def _headers(document: Document, invoices: Sequence[Invoice]) -> pl.DataFrame:
    for name in ("number", "issued"):
        if missing := [each.pointer for each in invoices if plain(getattr(each, name)) is None]:
            raise ContractChanged(f"{document.name}: {missing[0]} has no {name}")
    issued_at, has_time = values.moment(_texts("issued", [moment(each.issued) for each in invoices]))
    amounts = {
        name: values.fen(_texts(name, [money(getattr(each, name)) for each in invoices]))
        for name in ("amount", "tax", "total")
    }
    frame = pl.DataFrame(
        {
            "page": pl.zeros(len(invoices), dtype=pl.Int64, eager=True),
            "row": pl.int_range(len(invoices), dtype=pl.Int64, eager=True),
            "direction": _texts("direction", [_direction(document.owner, each) for each in invoices]),
            "medium": _texts("m", ["digital" if each.digital else "tax_control" for each in invoices]),
            "issued_at": issued_at,
            "has_time": has_time,
            **{name: _texts(name, [digits(getattr(each, name)) for each in invoices]) for name in _IDS},
            **{name: _texts(name, [plain(getattr(each, name)) for each in invoices]) for name in _WORDS},
        }
    ).with_columns(_completed(amounts))
    if untold := frame.filter(pl.any_horizontal(pl.col(_AMOUNTS).is_null())).height:
        raise ContractChanged(f"{document.name}: {untold} invoices lack an amount")
    return frame


_IDS = ("code", "number", "seller_id", "buyer_id", "original_code", "original_number", "red_notice")
_WORDS = ("kind", "seller_name", "buyer_name", "state", "regime", "pointer")
_AMOUNTS = ("amount_fen", "tax_fen", "total_fen")


def _completed(amounts: dict[str, pl.Series]) -> list[pl.Series]:
    """Each is the sum or the difference of the two others."""
    known = pl.DataFrame(amounts)
    return known.select(
        pl.coalesce("amount", pl.col("total") - pl.col("tax")).alias("amount_fen"),
        pl.coalesce("tax", pl.col("total") - pl.col("amount")).alias("tax_fen"),
        pl.coalesce("total", pl.col("amount") + pl.col("tax")).alias("total_fen"),
    ).get_columns()


def _lines(invoices: Sequence[Invoice]) -> pl.DataFrame:
    lines = [
        (row, place, line) for row, each in enumerate(invoices) for place, line in enumerate(each.lines, 1)
    ]
    texts = {
        name: _texts(name, [plain(getattr(line, name)) for _, _, line in lines])
        for name in ("item_name", "specification", "unit", "pointer")
    }
    plains = {
        name: _texts(name, [digits(getattr(line, name)) for _, _, line in lines])
        for name in ("tax_class", "quantity", "unit_price", "tax_rate")
    }
    amounts = {
        name: values.fen(_texts(name, [money(getattr(line, name)) for _, _, line in lines]))
        for name in ("amount", "tax")
    }
    return pl.DataFrame(
        {
            "page": pl.zeros(len(lines), dtype=pl.Int64, eager=True),
            "row": pl.Series([row for row, _, _ in lines], dtype=pl.Int64),
            "line": pl.Series([place for _, place, _ in lines], dtype=pl.Int32),
            **texts,
            "tax_class": plains["tax_class"],
            "quantity": values.number(plains["quantity"]),
            "unit_price": values.number(plains["unit_price"]),
            "tax_rate": values.rate(plains["tax_rate"]),
            "amount_fen": amounts["amount"],
            "tax_fen": amounts["tax"],
        }
    )


def _direction(owner: str | None, invoice: Invoice) -> str | None:
    if owner is None or invoice.direction is not None:
        return invoice.direction
    if digits(invoice.seller_id) == owner:
        return "out"
    return "in" if digits(invoice.buyer_id) == owner else None


def _texts(name: str, cells: Sequence[str | None]) -> pl.Series:
    return pl.Series(name, cells, dtype=pl.String)
