"""Tables of a snapshot for loan systems: JSON pages, CSV, Parquet. Money as exact fen and as yuan."""

from __future__ import annotations

import io

import polars as pl

from authz.authorization import Authorization, State
from authz.consent import ConsentState
from schema.errors import ConsentExpired, ConsentWithdrawn, StateConflict, UnknownScope
from schema.snapshot import TABLES_OF
from stages.normalize import opened
from stages.workshop import Workshop

CSV = "text/csv"
PARQUET = "application/vnd.apache.parquet"
_DATASET_OF = {table: dataset for dataset, filled in TABLES_OF.items() for table in filled}
_FORMULA = r"^([=+\-@\t\r])"


def check_readable(shop: Workshop, current: Authorization) -> None:
    """Data outlive a consent that was used up, never one that was withdrawn or has expired.

    Raises ``ConsentWithdrawn`` and ``ConsentExpired``.
    """
    if current.state is State.CLOSED:
        ended = shop.ledger.consent(current.consent_id).state
        gone = ended in (ConsentState.EXPIRED, ConsentState.LAPSED)
        raise ConsentExpired if gone else ConsentWithdrawn


def table(shop: Workshop, current: Authorization, name: str) -> pl.DataFrame:
    """One table of the newest snapshot, with the yuan beside the fen.

    Raises ``UnknownScope`` for a name that no dataset fills, ``StateConflict`` for one that was not read,
    with the reason as its detail.
    """
    dataset = _DATASET_OF.get(name)
    if dataset is None:
        raise UnknownScope(f"tables are {', '.join(_DATASET_OF)}")
    check_readable(shop, current)
    held = shop.casefile.snapshot(current.id)
    if held is None:
        raise StateConflict("nothing was read yet")
    snapshot = opened(shop, current, held)
    if name not in snapshot.tables:
        raise StateConflict(f"{dataset} is missing: {snapshot.missing.get(dataset, 'unknown')}")
    return _with_yuan(snapshot.tables[name])


def csv(frame: pl.DataFrame) -> bytes:
    """UTF-8 with a header. Text that a spreadsheet would take for a formula gets an apostrophe in front."""
    texts = [name for name, dtype in frame.schema.items() if dtype == pl.String]
    words = [name for name in texts if not name.endswith("_yuan")]
    return frame.with_columns(pl.col(words).str.replace(_FORMULA, "'$1")).write_csv().encode()


def parquet(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


def _with_yuan(frame: pl.DataFrame) -> pl.DataFrame:
    columns: list[pl.Expr] = []
    for name in frame.columns:
        columns.append(pl.col(name))
        if name.endswith("_fen"):
            columns.append(_yuan(name).alias(f"{name.removesuffix('_fen')}_yuan"))
    return frame.select(columns)


def _yuan(name: str) -> pl.Expr:
    """Integer fen to decimal text, exactly."""
    whole = pl.col(name).abs()
    sign = pl.when(pl.col(name) < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    hundredths = (whole % 100).cast(pl.String).str.zfill(2)
    return pl.concat_str(sign, (whole // 100).cast(pl.String), pl.lit("."), hundredths)
