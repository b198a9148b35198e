"""Payments and arrears, violations and inspections, changes and statements of the gateway: a list a page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import polars as pl

from normalizers import statements
from normalizers.contract import COUNT, TEXT, Shape
from normalizers.jsonpage import HEAD, Listed
from normalizers.provenance import traced
from normalizers.registry import Page, Parsed
from normalizers.values import day, fen, word
from schema.rows.financial_statement import AccountingStandard, Statement, StatementColumn
from schema.snapshot import Finding

Convert = Callable[[pl.Series], pl.Series]
VERSION = 1


def _text(printed: pl.Series) -> pl.Series:
    return printed


def _words(**words: str) -> Convert:
    return partial(word, words=words)


@dataclass(frozen=True)
class Records:
    """A list of a page, and the columns of its table: where each is, and how it is read. ``told`` may be
    null."""

    name: str
    table: str
    required: Mapping[str, tuple[str, Convert]]
    told: Mapping[str, tuple[str, Convert]]

    @property
    def listed(self) -> Listed:
        keys: dict[str, pl.DataType] = {key: TEXT for key, _ in self.required.values()}
        maybe: dict[str, pl.DataType] = {key: TEXT for key, _ in self.told.values()}
        page = Shape(self.table, HEAD | {"zts": COUNT}, lists=frozenset({self.name}))
        return Listed(page, Shape(f"{self.table}.{self.name}", keys, maybe))


_LEVY = _words(ZZS="vat", QYSDS="cit", GRSDS="iit", FJSF="surtax", QT="other")
_STATE = partial(word, words={"0": "open", "1": "closed"})
_PERIOD = {"period_start": ("skssqq", day), "period_end": ("skssqz", day), "due_on": ("jkqx", day)}
RECORDS: Mapping[str, Records] = {
    "gateway.tax_payment": Records(
        "jkxx",
        "tax_payment",
        {
            "category": ("zsxm", _LEVY),
            "nature": (
                "sksx",
                _words(
                    SK="tax", ZNJ="late_fee", FK="fine", XWFK="behaviour_fine", SWFK="tax_fine", TS="refund"
                ),
            ),
            "event_date": ("rkrq", day),
            "amount_fen": ("je", fen),
        },
        {**_PERIOD, "applied_on": ("sqrq", day), "voucher": ("sphm", _text)},
    ),
    "gateway.tax_arrears": Records(
        "qsxx",
        "tax_arrears",
        {"category": ("zsxm", _LEVY), "event_date": ("fsrq", day), "amount_fen": ("qsye", fen)},
        {**_PERIOD, "late_fee_fen": ("znj", fen), "settled_on": ("qjrq", day)},
    ),
    "gateway.tax_violation": Records(
        "wfxx",
        "tax_violation",
        {
            "violation_id": ("wfbh", _text),
            "kind": ("wflx", _words(WZ="violation", ZD="major")),
            "event_date": ("djrq", day),
            "state": ("clzt", _STATE),
        },
        {"handled_on": ("clrq", day), "fine_fen": ("fkje", fen), "reason": ("wfss", _text)},
    ),
    "gateway.tax_inspection": Records(
        "jcxx",
        "tax_inspection",
        {"case_id": ("ajbh", _text), "event_date": ("larq", day), "state": ("ajzt", _STATE)},
        {
            "closed_on": ("jarq", day),
            "supplement_fen": ("cbsk", fen),
            "fine_fen": ("fkje", fen),
            "reason": ("ay", _text),
        },
    ),
    "gateway.taxpayer_change": Records(
        "bgxx",
        "taxpayer_change",
        {
            "event_date": ("bgrq", day),
            "kind": (
                "bglx",
                _words(DJ="registration", LX="kind", ED="invoice_quota", FZC="abnormal_household"),
            ),
        },
        {
            "ended_on": ("jcrq", day),
            "item": ("bgxm", _text),
            "before": ("bgq", _text),
            "after": ("bgh", _text),
            "before_fen": ("bgqed", fen),
            "after_fen": ("bghed", fen),
        },
    ),
    "gateway.financial_statement": Records(
        "cwbb",
        "financial_statement",
        {
            "statement": (
                "bbzl",
                _words(ZCFZB=Statement.BALANCE_SHEET, LRB=Statement.INCOME, XJLLB=Statement.CASH_FLOW),
            ),
            "period_start": ("ssqq", day),
            "period_end": ("ssqz", day),
            "amount_fen": ("je", fen),
            "label": ("xmmc", _text),
            "column": (
                "lm",
                _words(
                    QM=StatementColumn.CLOSING,
                    NC=StatementColumn.OPENING,
                    BQ=StatementColumn.CURRENT,
                    BNLJ=StatementColumn.YEAR_TO_DATE,
                    SQ=StatementColumn.PRIOR,
                ),
            ),
        },
        {
            "event_date": ("bsrq", day),
            "line": ("hc", _text),
            "standard": (
                "kjzz",
                _words(
                    XQY=AccountingStandard.SMALL,
                    YBQY=AccountingStandard.ENTERPRISE,
                    QYZD=AccountingStandard.OLD,
                ),
            ),
        },
    ),
}
"""By format. A balance has its last day alone: the gateway prints it twice."""
FORMATS = frozenset(RECORDS)


def read(pages: Sequence[Page]) -> Parsed:
    """One row a record. Tables of one dataset come on pages of their own."""
    tables: dict[str, pl.DataFrame] = {}
    counts, findings = [0] * len(pages), list[Finding]()
    for source_format, records in RECORDS.items():
        places = [place for place, page in enumerate(pages) if page.raw.source_format == source_format]
        if not places:
            continue
        own = [pages[place] for place in places]
        found = records.listed.read(own)
        for place, count in zip(places, found.counts, strict=True):
            counts[place] = count
        findings += found.findings
        tables[records.table] = traced(_columns(records, found.rows), own, f"{source_format}/{VERSION}")
    return Parsed(tables, counts, tuple(findings))


def _columns(records: Records, raw: pl.DataFrame) -> pl.DataFrame:
    converted = {
        column: convert(raw[key]) for column, (key, convert) in {**records.required, **records.told}.items()
    }
    table = pl.DataFrame({**converted, "page": raw["page"], "row": raw["row"]}).select(
        pl.exclude("row"), pl.format("/{}/{}", pl.lit(records.name), "row").alias("pointer")
    )
    return _items(table) if records.table == "financial_statement" else table


def _items(table: pl.DataFrame) -> pl.DataFrame:
    """What each line means, by its words; comparative columns and balances as the schema has them."""
    meant = [
        statements.ITEMS[Statement(statement)].get(statements.words(label))
        if column in statements.READ
        else None
        for statement, label, column in table.select("statement", "label", "column").iter_rows()
    ]
    flow = pl.col("statement") != Statement.BALANCE_SHEET.value
    return table.with_columns(
        pl.Series("item", meant, dtype=pl.String), pl.when(flow).then("period_start").alias("period_start")
    )
