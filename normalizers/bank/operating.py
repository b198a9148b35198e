"""Which movements are of the business itself (经营性流水): not what is borrowed, put by, moved between one's
own accounts, or sent and taken back. Said of what a statement prints; a lender's own view may differ."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files

import polars as pl

_NAMED = ("summary", "purpose", "counterparty_name")


@cache
def _rules() -> tuple[str, int]:
    """The words as one pattern, and the days of a round trip."""
    stated = tomllib.loads((files("normalizers.bank") / "operating.toml").read_text(encoding="utf-8"))
    return "|".join(map(re.escape, stated["words"])), stated["round_trip_days"]


def operating(transactions: pl.DataFrame, accounts: pl.DataFrame) -> pl.Series:
    """True, or False for each movement, in order."""
    pattern, _ = _rules()
    said = pl.concat_str([pl.col(name).fill_null("") for name in _NAMED], separator=" ")
    own_names = accounts["holder_name"].drop_nulls().to_list()
    own_numbers = [number for number in accounts["account_id"].to_list() if number.isalnum()]
    moved = (pl.col("state") != "closed") & pl.col("direction").is_in(["in", "out"])
    own = pl.col("counterparty_name").is_in(own_names) | pl.col("counterparty_account").is_in(own_numbers)
    returned = pl.int_range(pl.len()).is_in(_round_trips(transactions))
    kept = moved & ~said.str.contains(pattern) & ~own.fill_null(False) & ~returned
    return transactions.select(kept.alias("operating")).to_series()


def _round_trips(transactions: pl.DataFrame) -> list[int]:
    """Rows whose amount went to somebody and came back from them within days."""
    if transactions["direction"].n_unique() < 2:
        return []
    _, days = _rules()
    whom = pl.coalesce("counterparty_account", "counterparty_name").alias("whom")
    told = transactions.select("event_date", "direction", "amount_fen", whom)
    known = told.with_row_index("row").drop_nulls("whom")
    sides = [known.filter(direction=way).sort("event_date") for way in ("in", "out")]
    pairs = sides[0].join_asof(
        sides[1].select("event_date", "amount_fen", "whom", pl.col("row").alias("other")),
        on="event_date",
        by=["whom", "amount_fen"],
        strategy="nearest",
        tolerance=f"{days}d",
        check_sortedness=False,
    )
    met = pairs.drop_nulls("other")
    return [*met["row"], *met["other"]]
