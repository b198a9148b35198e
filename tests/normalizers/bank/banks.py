"""Exports as other banks write them, none of which has a layout of its own: only usual headings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.normalizers.bank.rendering import Bank, Cells, Entry, columns, grouped, plain


def abc(given: Sequence[Entry]) -> list[Cells]:
    """农业银行: a title, day and time apart, 收入 and 支出, a note below."""
    rows: list[Cells] = [["中国农业银行账户活期交易明细清单"], ["户名：某某公司", "账号：103301040012345"]]
    rows.append(
        [
            "交易日期",
            "交易时间",
            "收入金额",
            "支出金额",
            "账户余额",
            "对方账号",
            "对方户名",
            "对方开户行",
            "交易用途",
        ]
    )
    for entry in given:
        out, into = columns(entry, grouped, "--")
        rows.append(
            [
                f"{entry.on:%Y-%m-%d}",
                "09:30:00",
                into,
                out,
                grouped(entry.balance),
                '="6222020"',
                entry.name,
                "某某支行",
                "货款",
            ]
        )
    return [*rows, ["以上明细仅供参考"]]


def boc(given: Sequence[Entry]) -> list[Cells]:
    """中国银行: 往账 and 来账 by a flag, days without separators, the unit in the heading."""
    rows: list[Cells] = [["组织名称:", "某某公司"], ["查询账号:", "445566778899"], []]
    rows.append(
        [
            "交易日期",
            "交易时间",
            "借贷标志",
            "交易金额（元）",
            "交易后余额（元）",
            "对方账户名称",
            "对方账号",
            "摘要",
            "交易流水号",
        ]
    )
    for number, entry in enumerate(given):
        flag = "往账" if entry.signed < 0 else "来账"
        rows.append(
            [
                f"{entry.on:%Y%m%d}",
                "093000",
                flag,
                plain(abs(entry.signed)),
                plain(entry.balance),
                entry.name,
                "4455",
                "转账",
                f"20240101{number:012}",
            ]
        )
    return rows


def spdb(given: Sequence[Entry]) -> list[Cells]:
    """浦发银行: 借方金额 and 贷方金额 with zeros on the other side, a row of totals, the newest first."""
    rows: list[Cells] = [
        [
            "交易日期",
            "交易流水号",
            "借方金额",
            "贷方金额",
            "账户余额",
            "对手账号",
            "对手名称",
            "摘要代码",
            "备注",
        ]
    ]
    for entry in reversed(given):
        out, into = columns(entry, plain, "0.00")
        rows.append(
            [f"{entry.on:%Y/%m/%d}", "X1", out, into, plain(entry.balance), "91310000", entry.name, "T", ""]
        )
    out = plain(-sum(each.signed for each in given if each.signed < 0))
    into = plain(sum(each.signed for each in given if each.signed > 0))
    return [*rows, ["合计", "", out, into]]


def cib(given: Sequence[Entry]) -> list[Cells]:
    """兴业银行: dates in Chinese, one account a row, 收/付."""
    rows: list[Cells] = [
        ["账号", "账户名称", "记账日期", "收/付", "发生额", "余额", "币种", "对方名称", "用途"]
    ]
    for entry in given:
        day = f"{entry.on.year}年{entry.on.month:02}月{entry.on.day:02}日"
        flag = "付" if entry.signed < 0 else "收"
        rows.append(
            [
                "117000",
                "某某公司",
                day,
                flag,
                grouped(abs(entry.signed)),
                grouped(entry.balance),
                "人民币",
                entry.name,
                "服务费",
            ]
        )
    return rows


def psbc(given: Sequence[Entry]) -> list[Cells]:
    """邮储银行: merged headings over two rows."""
    rows: list[Cells] = [
        ["邮储银行 对账单"],
        ["日期", "发生额", "", "余额", "对方信息", ""],
        ["", "借方", "贷方", "", "户名", "账号"],
    ]
    for entry in given:
        out, into = columns(entry)
        rows.append([f"{entry.on:%Y.%m.%d}", out, into, plain(entry.balance), entry.name, "6217"])
    return rows


def citic(given: Sequence[Entry]) -> list[Cells]:
    """中信银行: one signed amount beside a balance, the minus behind it in parentheses' place."""
    rows: list[Cells] = [["交易日", "交易金额", "账户余额", "对方户名", "对方账号", "摘要"]]
    for entry in given:
        amount = f"({grouped(-entry.signed)})" if entry.signed < 0 else grouped(entry.signed)
        rows.append([f"{entry.on:%Y-%m-%d}", amount, plain(entry.balance), entry.name, "8110", "代付"])
    return rows


BANKS: Mapping[str, Bank] = {bank.__name__: bank for bank in (abc, boc, spdb, cib, psbc, citic)}
