"""Companies from a folder of real invoices, every row kept as it is.

Files are any ``*output_invoice.csv[.gz]`` (issued) and ``*input_invoice.csv[.gz]`` (received), columns
企业代号, 发票号码, 开票日期, 销方单位代号 or 购方单位代号, 金额, 税额, 价税合计, 发票状态 (有效发票 |
作废发票). Duplicate rows, zero totals, void red invoices and totals that do not add up stay. Counterparties
keep their codes as ids. The firm gets the USCC ``identity.company_id_of(code, region)`` and the name
``企业<code>``; its persons, grade and VAT returns are synthetic, the returns derived from the invoices.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from random import Random

import polars as pl

from sandbox.company import Company, InvoiceRecord, Role
from sandbox.filings import vat_returns
from sandbox.generator import person, ratings
from sandbox.identity import company_id_of

MODERATE = 6_000
"""A firm of at most so many invoices is fit for the demo."""
_FIRM, _COUNTERPARTY = "企业代号", {"out": "购方单位代号", "in": "销方单位代号"}
_PATTERN = {"out": "*output_invoice.csv*", "in": "*input_invoice.csv*"}
_STATE = {"有效发票": "正常", "作废发票": "作废"}


def codes_of_moderate_size(folder: Path, count: int) -> list[str]:
    """The first ``count`` firms, in file order, with both directions and at most ``MODERATE`` invoices."""
    counts = pl.concat(
        _scan(folder, direction).select(pl.col(_FIRM), pl.lit(direction).alias("direction"))
        for direction in _PATTERN
    )
    firms = (
        counts.group_by(_FIRM, maintain_order=True)
        .agg(pl.len().alias("invoices"), pl.col("direction").n_unique().alias("directions"))
        .filter((pl.col("invoices") <= MODERATE) & (pl.col("directions") == 2))
    )
    return [str(code) for code in firms.head(count).collect()[_FIRM]]


def load(folder: Path, region: str, codes: Sequence[str], *, seed: int, today: date) -> list[Company]:
    """The companies of these codes, in this order. Raises ``ValueError`` for an unknown code."""
    rows = {direction: _rows(folder, direction, codes) for direction in _PATTERN}
    if unknown := [code for code in codes if not any(code in rows[direction] for direction in rows)]:
        raise ValueError(f"{folder} has no invoices of {', '.join(unknown)}")
    return [
        _company(
            code, region, rows["out"].get(code, []), rows["in"].get(code, []), Random(f"{seed}:{code}"), today
        )
        for code in codes
    ]


Row = tuple[str, str, str, str, str, str, str]
"""发票号码, 开票日期, counterparty, 金额, 税额, 价税合计, 发票状态."""


def _scan(folder: Path, direction: str) -> pl.LazyFrame:
    files = sorted(folder.glob(_PATTERN[direction]))
    if not files:
        raise ValueError(f"{folder} has no {_PATTERN[direction]}")
    return pl.concat(pl.scan_csv(file, infer_schema=False) for file in files)


def _rows(folder: Path, direction: str, codes: Sequence[str]) -> dict[str, list[Row]]:
    wanted = ["发票号码", "开票日期", _COUNTERPARTY[direction], "金额", "税额", "价税合计", "发票状态"]
    frame = _scan(folder, direction).filter(pl.col(_FIRM).is_in(list(codes))).select(_FIRM, *wanted).collect()
    rows: dict[str, list[Row]] = {}
    for code, *row in frame.iter_rows():
        rows.setdefault(code, []).append(tuple(row))
    return rows


def _company(
    code: str, region: str, out: list[Row], incoming: list[Row], rng: Random, today: date
) -> Company:
    taxpayer_id, name = company_id_of(code, region), f"企业{code}"
    issued = [_invoice(row, seller=(taxpayer_id, name), buyer=(row[2], row[2])) for row in out]
    received = [_invoice(row, seller=(row[2], row[2]), buyer=(taxpayer_id, name)) for row in incoming]
    days = [invoice.issued_at.date() for invoice in (*issued, *received)]
    first, last = min(days).replace(day=1), max(days)
    chief = person(region, f"法人{code}", (Role(taxpayer_id, name, "法定代表人"),), rng)
    finance = person(region, f"财务{code}", (Role(taxpayer_id, name, "财务负责人"),), rng)
    return Company(
        taxpayer_id=taxpayer_id,
        name=name,
        region=region,
        general=True,
        status="正常",
        general_since=first,
        registered_on=first,
        industry_code="5199",
        industry_name="其他未列明批发业",
        legal_representative=chief.name,
        address="",
        invoice_cap=Decimal(1_000_000),
        people=(chief, finance),
        ratings=ratings(today, rng),
        returns=tuple(vat_returns(taxpayer_id, True, issued, received, first, _after(last))),
        issued=issued,
        received=received,
    )


def _after(last: date) -> date:
    """The first day of the month after: the month of the last invoice is filed too."""
    return date(last.year + last.month // 12, last.month % 12 + 1, 1)


def _invoice(row: Row, seller: tuple[str, str], buyer: tuple[str, str]) -> InvoiceRecord:
    """A taxed invoice counts as 专用: the folder does not tell the kind."""
    number, day, _, amount, tax, total, state = row
    return InvoiceRecord(
        digital=len(number) == 20,
        special=Decimal(tax) != 0,
        code="",
        number=number,
        issued_at=datetime.fromisoformat(day),
        has_time=False,
        seller_id=seller[0],
        seller_name=seller[1],
        buyer_id=buyer[0],
        buyer_name=buyer[1],
        amount=Decimal(amount),
        tax=Decimal(tax),
        total=Decimal(total),
        state=_STATE[state],
    )
