"""发票 of the SOAP gateway: issued and received, header and lines, by page."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from normalizers.contract import TEXT, Shape
from normalizers.invoicekey import keyed
from normalizers.provenance import traced
from normalizers.registry import Page, Parsed
from normalizers.soap.page import HEAD, listing
from normalizers.values import fen, moment, number, rate, word

FORMATS = frozenset({"soap.invoice"})
PARSER = "soap.invoice/1"
PAGE = Shape("ListInvoices", required=HEAD | dict.fromkeys(("Zts", "Fx", "Ys", "Mys"), TEXT))
HEADER = Shape(
    "Fp",
    required=dict.fromkeys(
        ("Fphm", "Fplx", "Kprq", "Xfsbh", "Xfmc", "Gfsbh", "Gfmc", "Je", "Se", "Jshj", "Fpzt"), TEXT
    ),
    nullable=dict.fromkeys(("Fpdm", "Yfphm"), TEXT),
)
LINE = Shape(
    "Fp/Mx",
    required=dict.fromkeys(("Xh", "Hwmc", "Slv", "Je", "Se"), TEXT),
    nullable=dict.fromkeys(("Spbm", "Ggxh", "Dw", "Sl", "Dj"), TEXT),
)
DIRECTIONS: dict[str, str | None] = {"XX": "out", "JX": "in"}
MEDIA: dict[str, str | None] = {
    "81": "digital",
    "82": "digital",
    "01": "tax_control",
    "04": "tax_control",
}
KINDS: dict[str, str | None] = {"81": "special", "82": "ordinary", "01": "special", "04": "ordinary"}
STATES: dict[str, str | None] = {"0": "valid", "2": "void"}


def read(pages: Sequence[Page]) -> Parsed:
    """Every row is kept, duplicates and void ones too."""
    found = listing(pages, PAGE, "Fp", HEADER, LINE)
    invoice, invoice_line = keyed(_headers(found.rows), _lines(found.nested))
    tables = {
        "invoice": traced(invoice, pages, PARSER),
        "invoice_line": traced(invoice_line, pages, PARSER),
    }
    return Parsed(tables, found.counts, found.findings)


def _headers(raw: pl.DataFrame) -> pl.DataFrame:
    issued_at, has_time = moment(raw["Kprq"].str.replace("T", " ", literal=True))
    return pl.DataFrame(
        {
            "page": raw["page"],
            "row": raw["row"],
            "direction": word(raw["Fx"], DIRECTIONS),
            "medium": word(raw["Fplx"], MEDIA),
            "kind": word(raw["Fplx"], KINDS),
            "code": raw["Fpdm"],
            "number": raw["Fphm"],
            "issued_at": issued_at,
            "has_time": has_time,
            "seller_id": raw["Xfsbh"],
            "seller_name": raw["Xfmc"],
            "buyer_id": raw["Gfsbh"],
            "buyer_name": raw["Gfmc"],
            "amount_fen": fen(raw["Je"]),
            "tax_fen": fen(raw["Se"]),
            "total_fen": fen(raw["Jshj"]),
            "state": word(raw["Fpzt"], STATES),
            "original_number": raw["Yfphm"],
        }
    ).with_columns(pl.format("Fp[{}]", pl.col("row") + 1).alias("pointer"))


def _lines(raw: pl.DataFrame) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "page": raw["page"],
            "row": raw["row"],
            "place": raw["place"] + 1,
            "line": number(raw["Xh"]).cast(pl.Int32),
            "item_name": raw["Hwmc"],
            "tax_class": raw["Spbm"],
            "specification": raw["Ggxh"],
            "unit": raw["Dw"],
            "quantity": number(raw["Sl"]),
            "unit_price": number(raw["Dj"]),
            "tax_rate": rate(raw["Slv"]),
            "amount_fen": fen(raw["Je"]),
            "tax_fen": fen(raw["Se"]),
        }
    ).select(pl.exclude("place"), pl.format("Fp[{}]/Mx[{}]", pl.col("row") + 1, "place").alias("pointer"))
