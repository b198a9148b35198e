"""Sub-model ``electricity`` (电力): the account with the grid, and how bills are paid. Money is yuan."""

from __future__ import annotations

from typing import cast

import numpy as np

from schema.money import FEN_PER_YUAN
from scoring.inputs.electricity import Power
from scoring.measure import CONTEXT, RISKIER, SAFER, submodel
from scoring.value import INSUFFICIENT, NOT_AVAILABLE, Bools, Floats

indicator = submodel("electricity")


@indicator("报装容量", "ELE", (), SAFER, "EL06")
def ele_capacity_kva(power: Power) -> Floats:
    """Installed capacity of all meters in the newest month, kVA."""
    return power.capacity(power.newest)


@indicator("容量变更", "ELE", (12,), SAFER, "EL06")
def ele_capacity_chg(power: Power, months: int) -> Floats:
    """1 when the capacity grew within the window, −1 when it shrank, else 0."""
    return np.sign(power.capacity(power.newest) - power.capacity(power.newest + months - 1))


def _late_days(power: Power) -> Floats:
    """Days that a bill was paid late, NaN when it was in time; unpaid ones count to ``as_of``."""
    rows = power.rows
    paid = np.where(rows.lasting("paid_on"), 0.0, rows.days_ago("paid_on"))
    late = rows.days_ago("due_on") - paid
    return np.where(late > 0, late, np.nan)


def _told(power: Power, column: str, found: Floats) -> Floats:
    """A figure; ``NOT_AVAILABLE`` when no bill tells the column, ``INSUFFICIENT`` without a bill."""
    rows = power.rows
    nothing = np.where(rows.count(rows.all) > 0, NOT_AVAILABLE, INSUFFICIENT)
    told = rows.count(rows.told(column)) > 0
    return np.where(told, found, nothing)


def _recent(power: Power, months: int) -> Bools:
    return (power.age >= 0) & (power.age < months)


@indicator("电费逾期次数", "ELE", (12, 24), RISKIER, "EL09")
def ele_pay_late_cnt(power: Power, months: int) -> Floats:
    """Bills paid after their day, or past it and unpaid."""
    late = _recent(power, months) & ~np.isnan(_late_days(power))
    return _told(power, "due_on", power.rows.count(late))


@indicator("电费最长逾期天数", "ELE", (12,), RISKIER, "EL09")
def ele_pay_late_days(power: Power, months: int) -> Floats:
    """The most days that a bill was late."""
    return _told(power, "due_on", power.rows.largest(_recent(power, months), _late_days(power), 0.0))


@indicator("当前欠费", "ELE", (), RISKIER, "EL09")
def ele_arrears(power: Power) -> Floats:
    """Unpaid on all bills."""
    return _told(
        power, "unpaid_fen", power.rows.sum(power.rows.all, power.rows.number("unpaid_fen")) / FEN_PER_YUAN
    )


@indicator("电费违约金", "ELE", (12,), RISKIER, "EL09")
def ele_penalty_amt(power: Power, months: int) -> Floats:
    """Penalties for late payment."""
    charged = power.rows.sum(_recent(power, months), power.rows.number("penalty_fen"))
    return _told(power, "penalty_fen", charged / FEN_PER_YUAN)


@indicator("违约用电/窃电", "ELE", (36,), RISKIER, "EL10")
def ele_theft_flag(power: Power, months: int) -> Floats:
    """1 when electricity was misused or stolen."""
    return _told(power, "misuse", power.rows.any(_recent(power, months) & power.rows.true("misuse")))


@indicator("停电催费次数", "ELE", (12,), RISKIER, "EL09")
def ele_stop_cnt(power: Power, months: int) -> Floats:
    """Notices that the supply will be stopped."""
    sent = power.rows.sum(_recent(power, months), power.rows.number("stop_notices"))
    return _told(power, "stop_notices", sent)


def _newest(power: Power) -> Bools:
    return cast(Bools, power.age == power.newest[power.rows.firm])


@indicator("代扣缴费", "ELE", (), SAFER, "EL09")
def ele_autopay_flag(power: Power) -> Floats:
    """1 when the newest bill is paid by direct debit."""
    return _told(power, "autopay", power.rows.any(_newest(power) & power.rows.true("autopay")))


@indicator("工业电价类别", "ELE", (), CONTEXT, "EL08")
def ele_industrial_flag(power: Power) -> Floats:
    """1 when a meter is billed as heavy industry (大工业)."""
    return _told(power, "tariff", power.rows.any(_newest(power) & power.rows.among("tariff", "industrial")))
