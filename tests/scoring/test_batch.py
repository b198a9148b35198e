"""A batch of firms: what order, company and later rows may not change, and what bad data may not break."""

from __future__ import annotations

import itertools
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from schema.dataset import Dataset, Missing
from schema.snapshot import TABLES_OF, Snapshot
from scoring.context import Context
from scoring.facts import everything, some
from scoring.indicators import CATALOGUE
from scoring.inputs.batch import TABLE_OF, gather
from scoring.measure import Measured
from scoring.policy.loader import load
from scoring.value import NANS, codes
from tests.scoring.firms import AS_OF, DECIDED, Rows, invoice, snapshot, table, uscc
from tests.scoring.rich_firm import rich_context, rich_tables

RICH, SMALL = rich_tables(), rich_tables("small_scale")
CONTEXT = rich_context()
KEYS = [key for entry in CATALOGUE.values() for key in entry.columns]
CORE = (
    *(Dataset.TAXPAYER, Dataset.TAX_CREDIT_RATING, Dataset.TAX_RETURN, Dataset.INVOICE),
    *(Dataset.TAX_PAYMENT, Dataset.FINANCIAL_STATEMENT, Dataset.BANK_TRANSACTION, Dataset.CREDIT_REPORT),
)


def measured(snapshots: list[Snapshot], contexts: list[Context]) -> Measured:
    return everything(gather(snapshots, contexts, DECIDED, load().measurement))


def alone(tables: dict[str, pl.DataFrame], context: Context = CONTEXT, **changes: Any) -> Measured:
    return measured([snapshot(tables, **changes)], [context])


def same(left: Measured, right: Measured, *, at: int = 0) -> None:
    """The columns of two measurements are equal, the reasons of missing ones included."""
    ours, theirs = left.matrix[:, 0], right.matrix[:, at]
    different = codes(ours) != codes(theirs)
    different |= ~np.isnan(ours) & ~np.isclose(ours, theirs, rtol=1e-9, atol=1e-9)
    assert not different.any(), [
        (key, ours[place], theirs[place])
        for place, key in enumerate(left.columns)
        if different[place]
    ]  # fmt: skip


@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_of_rows_changes_nothing(seed: int) -> None:
    shuffled = {name: frame.sample(fraction=1, shuffle=True, seed=seed) for name, frame in RICH.items()}
    same(alone(RICH), alone(shuffled))


def test_a_firm_alone_is_measured_as_in_company() -> None:
    firms = [snapshot(SMALL), snapshot({}), snapshot(RICH), snapshot({"invoice": RICH["invoice"]})]
    contexts = [CONTEXT, Context(), CONTEXT, Context()]
    together = measured(firms, contexts)
    for place, (firm, context) in enumerate(zip(firms, contexts, strict=True)):
        same(measured([firm], [context]), together, at=place)


@pytest.mark.parametrize("gone", [None, *CORE])
def test_columns_measured_alone_are_as_among_all(gone: Dataset | None) -> None:
    """Also of those that read a column whose source is not there."""
    tables = {name: frame for name, frame in RICH.items() if gone is None or name not in TABLES_OF[gone]}
    missing = {} if gone is None else {gone: Missing.STALE}
    batch = gather([snapshot(tables, missing=missing)], [CONTEXT], DECIDED, load().measurement)
    whole = everything(batch)
    for start in range(7):
        chosen = whole.columns[start::7]
        part = some(batch, chosen)
        assert part.columns == chosen
        rows = [whole.columns.index(key) for key in chosen]
        assert part.matrix.tobytes() == whole.matrix[rows].tobytes()


def test_a_row_fetched_after_the_decision_changes_nothing() -> None:
    fetched = pl.lit(DECIDED + timedelta(seconds=1)).cast(pl.Datetime("us", "UTC"))
    later = {
        name: pl.concat([frame, frame.head(3).with_columns(fetched_at=fetched)])
        for name, frame in RICH.items()
    }
    same(alone(RICH), alone(later))


def test_a_row_dated_after_as_of_changes_nothing() -> None:
    later = {}
    for name, frame in RICH.items():
        column = next((each for each in ("issued_at", "event_date", "month") if each in frame.columns), None)
        if column is not None and name not in ("tax_return", "financial_statement"):
            moved = frame.with_columns(pl.col(column).dt.offset_by("20y"))
            later[name] = pl.concat([frame, moved])
    same(alone(RICH), alone(RICH | later))


@pytest.mark.parametrize("source", sorted(TABLE_OF))
@pytest.mark.parametrize("reason", [Missing.NOT_AVAILABLE, Missing.STALE])
def test_without_a_source_its_indicators_are_missing_for_its_reason(source: str, reason: Missing) -> None:
    dataset = next(each for each, tables in TABLES_OF.items() if TABLE_OF[source] in tables)
    tables = {name: frame for name, frame in RICH.items() if name not in TABLES_OF[dataset]}
    values = alone(tables, missing={dataset: reason}).of(0, KEYS)
    needing = [key for entry in CATALOGUE.values() if source in entry.needs for key in entry.columns]
    assert needing
    assert {values[key] for key in needing} == {reason}


def test_any_of_the_core_sources_may_be_missing_and_nothing_is_zero_for_unknown() -> None:
    gone = [set(each) for size in range(len(CORE) + 1) for each in itertools.combinations(CORE, size)]
    firms = [
        snapshot(
            {name: frame for name, frame in RICH.items() if not any(name in TABLES_OF[each] for each in out)},
            missing=dict.fromkeys(out, Missing.NOT_AUTHORISED),
        )
        for out in gone
    ]
    found = measured(firms, [CONTEXT] * len(firms))
    assert len(firms) == 2**8
    assert not np.isinf(found.matrix).any()
    without = np.array([Dataset.INVOICE in out for out in gone])
    assert set(codes(found["out_amt_12m"][without]).tolist()) == {1}
    assert set(found["out_amt_12m"][~without].tolist()) == {float(found["out_amt_12m"][0])}


def _invoices(rows: Rows) -> dict[str, pl.DataFrame]:
    return RICH | {"invoice": table("invoice", rows), "invoice_line": table("invoice_line", [])}


def _nan_everywhere() -> dict[str, pl.DataFrame]:
    """Every number of every table is NaN or null."""
    return {
        name: frame.with_columns(
            *(pl.lit(float("nan")).alias(each) for each, kind in frame.schema.items() if kind == pl.Float64),
            *(pl.lit(None, pl.Int64).alias(each) for each, kind in frame.schema.items() if kind == pl.Int64),
        )
        for name, frame in RICH.items()
    }


ODD = {
    "nothing": {},
    "empty tables": {name: frame.clear() for name, frame in RICH.items()},
    "one invoice": _invoices([invoice(1, AS_OF, 100)]),
    "all void": _invoices([invoice(n, AS_OF, 100, state="void") for n in range(30)]),
    "only red": _invoices([invoice(n, AS_OF - timedelta(days=n), -100) for n in range(40)]),
    "future dates": _invoices([invoice(n, AS_OF + timedelta(days=9 * n), 100) for n in range(40)]),
    "a hundred years": _invoices([invoice(n, date(1924 + n, 3, 1), 100) for n in range(100)]),
    "negative sales": _invoices(
        [invoice(n, AS_OF - timedelta(days=9 * n), -100 if n % 3 else 10) for n in range(90)]
    ),
    "no dates": _invoices([invoice(n, AS_OF, 100, issued_at=None) for n in range(9)]),
    "no names": _invoices([invoice(n, AS_OF, 100, buyer_id=None, buyer_name=None) for n in range(40)]),
    "huge amounts": _invoices([invoice(n, AS_OF, 9e13, buyer_id=uscc(n)) for n in range(40)]),
    "NaN": _nan_everywhere(),
}


@pytest.mark.parametrize("case", ODD)
@pytest.mark.parametrize("context", [Context(), CONTEXT], ids=["alone", "known"])
def test_bad_data_are_measured_without_an_exception(case: str, context: Context) -> None:
    found = alone(ODD[case], context)
    assert not np.isinf(found.matrix).any()
    assert (codes(found.matrix)[np.isnan(found.matrix)] > 0).all()


def test_a_missing_figure_hands_its_reason_on_through_arithmetic() -> None:
    reasons = NANS[1:]
    for made in (reasons + 1, 1 / reasons, reasons * 0, np.sqrt(reasons), np.maximum(reasons, 0), -reasons):
        assert codes(made).tolist() == [1, 2, 3, 4, 5]
    assert codes(reasons + reasons[::-1]).tolist() == [1, 2, 3, 4, 5]
    assert codes(np.array([0.0]) / np.array([np.inf])).tolist() == [0]
