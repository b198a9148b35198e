"""Fifty indicators of the invoice sub-models with pandas, over one firm's invoices as a data frame."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd


def frame(columns: dict[str, list[object]]) -> pd.DataFrame:
    """The data frame that the peer starts from: typed columns, texts as categories."""
    made = pd.DataFrame(columns)
    for name in ("direction", "kind", "state", "seller_id", "buyer_id"):
        made[name] = made[name].astype("category")
    return made


def fifty(invoices: pd.DataFrame, as_of: date) -> dict[str, float]:
    """The usual way: filter by window, group, aggregate."""
    end = as_of.year * 12 + as_of.month
    issued = invoices["issued_at"].dt
    table = invoices.assign(age=end - (issued.year * 12 + issued.month), day=issued.normalize())
    out, into = (table[table["direction"] == way] for way in ("out", "in"))
    found: dict[str, float] = {}
    for side, name, party, windows in (
        (out, "out", "buyer_id", (1, 3, 6, 12, 24)),
        (into, "in", "seller_id", (3, 6, 12, 24)),
    ):
        valid, void = side[side["state"] == "valid"], side[side["state"] == "void"]
        blue, red = valid[valid["amount_fen"] >= 0], valid[valid["amount_fen"] < 0]
        month = valid.groupby("age")["amount_fen"].sum().reindex(range(36), fill_value=0)
        for months in windows:
            found[f"{name}_amt_{months}m"] = month[:months].sum() / 100
        for months in (3, 6, 12):
            before = month[12 : 12 + months].sum()
            found[f"{name}_yoy_{months}m"] = month[:months].sum() / before - 1 if before > 0 else np.nan
            found[f"{name}_cnt_{months}m"] = len(blue[blue["age"] < months])
            gone = void.loc[void["age"] < months, "amount_fen"].sum()
            reds = -red.loc[red["age"] < months, "amount_fen"].sum()
            whole = blue.loc[blue["age"] < months, "amount_fen"].sum() + gone
            found[f"{name}_cancel_rate_{months}m"] = (gone + reds) / whole if whole else np.nan
        for months in (6, 12):
            found[f"{name}_cv_{months}m"] = month[:months].std(ddof=0) / month[:months].mean()
        for months in (6, 12):
            net = valid[valid["age"] < months].groupby(party, observed=True)["amount_fen"].sum()
            share = net[net > 0] / net[net > 0].sum()
            found[f"{name}_party_cnt_{months}m"] = len(share)
            found[f"{name}_hhi_{months}m"] = (share**2).sum()
            if months == 12:
                found[f"{name}_top5"] = share.nlargest(5).sum()
        year = blue[blue["age"] < 12]
        found[f"{name}_ticket"] = float(np.log1p(year["amount_fen"].mean() / 100))
        found[f"{name}_active"] = year["age"].nunique()
        found[f"{name}_gap"] = year["day"].drop_duplicates().sort_values().diff().dt.days.max()
    year = out[(out["state"] == "valid") & (out["amount_fen"] >= 0) & (out["age"] < 12)]
    ordered = year["amount_fen"].sort_values(ascending=False)
    found["big_share"] = ordered[: int(np.ceil(0.05 * len(ordered)))].sum() / ordered.sum()
    digits = year["amount_fen"].astype(str).str[0].astype(int).value_counts(normalize=True)
    law = pd.Series({digit: np.log10(1 + 1 / digit) for digit in range(1, 10)})
    found["benford"] = (digits.reindex(range(1, 10), fill_value=0) - law).abs().mean()
    same = year.groupby(["buyer_id", "amount_fen"], observed=True)["amount_fen"].transform("size")
    found["repeated"] = (same >= 3).mean()
    split = year.groupby(["buyer_id", "day"], observed=True)["amount_fen"].transform("size")
    found["split"] = (split >= 5).mean()
    found["special"] = year.loc[year["kind"] == "special", "amount_fen"].sum() / year["amount_fen"].sum()
    return found
