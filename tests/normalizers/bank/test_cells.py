"""A printed cell means one figure or day, or is refused."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from normalizers.bank.cells import clock, moment, money, text
from schema.money import yuan


@pytest.mark.parametrize(
    ("printed", "fen"),
    [
        ("1,234.50", 123450),
        ("-1,000.00", -100000),
        ("(1,000.00)", -100000),
        ("（20）", -2000),
        ("1000.00-", -100000),
        ("¥28.16", 2816),
        ("￥-3", -300),
        ("28.16元", 2816),
        ("１２３．４５", 12345),
        ('="12.30"', 1230),
        ("+5", 500),
        (".5", 50),
        ("12.300000", 1230),
        (2176.9100000000003, 217691),
        (67.0, 6700),
        ("", None),
        ("--", None),
    ],
)
def test_an_amount_is_read_exactly(printed: object, fen: int | None) -> None:
    assert money(printed) == fen


@pytest.mark.parametrize(
    "printed",
    [
        "1,23.00",
        "12,5",
        "1.234,56",
        "1.005",
        "xx,yyyy.zz",
        "=SUM(A1:A3)",
        "1 000.00.00",
        "NaN",
        "1e5",
        "--5",
        "(5",
        True,
        "12O.00",
        "9" * 30,
    ],
)
def test_what_is_no_amount_is_refused(printed: object) -> None:
    with pytest.raises(ValueError, match=r"amount|fen"):
        money(printed)


@given(st.integers(-(10**15), 10**15))
def test_every_amount_comes_back(fen: int) -> None:
    assert money(f"{yuan(fen):,}") == money(str(yuan(fen))) == fen


@pytest.mark.parametrize(
    "printed",
    [
        "2020-07-23",
        "2020/7/23",
        "2020.07.23",
        "20200723",
        "2020年07月23日",
        "2020年7月23日",
        "２０２０－０７－２３",
        44035,
        "44035",
        datetime(2020, 7, 23),
        date(2020, 7, 23),
        20200723.0,
        '="2020-07-23"',
    ],
)
def test_a_day_is_read_in_every_form(printed: object) -> None:
    assert moment(printed) == (date(2020, 7, 23), None)


@pytest.mark.parametrize(
    "printed",
    [
        "2020-07-23 18:53:19",
        "20200723185319",
        "2020年7月23日 18:53:19",
        "2020-07-23T18:53:19",
        "2020-07-23-18:53:19",
        "20200723 185319",
    ],
)
def test_a_time_behind_the_day_is_kept(printed: str) -> None:
    assert moment(printed) == (date(2020, 7, 23), time(18, 53, 19))


@pytest.mark.parametrize("printed", ["2020-02-30", "23/07/2020", "2020-13-01", "abc", "123", 7, "2020-07"])
def test_what_is_no_day_is_refused(printed: object) -> None:
    with pytest.raises(ValueError, match="is no"):
        moment(printed)


def test_a_time_of_its_own_column() -> None:
    assert clock("185319") == clock("18:53:19") == clock(0.787025463) == time(18, 53, 19)
    with pytest.raises(ValueError, match="is no time"):
        clock("25:00:00")


def test_an_id_keeps_every_digit_or_is_refused() -> None:
    assert text('="0012"') == text("'0012") == text("`0012\t") == "0012"
    assert text(622202.0) == "622202"
    with pytest.raises(ValueError, match="shortened"):
        text(6.2220212345678e18)
