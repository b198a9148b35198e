"""Printed values become typed columns exactly, or are refused."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from normalizers.values import day, fen, moment, number, rate
from schema.errors import DataCorrupt
from schema.money import fen as fen_of
from schema.money import yuan


@given(st.lists(st.integers(-(10**15), 10**15), min_size=1))
def test_every_amount_survives_printing(amounts: list[int]) -> None:
    assert fen(pl.Series("je", [str(yuan(amount)) for amount in amounts])).to_list() == amounts


@pytest.mark.parametrize(
    "printed", ["0", "0.0", "-943.4", "11000.0", "1,234.50", "+5.10", " 7.00 ", "3.5000", "-0"]
)
def test_amounts_agree_with_the_row_form(printed: str) -> None:
    assert fen(pl.Series("je", [printed, None])).to_list() == [fen_of(printed), None]


def test_rates() -> None:
    printed = pl.Series("slv", ["13%", "0.06", "免税", "不征税", "***", None, "1.5%"])
    assert rate(printed).to_list() == [0.13, 0.06, None, None, None, None, 0.015]
    with pytest.raises(DataCorrupt):
        rate(pl.Series("slv", ["13%", "high"]))


def test_numbers() -> None:
    assert number(pl.Series("sl", ["1.5", "1,000", None, "-2"])).to_list() == [1.5, 1000.0, None, -2.0]
    with pytest.raises(DataCorrupt, match="sl is not a number in 1 of 2"):
        number(pl.Series("sl", ["1", "x"]))


def test_days_and_moments() -> None:
    assert [str(d) for d in day(pl.Series("rq", ["20240229", "2024-03-01 10:00:00"]))] == [
        "2024-02-29",
        "2024-03-01",
    ]
    at, timed = moment(pl.Series("rq", ["20240229", "2024-03-01 10:00:01", "2024-03-02"]))
    assert [str(m) for m in at] == ["2024-02-29 00:00:00", "2024-03-01 10:00:01", "2024-03-02 00:00:00"]
    assert timed.to_list() == [False, True, False]


def test_columns_of_nothing_stay_nothing() -> None:
    nothing = pl.Series("x", [None, None], dtype=pl.String)
    for convert in (fen, number, rate, day):
        assert convert(nothing).to_list() == [None, None]
