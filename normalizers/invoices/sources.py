"""One invoice told by several sources: the better one is kept, and where they differ is a finding.

An invoice is known by code and number, or by the twenty digits of a 数电票. Rows that one source repeats are
its own and stay: real registers repeat numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from normalizers.invoicekey import keyed
from schema.dataset import Dataset
from schema.snapshot import Finding, Severity

ORDER = (
    "invoice.digital_xml",
    "invoice.control_xml",
    "invoice.ofd",
    "",
    "invoice.register",
    "invoice.pdf",
    "invoice.xbrl",
)
"""Sources from the best to the least; the empty one stands for the portals' own answers."""
COMPARED = ("issued_at", "amount_fen", "tax_fen", "total_fen", "state", "seller_id", "buyer_id")
_DIGITS = 20


def merged(parts: Sequence[Mapping[str, pl.DataFrame]]) -> tuple[dict[str, pl.DataFrame], list[Finding]]:
    """``invoice`` and ``invoice_line`` of several sources as one, one source for each invoice, keyed anew.

    The source with lines goes before the one without, then the order above decides. A direction that the
    better source does not tell is taken from the other.
    """
    invoice, lines = (
        pl.concat(
            part[name].rename({"invoice_key": "row"}).with_columns(page=nth) for nth, part in enumerate(parts)
        )
        for name in ("invoice", "invoice_line")
    )
    known = pl.col("code").is_not_null() | (pl.col("number").str.len_chars() == _DIGITS)
    ranked = (
        invoice.join(
            lines.select("page", "row").unique().with_columns(lined=True), on=["page", "row"], how="left"
        )
        .with_row_index("place")
        .with_columns(
            pl.when(known)
            .then(pl.format("{}:{}", pl.col("code").fill_null(""), "number"))
            .otherwise(pl.format("row {}", "place"))
            .alias("which"),
            rank=_rank(),
        )
        .with_columns(
            kept=pl.col("rank") == pl.col("rank").min().over("which"),
            told=pl.col("direction").drop_nulls().first().over("which"),
        )
        .sort("place")
    )
    remaining = ranked.filter("kept").with_columns(pl.coalesce("direction", "told").alias("direction"))
    own = lines.join(remaining, on=["page", "row"], how="semi", maintain_order="left")
    keyed_again = keyed(remaining.select(invoice.columns), own)
    tables = {
        name: frame.select(parts[0][name].columns)
        for name, frame in zip(("invoice", "invoice_line"), keyed_again, strict=True)
    }
    return tables, list(_noticed(ranked))


def _rank() -> pl.Expr:
    """The lowest is the best. Of sources that stand equal the first is taken."""
    source = pl.col("parser").str.split("/").list.first()
    order = {name: place for place, name in enumerate(ORDER) if name}
    place = source.replace_strict(order, default=ORDER.index(""), return_dtype=pl.Int64)
    return pl.struct(pl.col("lined").is_null(), place, "page").rank("dense")


def _noticed(ranked: pl.DataFrame) -> Iterator[Finding]:
    if dropped := ranked.filter(~pl.col("kept")).height:
        detail = f"{dropped} of {ranked.height} rows are told by a better source too"
        yield Finding("source_repeats", Severity.INFO, Dataset.INVOICE, detail)
    if conflicts := _conflicts(ranked):
        told = ", ".join(f"{name} of {number}" for name, number in conflicts.items())
        yield Finding("source_conflict", Severity.WARNING, Dataset.INVOICE, f"invoices differ: {told}")


def _conflicts(ranked: pl.DataFrame) -> dict[str, int]:
    """By column, the invoices of which a source says otherwise than the one that is kept. What a source does
    not tell is no conflict; a day without its time agrees with any moment of the day."""
    best = ranked.filter("kept").unique("which", keep="first").select("which", "has_time", *COMPARED)
    pairs = ranked.filter(~pl.col("kept")).join(best, on="which", suffix="_best")
    day = pl.col("issued_at").dt.date() != pl.col("issued_at_best").dt.date()
    exact = pl.col("issued_at") != pl.col("issued_at_best")
    differs = {name: pl.col(name) != pl.col(f"{name}_best") for name in COMPARED}
    differs["issued_at"] = pl.when(pl.col("has_time") & pl.col("has_time_best")).then(exact).otherwise(day)
    counts = pairs.select(
        pl.col("which").filter(test).n_unique().alias(name) for name, test in differs.items()
    )
    return {name: number for name, number in counts.row(0, named=True).items() if number}
