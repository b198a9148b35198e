"""A snapshot that leaves as Parquet and comes back is the same snapshot, money included."""

from __future__ import annotations

import io

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from polars.testing.parametric import column, dataframes

from schema.snapshot import TABLES_OF
from schema.tables import TABLES, conform

SNAPSHOT = sorted({table for tables in TABLES_OF.values() for table in tables})
EDGES = [0, 1, -1, 2**53 + 1, -(2**53) - 1, 2**63 - 1, -(2**63)]


def there_and_back(frame: pl.DataFrame) -> pl.DataFrame:
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return pl.read_parquet(io.BytesIO(buffer.getvalue()))


@pytest.mark.parametrize("table", SNAPSHOT)
@given(data=st.data())
@settings(max_examples=5, deadline=None)
def test_every_table_comes_back_as_it_left(table: str, data: st.DataObject) -> None:
    columns = [column(name, dtype=dtype, allow_null=True) for name, dtype in TABLES[table].items()]
    frame = data.draw(dataframes(columns, max_size=5, allow_infinity=False))
    back = there_and_back(frame)
    assert_frame_equal(back, frame)
    assert_frame_equal(conform(table, back), frame)


def test_money_beyond_what_a_float_holds_comes_back_to_the_fen() -> None:
    money = [name for name in TABLES["invoice"] if name.endswith("_fen")]
    frame = conform("invoice", pl.DataFrame(dict.fromkeys(money, EDGES)))
    back = there_and_back(frame)
    assert all(back[name].to_list() == EDGES for name in money)
