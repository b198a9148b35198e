"""发票 of the bureau: issued and received, header and lines, by page."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from normalizers.contract import COUNT, TEXT, Shape
from normalizers.invoicekey import keyed
from normalizers.jsonpage import HEAD, Listed, beside
from normalizers.provenance import traced
from normalizers.registry import Page, Parsed
from normalizers.servyou.page import enveloped
from normalizers.values import fen, moment, number, rate, word

FORMATS = frozenset({"servyou.invoice"})
PARSER = "servyou.invoice/1"
PAGE = Shape(
    "fpcx",
    HEAD | {"jxbz": TEXT, "total": COUNT, "pageNum": COUNT, "pageSize": COUNT},
    lists=frozenset({"list"}),
)
HEADER = Shape(
    "fpcx.list",
    dict.fromkeys(
        (
            *("fphm", "sdpbz", "fplb", "kprq", "xfNsrsbh", "xfMc", "gfNsrsbh", "gfMc"),
            *("je", "se", "jshj", "yxbz"),
        ),
        TEXT,
    ),
    nullable=dict.fromkeys(("fpdm", "yfphm"), TEXT),
    lists=frozenset({"fpmxs"}),
)
LINE = Shape(
    "fpcx.list.fpmxs",
    {"xh": COUNT} | dict.fromkeys(("hwmc", "sl", "je", "se"), TEXT),
    nullable=dict.fromkeys(("spbm", "ggxh", "dw", "shl", "dj"), TEXT),
)
DIRECTIONS = {"xx": "out", "jx": "in"}
MEDIA = {"Y": "digital", "N": "tax_control"}
KINDS = {"1": "special", "2": "ordinary"}
STATES = {"Y": "valid", "N": "void"}
LISTED = Listed(PAGE, HEADER, LINE, opening=enveloped)
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
    issued_at, has_time = moment(raw["kprq"])
    return pl.DataFrame(
        {
            "page": raw["page"],
            "row": raw["row"],
            "direction": word(raw["jxbz"], DIRECTIONS),
            "medium": word(raw["sdpbz"], MEDIA),
            "kind": word(raw["fplb"], KINDS),
            "code": raw["fpdm"],
            "number": raw["fphm"],
            "issued_at": issued_at,
            "has_time": has_time,
            "seller_id": raw["xfNsrsbh"],
            "seller_name": raw["xfMc"],
            "buyer_id": raw["gfNsrsbh"],
            "buyer_name": raw["gfMc"],
            "amount_fen": fen(raw["je"]),
            "tax_fen": fen(raw["se"]),
            "total_fen": fen(raw["jshj"]),
            "state": word(raw["yxbz"], STATES),
            "original_number": raw["yfphm"],
        }
    ).with_columns(pl.format("/value/list/{}", "row").alias("pointer"))


def _lines(raw: pl.DataFrame) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "page": raw["page"],
            "row": raw["row"],
            "place": raw["place"],
            "line": raw["xh"],
            "item_name": raw["hwmc"],
            "tax_class": raw["spbm"],
            "specification": raw["ggxh"],
            "unit": raw["dw"],
            "quantity": number(raw["shl"]),
            "unit_price": number(raw["dj"]),
            "tax_rate": rate(raw["sl"]),
            "amount_fen": fen(raw["je"]),
            "tax_fen": fen(raw["se"]),
        }
    ).select(pl.exclude("place"), pl.format("/value/list/{}/fpmxs/{}", "row", "place").alias("pointer"))
