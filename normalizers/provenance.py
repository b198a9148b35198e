"""Where each row came from."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from normalizers.registry import Page
from schema.tables import INSTANT


def traced(frame: pl.DataFrame, pages: Sequence[Page], parser: str) -> pl.DataFrame:
    """The frame with provenance in place of its column ``page`` (Int64, index into ``pages``), in the same
    order.

    ``pointer`` (JSON pointer or cell) is the frame's own; ``parser`` is a name and version, e.g.
    ``gateway.invoice/1``.
    """
    origins = pl.DataFrame(
        {
            "page": pl.Series(range(len(pages)), dtype=pl.Int64),
            "region": pl.Series([page.raw.region for page in pages], dtype=pl.String),
            "route": pl.Series([str(page.raw.route) for page in pages], dtype=pl.String),
            "raw_ref": pl.Series([page.ref for page in pages], dtype=pl.String),
            "fetched_at": pl.Series([page.raw.fetched_at for page in pages], dtype=INSTANT),
        }
    )
    joined = frame.join(origins, on="page", how="left", maintain_order="left")
    return joined.drop("page").with_columns(pl.lit(parser).alias("parser"))
