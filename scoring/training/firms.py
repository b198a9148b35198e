"""Firms with invoices and, where known, an outcome, from a folder of CSV files, as snapshots.

The files are those of the national mathematical-modelling contest 2020, problem C (CUMCM 2020-C): a list of
firms and their invoices in two directions, ``<group>_company.csv`` and
``<group>_{output,input}_invoice.csv``, plain or gzipped. Credit ratings, where a file has them, are not
read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl

from schema.errors import InvalidRequest
from schema.snapshot import Snapshot
from schema.tables import conform

FIRM, OUTCOME = "企业代号", "是否违约"
_SIDES = {"output": ("out", "购方单位代号"), "input": ("in", "销方单位代号")}
REGION = "33"
"""Where the firms are is not told; no indicator of invoices reads it."""


@dataclass(frozen=True)
class Firms:
    """Invoices of all firms of a group, in the order of ``codes``."""

    codes: tuple[str, ...]
    defaulted: tuple[bool, ...] | None
    """None where outcomes are unknown."""
    invoices: dict[str, pl.DataFrame]
    """Firm to its table ``invoice``."""
    sha256: str
    """Over the files read, in order of their names."""

    def snapshots(self, as_of: date) -> list[Snapshot]:
        """What a bank would have held in the days after ``as_of``. Rows dated later stay in the table: it is
        for the measurement to leave them out."""
        return [
            Snapshot(
                taxpayer_id=code,
                region=REGION,
                as_of=as_of,
                fetched_at=decided(as_of),
                tables={
                    "invoice": self.invoices[code].with_columns(
                        fetched_at=pl.lit(decided(as_of)).cast(pl.Datetime("us", "UTC"))
                    )
                },
            )
            for code in self.codes
        ]


def decided(as_of: date) -> datetime:
    """Five days after the last day of the month that is looked back from."""
    return datetime(as_of.year, as_of.month, as_of.day, tzinfo=UTC) + timedelta(days=5)


def read(folder: Path, group: str) -> Firms:
    """The firms of one group (``labelled``, ``unlabelled``). Raises ``InvalidRequest`` when a file or a
    column is not there."""
    digest = hashlib.sha256()
    companies = _table(folder, f"{group}_company", digest)
    codes = tuple(_column(companies, FIRM).to_list())
    told = _column(companies, OUTCOME).to_list() if OUTCOME in companies.columns else None
    sides = pl.concat(list(_sides(folder, group, digest)))
    by_firm = {str(key[0]): frame for key, frame in sides.partition_by(FIRM, as_dict=True).items()}
    nothing = conform("invoice", pl.DataFrame())
    return Firms(
        codes=codes,
        defaulted=None if told is None else tuple(answer == "是" for answer in told),
        invoices={
            code: conform("invoice", by_firm[code].drop(FIRM)) if code in by_firm else nothing
            for code in codes
        },
        sha256=digest.hexdigest(),
    )


def _sides(folder: Path, group: str, digest: hashlib._Hash) -> Iterator[pl.DataFrame]:
    for side, (direction, party) in _SIDES.items():
        plain = _table(folder, f"{group}_{side}_invoice", digest).with_row_index("row")
        sold = direction == "out"
        _column(plain, party)
        yield plain.select(
            FIRM,
            invoice_key=pl.format(f"{direction}{{}}", "row"),
            direction=pl.lit(direction),
            number="发票号码",
            issued_at=pl.col("开票日期").str.slice(0, 10).str.to_datetime("%Y-%m-%d"),
            has_time=pl.lit(False),
            seller_id=FIRM if sold else party,
            buyer_id=party if sold else FIRM,
            amount_fen=_fen("金额"),
            tax_fen=_fen("税额"),
            total_fen=_fen("价税合计"),
            state=pl.when(pl.col("发票状态") == "有效发票").then(pl.lit("valid")).otherwise(pl.lit("void")),
        )


def _fen(column: str) -> pl.Expr:
    return (pl.col(column).cast(pl.Float64) * 100).round().cast(pl.Int64)


def _table(folder: Path, name: str, digest: hashlib._Hash) -> pl.DataFrame:
    path = next((at for at in (folder / f"{name}.csv", folder / f"{name}.csv.gz") if at.is_file()), None)
    if path is None:
        raise InvalidRequest(f"the folder has no {name}.csv")
    raw = path.read_bytes()
    digest.update(path.name.encode() + b"\0" + hashlib.sha256(raw).digest())
    return pl.read_csv(raw, infer_schema=False)


def _column(frame: pl.DataFrame, name: str) -> pl.Series:
    if name not in frame.columns:
        raise InvalidRequest(f"a file has no column {name}")
    return frame[name]
