"""Only what the business itself earns and spends is operating."""

from __future__ import annotations

import pytest

from tests.normalizers.bank.rendering import as_csv, read

HEADINGS = ["交易日期", "账号", "户名", "收入", "支出", "余额", "对方户名", "对方账号", "摘要"]
OWN = ["6222", "甲公司"]


def row(day: str, into: str, out: str, name: str, number: str, summary: str) -> list[str]:
    return [day, *OWN, into, out, "", name, number, summary]


def marks(*rows: list[str]) -> list[bool]:
    _, found = read(as_csv([HEADINGS, *rows]))
    return found.tables["bank_transaction"]["operating"].to_list()


@pytest.mark.parametrize("summary", ["贷款发放", "归还借款", "结息", "理财赎回", "信用卡还款"])
def test_money_that_is_borrowed_or_put_by_is_not_operating(summary: str) -> None:
    assert marks(row("2024-01-01", "100.00", "", "某银行", "1", summary)) == [False]


def test_sales_purchases_wages_and_taxes_are_operating() -> None:
    assert (
        marks(
            row("2024-01-01", "100.00", "", "乙公司", "1", "货款"),
            row("2024-01-02", "", "60.00", "丙公司", "2", "采购"),
            row("2024-01-03", "", "10.00", "张三", "3", "代发工资"),
            row("2024-01-04", "", "5.00", "国家税务总局", "4", "税款"),
        )
        == [True] * 4
    )


def test_ones_own_accounts_are_not() -> None:
    assert marks(
        row("2024-01-01", "1.00", "", "甲公司", "9", "转账"),
        row("2024-01-02", "", "2.00", "", "6222", "转账"),
    ) == [False, False]


def test_what_comes_back_within_days_is_not_and_what_comes_later_is() -> None:
    assert marks(
        row("2024-01-01", "", "100.00", "乙公司", "1", "往来"),
        row("2024-01-05", "100.00", "", "乙公司", "1", "往来"),
        row("2024-02-01", "", "70.00", "丙公司", "2", "往来"),
        row("2024-02-20", "70.00", "", "丙公司", "2", "往来"),
        row("2024-02-21", "70.00", "", "丁公司", "3", "往来"),
    ) == [False, False, True, True, True]
