"""发票 of the platform: issued and received, header and lines, by page."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from normalizers.contract import COUNT, TEXT, Shape
from normalizers.invoicekey import keyed
from normalizers.jsonpage import Listed, beside
from normalizers.oauth.page import paged
from normalizers.provenance import traced
from normalizers.registry import Page, Parsed
from normalizers.values import fen, moment, number, rate, word

FORMATS = frozenset({"oauth.invoice"})
PARSER = "oauth.invoice/1"
PAGE = paged("invoices", {"direction": TEXT})
HEADER = Shape(
    "invoices.items",
    required=dict.fromkeys(
        (
            *("number", "medium", "kind", "issuedAt", "state", "amount", "taxAmount", "totalAmount"),
            *("sellerId", "sellerName", "buyerId", "buyerName"),
        ),
        TEXT,
    ),
    nullable=dict.fromkeys(("code", "originalNumber", "deviceId"), TEXT),
    lists=frozenset({"lines"}),
)
LINE = Shape(
    "invoices.items.lines",
    required={"lineNumber": COUNT} | dict.fromkeys(("itemName", "taxRate", "amount", "taxAmount"), TEXT),
    nullable=dict.fromkeys(("taxClass", "specification", "unit", "quantity", "unitPrice"), TEXT),
)
DIRECTIONS = {"ISSUED": "out", "RECEIVED": "in"}
MEDIA = {"DIGITAL": "digital", "TAX_CONTROL": "tax_control"}
KINDS = {"SPECIAL": "special", "ORDINARY": "ordinary"}
STATES = {"VALID": "valid", "VOID": "void"}
LISTED = Listed(PAGE, HEADER, LINE)
prepare = LISTED.prepare


def read(pages: Sequence[Page]) -> Parsed:
    """Every row is kept, duplicates and void ones too."""
    found = LISTED.read(pages)
    invoice, invoice_line = keyed(*beside((_headers, found.rows), (_lines, found.nested)))
    tables = {
        "invoice": traced(invoice, pages, PARSER),
        "invoice_line": traced(invoice_line, pages, PARSER),
    }
    return Parsed(tables, found.counts, found.findings)


def _headers(raw: pl.DataFrame) -> pl.DataFrame:
    issued_at, has_time = moment(raw["issuedAt"].str.replace("T", " ", literal=True))
    return pl.DataFrame(
        {
            "page": raw["page"],
            "row": raw["row"],
            "direction": word(raw["direction"], DIRECTIONS),
            "medium": word(raw["medium"], MEDIA),
            "kind": word(raw["kind"], KINDS),
            "code": raw["code"],
            "number": raw["number"],
            "issued_at": issued_at,
            "has_time": has_time,
            "seller_id": raw["sellerId"],
            "seller_name": raw["sellerName"],
            "buyer_id": raw["buyerId"],
            "buyer_name": raw["buyerName"],
            "amount_fen": fen(raw["amount"]),
            "tax_fen": fen(raw["taxAmount"]),
            "total_fen": fen(raw["totalAmount"]),
            "state": word(raw["state"], STATES),
            "original_number": raw["originalNumber"],
            "device_id": raw["deviceId"],
        }
    ).with_columns(pl.format("/items/{}", "row").alias("pointer"))


def _lines(raw: pl.DataFrame) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "page": raw["page"],
            "row": raw["row"],
            "place": raw["place"],
            "line": raw["lineNumber"],
            "item_name": raw["itemName"],
            "tax_class": raw["taxClass"],
            "specification": raw["specification"],
            "unit": raw["unit"],
            "quantity": number(raw["quantity"]),
            "unit_price": number(raw["unitPrice"]),
            "tax_rate": rate(raw["taxRate"]),
            "amount_fen": fen(raw["amount"]),
            "tax_fen": fen(raw["taxAmount"]),
        }
    ).select(pl.exclude("place"), pl.format("/items/{}/lines/{}", "row", "place").alias("pointer"))
