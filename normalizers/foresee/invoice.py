"""发票 of the bureau: issued and received, header and lines, by page."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from normalizers.contract import COUNT, TEXT, Shape
from normalizers.foresee.page import filled, quoted
from normalizers.invoicekey import keyed
from normalizers.jsonpage import HEAD, Listed, beside
from normalizers.provenance import traced
from normalizers.registry import Page, Parsed
from normalizers.values import fen, moment, number, rate, word

FORMATS = frozenset({"foresee.invoice"})
PARSER = "foresee.invoice/1"
PAGE = Shape(
    "fpcx",
    HEAD
    | {"fpfx": TEXT, "returnFlag": TEXT, "error": TEXT, "zjls": COUNT, "pageNo": COUNT, "pageSize": COUNT},
    lists=frozenset({"fpList"}),
)
HEADER = Shape(
    "fpcx.fpList",
    dict.fromkeys(
        (
            *("fpdm", "fphm", "fpzlDm", "kprq", "xhfsbh", "xhfmc", "ghfsbh", "ghfmc"),
            *("hjje", "hjse", "jshj", "fpztDm", "lzfphm"),
        ),
        TEXT,
    ),
    lists=frozenset({"mxList"}),
)
LINE = Shape(
    "fpcx.fpList.mxList",
    {"mxxh": COUNT}
    | dict.fromkeys(("spmc", "spbm", "ggxh", "jldw", "spsl", "spdj", "sl1", "je", "se"), TEXT),
)
DIRECTIONS = {"XX": "out", "JX": "in"}
MEDIA = {"81": "digital", "82": "digital", "01": "tax_control", "04": "tax_control"}
KINDS = {"81": "special", "82": "ordinary", "01": "special", "04": "ordinary"}
STATES = {"0": "valid", "2": "void"}
LISTED = Listed(PAGE, HEADER, LINE, opening=quoted)
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
            "direction": word(raw["fpfx"], DIRECTIONS),
            "medium": word(raw["fpzlDm"], MEDIA),
            "kind": word(raw["fpzlDm"], KINDS),
            "code": filled(raw["fpdm"]),
            "number": raw["fphm"],
            "issued_at": issued_at,
            "has_time": has_time,
            "seller_id": raw["xhfsbh"],
            "seller_name": raw["xhfmc"],
            "buyer_id": raw["ghfsbh"],
            "buyer_name": raw["ghfmc"],
            "amount_fen": fen(raw["hjje"]),
            "tax_fen": fen(raw["hjse"]),
            "total_fen": fen(raw["jshj"]),
            "state": word(raw["fpztDm"], STATES),
            "original_number": filled(raw["lzfphm"]),
        }
    ).with_columns(pl.format("/fpList/{}", "row").alias("pointer"))


def _lines(raw: pl.DataFrame) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "page": raw["page"],
            "row": raw["row"],
            "place": raw["place"],
            "line": raw["mxxh"],
            "item_name": raw["spmc"],
            "tax_class": filled(raw["spbm"]),
            "specification": filled(raw["ggxh"]),
            "unit": filled(raw["jldw"]),
            "quantity": number(filled(raw["spsl"])),
            "unit_price": number(filled(raw["spdj"])),
            "tax_rate": rate(raw["sl1"]),
            "amount_fen": fen(raw["je"]),
            "tax_fen": fen(raw["se"]),
        }
    ).select(pl.exclude("place"), pl.format("/fpList/{}/mxList/{}", "row", "place").alias("pointer"))
