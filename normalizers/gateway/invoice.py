"""发票 of the gateway: issued and received, header and lines, by page."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from normalizers.contract import COUNT, TEXT, Shape
from normalizers.invoicekey import keyed
from normalizers.jsonpage import HEAD, Listed, beside
from normalizers.provenance import traced
from normalizers.registry import Page, Parsed
from normalizers.values import fen, moment, number, rate, word

FORMATS = frozenset({"gateway.invoice"})
PARSER = "gateway.invoice/1"
PAGE = Shape(
    "invoice", HEAD | {"fx": TEXT, "zts": COUNT, "ys": COUNT, "mys": COUNT}, lists=frozenset({"fpxx"})
)
HEADER = Shape(
    "invoice.fpxx",
    required=dict.fromkeys(
        ("fphm", "fplx", "kprq", "xfsbh", "xfmc", "gfsbh", "gfmc", "je", "se", "jshj", "fpzt"), TEXT
    ),
    nullable=dict.fromkeys(("fpdm", "yfphm", "kpsbh"), TEXT),
    lists=frozenset({"mx"}),
)
LINE = Shape(
    "invoice.fpxx.mx",
    required={"xh": COUNT} | dict.fromkeys(("hwmc", "slv", "je", "se"), TEXT),
    nullable=dict.fromkeys(("spbm", "ggxh", "dw", "sl", "dj"), TEXT),
)
DIRECTIONS = {"1": "out", "2": "in"}
MEDIA = {"81": "digital", "82": "digital", "01": "tax_control", "04": "tax_control"}
KINDS = {"81": "special", "82": "ordinary", "01": "special", "04": "ordinary"}
STATES = {"0": "valid", "2": "void"}
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
    issued_at, has_time = moment(raw["kprq"])
    return pl.DataFrame(
        {
            "page": raw["page"],
            "row": raw["row"],
            "direction": word(raw["fx"], DIRECTIONS),
            "medium": word(raw["fplx"], MEDIA),
            "kind": word(raw["fplx"], KINDS),
            "code": raw["fpdm"],
            "number": raw["fphm"],
            "issued_at": issued_at,
            "has_time": has_time,
            "seller_id": raw["xfsbh"],
            "seller_name": raw["xfmc"],
            "buyer_id": raw["gfsbh"],
            "buyer_name": raw["gfmc"],
            "amount_fen": fen(raw["je"]),
            "tax_fen": fen(raw["se"]),
            "total_fen": fen(raw["jshj"]),
            "state": word(raw["fpzt"], STATES),
            "original_number": raw["yfphm"],
            "device_id": raw["kpsbh"],
        }
    ).with_columns(pl.format("/fpxx/{}", "row").alias("pointer"))


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
            "quantity": number(raw["sl"]),
            "unit_price": number(raw["dj"]),
            "tax_rate": rate(raw["slv"]),
            "amount_fen": fen(raw["je"]),
            "tax_fen": fen(raw["se"]),
        }
    ).select(pl.exclude("place"), pl.format("/fpxx/{}/mx/{}", "row", "place").alias("pointer"))
