"""Fifty indicators of the invoice sub-models with pandas, over one firm's invoices as a data frame.

They have the names and the definitions of the catalogue, and a test holds their values against ours. Written
as pandas is used well: what several windows have in common is grouped once, by month or by counterparty and
month.
"""

from __future__ import annotations

from datetime import date, timedelta
from math import ceil

import numpy as np
import pandas as pd
import polars as pl
from numpy.typing import NDArray

COLUMNS = (
    *(f"out_amt_{months}m" for months in (1, 3, 6, 12, 24)),
    *(f"in_amt_{months}m" for months in (3, 6, 12, 24)),
    *(f"out_cnt_{months}m" for months in (3, 6, 12)),
    *(f"out_yoy_{months}m" for months in (3, 6, 12)),
    *(f"in_yoy_{months}m" for months in (6, 12)),
    *(f"out_hoh_{months}m" for months in (3, 6)),
    *(f"out_cv_{months}m" for months in (6, 12, 24)),
    *(f"out_cancel_rate_{months}m" for months in (3, 6, 12)),
    *(f"out_red_amt_rate_{months}m" for months in (3, 6, 12)),
    *(f"cust_cnt_{months}m" for months in (3, 6, 12)),
    *(f"supp_cnt_{months}m" for months in (6, 12)),
    *(f"cust_hhi_{months}m" for months in (6, 12)),
    *("in_cancel_rate_12m", "supp_hhi_12m", "cust_top1_share_12m", "cust_top5_share_12m"),
    *("supp_top5_share_12m", "cust_retention_12m", "supp_retention_12m"),
    *("out_active_months_12m", "in_active_months_12m", "out_ticket_avg_12m", "out_big_share_12m"),
    *("special_ratio_12m", "out_max_gap_days_12m", "benford_mad_12m", "dup_amt_ratio_12m"),
)

_NEEDED = ("direction", "kind", "state", "seller_id", "buyer_id", "issued_at", "amount_fen")
_MONTHS = 36


def sides(invoices: pl.DataFrame, as_of: date) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Invoices issued and received as the peer has them in memory, decoded like our own: texts as categories,
    dates as days and as months of age, the counterparty in one column."""
    made = pd.DataFrame(invoices.select(_NEEDED).to_dict(as_series=False))
    issued = made["issued_at"].dt
    made["age"] = as_of.year * 12 + as_of.month - (issued.year * 12 + issued.month)
    made["day"] = issued.normalize()
    for name in ("kind", "state", "seller_id", "buyer_id"):
        made[name] = made[name].astype("category")
    issued_by_us, received = (
        made[made["direction"] == way].rename(columns={party: "party"}).reset_index(drop=True)
        for way, party in (("out", "buyer_id"), ("in", "seller_id"))
    )
    return issued_by_us, received


def fifty(issued: pd.DataFrame, received: pd.DataFrame, as_of: date) -> dict[str, float]:
    """The values of ``COLUMNS``."""
    found: dict[str, float] = {}
    valid, void = _parted(issued)
    blue, red = valid[valid["amount_fen"] >= 0], valid[valid["amount_fen"] < 0]
    net, gone, reds, blues = map(_monthly, (valid, void, red, blue))
    count = blue["age"].value_counts().reindex(range(_MONTHS), fill_value=0).to_numpy()
    for months in (1, 3, 6, 12, 24):
        found[f"out_amt_{months}m"] = net[:months].sum() / 100
    for months in (3, 6, 12):
        found[f"out_cnt_{months}m"] = float(count[:months].sum())
        found[f"out_yoy_{months}m"] = net[:months].sum() / net[12 : 12 + months].sum() - 1
        found[f"out_red_amt_rate_{months}m"] = -reds[:months].sum() / blues[:months].sum()
        off = gone[:months].sum() - reds[:months].sum()
        found[f"out_cancel_rate_{months}m"] = off / (blues[:months].sum() + gone[:months].sum())
    for months in (3, 6):
        found[f"out_hoh_{months}m"] = net[:months].sum() / net[months : 2 * months].sum() - 1
    for months in (6, 12, 24):
        found[f"out_cv_{months}m"] = net[:months].std() / net[:months].mean()
    found["out_active_months_12m"] = float(np.count_nonzero(count[:12]))
    found["out_ticket_avg_12m"] = np.log1p(blues[:12].sum() / 100 / count[:12].sum())

    customers = _by_party(valid)
    for months in (3, 6, 12):
        found[f"cust_cnt_{months}m"] = len(_shares(customers, months))
    for months in (6, 12):
        found[f"cust_hhi_{months}m"] = (_shares(customers, months) ** 2).sum()
    largest = np.sort(_shares(customers, 12))[::-1]
    found["cust_top1_share_12m"], found["cust_top5_share_12m"] = largest[0], largest[:5].sum()
    found["cust_retention_12m"] = _retained(customers)

    bought, unbought = _parted(received)
    into, undone, bought_blue = _monthly(bought), _monthly(unbought), bought[bought["amount_fen"] >= 0]
    blue_into = _monthly(bought_blue)
    for months in (3, 6, 12, 24):
        found[f"in_amt_{months}m"] = into[:months].sum() / 100
    for months in (6, 12):
        found[f"in_yoy_{months}m"] = into[:months].sum() / into[12 : 12 + months].sum() - 1
    off = undone[:12].sum() + (blue_into - into)[:12].sum()
    found["in_cancel_rate_12m"] = off / (blue_into[:12].sum() + undone[:12].sum())
    found["in_active_months_12m"] = bought_blue.loc[bought_blue["age"] < 12, "age"].nunique()
    suppliers = _by_party(bought)
    for months in (6, 12):
        found[f"supp_cnt_{months}m"] = len(_shares(suppliers, months))
    found["supp_hhi_12m"] = (_shares(suppliers, 12) ** 2).sum()
    found["supp_top5_share_12m"] = np.sort(_shares(suppliers, 12))[::-1][:5].sum()
    found["supp_retention_12m"] = _retained(suppliers)
    return found | _year(blue[blue["age"] < 12], as_of)


def _parted(side: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Valid invoices, and void blue ones."""
    void = side["state"] == "void"
    return side[~void], side[void & (side["amount_fen"] >= 0)]


def _monthly(invoices: pd.DataFrame) -> NDArray[np.int64]:
    """Fen by month of age."""
    return invoices.groupby("age")["amount_fen"].sum().reindex(range(_MONTHS), fill_value=0).to_numpy()


def _by_party(valid: pd.DataFrame) -> NDArray[np.int64]:
    """Fen by counterparty and month of age, two years."""
    recent = valid[valid["age"] < 24]
    sums = recent.groupby(["party", "age"], observed=True)["amount_fen"].sum().unstack(fill_value=0)
    return sums.reindex(columns=range(24), fill_value=0).to_numpy()


def _shares(parties: NDArray[np.int64], months: int) -> NDArray[np.float64]:
    """The parts of the counterparties with a positive amount."""
    net = parties[:, :months].sum(axis=1)
    positive = net[net > 0]
    return np.asarray(positive / positive.sum(), dtype=np.float64)


def _retained(parties: NDArray[np.int64]) -> float:
    now, before = parties[:, :12].sum(axis=1) > 0, parties[:, 12:].sum(axis=1) > 0
    return float((now & before).sum() / before.sum())


def _year(blue: pd.DataFrame, as_of: date) -> dict[str, float]:
    """What is read of the single invoices of the year."""
    amount = blue["amount_fen"]
    before = pd.Timestamp(as_of.replace(day=1)) - pd.DateOffset(months=11) - timedelta(days=1)
    days = np.unique(np.append(blue["day"].to_numpy(), [np.datetime64(before), np.datetime64(as_of)]))
    money = amount[amount > 0]
    digits = (money // 10 ** np.floor(np.log10(money)).astype(int)).value_counts(normalize=True)
    law = np.log10(1 + 1 / np.arange(1, 10))
    alike = blue.groupby(["party", "amount_fen"], observed=True)["amount_fen"].transform("size")
    return {
        "out_max_gap_days_12m": np.diff(days).max() / np.timedelta64(1, "D"),
        "out_big_share_12m": amount.nlargest(ceil(0.05 * len(amount))).sum() / amount.sum(),
        "special_ratio_12m": amount[blue["kind"] == "special"].sum() / amount.sum(),
        "benford_mad_12m": np.abs(digits.reindex(range(1, 10), fill_value=0) - law).mean(),
        "dup_amt_ratio_12m": (alike >= 3).mean(),
    }
