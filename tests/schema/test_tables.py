"""Rows and columns of the common schema are one definition."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from pydantic import ValidationError

from schema.catalogue import ROWS, TABLES_OF
from schema.dataset import USUAL, Dataset, Route
from schema.rows.row import Local, Row, Width
from schema.rows.tax_payment import TaxPayment
from schema.tables import PROVENANCE, REQUIRED, TABLES, bare, conform, empty, rows, unfilled
from schema.terms import Term

ORIGIN = {
    "region": "11",
    "route": Route.API,
    "raw_ref": "raw/1",
    "pointer": "/0",
    "parser": "test/1",
    "fetched_at": datetime(2026, 3, 1, tzinfo=UTC),
}
PAID: dict[str, Any] = ORIGIN | {"category": "vat", "nature": "tax", "amount_fen": 2**53 + 1}
VALUES: dict[object, st.SearchStrategy[Any]] = {
    str: st.text(st.characters(codec="utf-8"), min_size=1),
    bool: st.booleans(),
    int: st.integers(-(2**63), 2**63 - 1),
    Width: st.integers(-(2**31), 2**31 - 1),
    float: st.floats(allow_nan=False, allow_infinity=False),
    date: st.dates(),
    Local: st.datetimes(),
}
DTYPES: dict[object, object] = {
    str: pl.String,
    bool: pl.Boolean,
    int: pl.Int64,
    Width: pl.Int32,
    float: pl.Float64,
    date: pl.Date,
    Local: pl.Datetime("us"),
}


def made_rows(table: str) -> st.SearchStrategy[Row]:
    """Any row of a table that the schema takes."""
    model = ROWS[table]
    fields = {}
    for name, field in model.model_fields.items():
        if name in ORIGIN:
            continue
        kind = bare(field.annotation if not field.metadata else Width if Width in field.metadata else int)
        value = st.sampled_from(list(kind)) if issubclass(kind, Term) else VALUES[kind]
        fields[name] = value if field.is_required() else st.none() | value
    return st.fixed_dictionaries(fields).map(lambda own: model(**own, **ORIGIN))


@pytest.mark.parametrize("table", TABLES)
def test_a_table_has_the_fields_of_its_row_and_ends_with_their_provenance(table: str) -> None:
    assert set(TABLES[table]) == set(ROWS[table].model_fields)
    assert list(TABLES[table])[-len(PROVENANCE) :] == list(PROVENANCE)
    assert empty(table).schema == pl.Schema(TABLES[table])
    money = [name for name in TABLES[table] if name.endswith("_fen")]
    assert all(TABLES[table][name] == pl.Int64 for name in money)


@pytest.mark.parametrize("table", TABLES)
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_rows_come_back_from_columns_as_they_were(table: str, data: st.DataObject) -> None:
    given_rows = data.draw(st.lists(made_rows(table), max_size=3))
    made = pl.DataFrame([row.model_dump() for row in given_rows], schema=TABLES[table], orient="row")
    assert made.schema == pl.Schema(TABLES[table])
    assert list(rows(table, made)) == given_rows
    assert_frame_equal(conform(table, made), made)
    assert not unfilled(table, made)


def test_every_dataset_has_tables_and_no_table_two_datasets() -> None:
    assert set(TABLES_OF) == set(Dataset)
    names = [name for tables in TABLES_OF.values() for name in tables]
    assert sorted(names) == sorted(set(names)) == sorted(TABLES)
    assert [str(each) for each in USUAL] == ["taxpayer", "tax_credit_rating", "tax_return", "invoice"]


def test_money_is_whole_fen_and_nothing_else() -> None:
    assert TaxPayment(**PAID).amount_fen == 2**53 + 1
    for wrong in (1.0, "1", True, None, 2**63):
        with pytest.raises(ValidationError):
            TaxPayment(**PAID | {"amount_fen": wrong})


def test_a_word_outside_the_field_is_refused_and_a_known_one_tells_its_term() -> None:
    with pytest.raises(ValidationError):
        TaxPayment(**PAID | {"nature": "bribe"})
    assert TaxPayment(**PAID).category.zh == "增值税"


def test_a_column_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ValidationError):
        TaxPayment(**PAID | {"colour": "red"})
    with pytest.raises(ValueError, match="colour"):
        conform("tax_payment", empty("tax_payment").with_columns(colour=pl.lit("red")))


def test_required_columns_without_a_value_are_told_with_their_number() -> None:
    blank = conform("tax_payment", pl.DataFrame({"category": ["vat", None], "amount_fen": [1, 2]}))
    untold = set(REQUIRED["tax_payment"]) - {"category", "amount_fen"}
    assert unfilled("tax_payment", blank) == {"category": 1} | dict.fromkeys(untold, 2)
