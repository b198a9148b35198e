"""One invoice told by several sources: the better one counts, the others are kept beside it.

An invoice is known by code and number, or by the twenty digits of a 数电票, and by its side where that is
told. Rows that one source repeats are its own and stay: real registers repeat numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from normalizers.invoicekey import keyed
from schema.dataset import Dataset
from schema.snapshot import Finding, Severity
from schema.tables import conform, empty

DOCUMENTS = ("invoice.digital_xml", "invoice.control_xml", "invoice.ofd")
PICTURES = ("invoice.pdf", "invoice.xbrl")
REGISTER = "invoice.register"
ORDER = (*DOCUMENTS, "", REGISTER, *PICTURES)
"""Sources from the best to the least; the empty one stands for the portals' own answers."""
COMPARED = ("issued_at", "amount_fen", "tax_fen", "total_fen", "state", "seller_id", "buyer_id")
_SAID = (*COMPARED, "has_time")
_LATER = ("direction", "reddened", "said")
"""What a document may not tell of itself."""
_DIGITS = 20
_TABLES = ("invoice", "invoice_line")
_REPEAT = "invoice_repeat"


def merged(parts: Sequence[Mapping[str, pl.DataFrame]]) -> tuple[dict[str, pl.DataFrame], list[Finding]]:
    """``invoice``, ``invoice_line`` and ``invoice_repeat`` of several sources as one, one source for each
    invoice, keyed anew.

    A file that says otherwise than the portal's own answer never goes before it. Among the rest the source
    with lines goes before the one without, then the order above decides. What a document cannot tell, as
    whose it is and that it was voided or offset later, is taken from the others.
    """
    invoice, lines = (_stacked(parts, name) for name in _TABLES)
    ranked = _ranked(_identified(invoice), lines)
    remaining = (
        ranked.with_columns(pl.coalesce(name, _told(name)).alias(name) for name in _LATER)
        .filter("kept")
        .with_columns(pl.coalesce("said", "state").alias("state"))
    )
    own = lines.join(remaining, on=["page", "row"], how="semi", maintain_order="left")
    headers, items = keyed(remaining.select(invoice.columns), own)
    best = remaining.select("which", *_SAID).with_columns(headers["invoice_key"])
    again = _nearest(_again(parts, ranked), best)
    tables = {
        "invoice": headers.select(parts[0]["invoice"].columns),
        "invoice_line": items.select(parts[0]["invoice_line"].columns),
        _REPEAT: conform(_REPEAT, again.select(empty(_REPEAT).columns)),
    }
    return tables, list(_noticed(ranked))


def _stacked(parts: Sequence[Mapping[str, pl.DataFrame]], name: str) -> pl.DataFrame:
    """A table of all parts; ``page`` is the part, ``row`` the invoice's key within it."""
    own = [part.get(name, empty(name)).rename({"invoice_key": "row"}) for part in parts]
    return pl.concat(frame.with_columns(page=nth) for nth, frame in enumerate(own))


def _identified(invoice: pl.DataFrame) -> pl.DataFrame:
    """With ``which`` invoice each row is of, its ``source``, and ``said``, its state where a list tells."""
    known = pl.col("code").is_not_null() | (pl.col("number").str.len_chars() == _DIGITS)
    number = pl.format("{}:{}", pl.col("code").fill_null(""), "number")
    side = pl.coalesce("direction", pl.col("direction").drop_nulls().first().over("which")).fill_null("")
    return (
        invoice.with_row_index("place")
        .with_columns(
            pl.when(known).then(number).otherwise(pl.format("row {}", "place")).alias("which"), _source()
        )
        .with_columns(pl.format("{}:{}", side, "which").alias("which"), _said())
    )


def _source() -> pl.Expr:
    return pl.col("parser").str.split("/").list.first().alias("source")


def _said() -> pl.Expr:
    listed = ~pl.col("source").is_in((*DOCUMENTS, *PICTURES))
    return pl.when(listed).then("state").alias("said")


def _ranked(rows: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """In their order, with ``rank``, the lowest the best, and whether a row is ``kept``. Of sources that
    stand equal the first is taken."""
    lined = lines.select("page", "row").unique().with_columns(lined=True)
    answers = rows.filter(pl.col("route").is_not_null()).select("which", *_SAID)
    handed = pl.col("route").is_null()
    order = {name: place for place, name in enumerate(ORDER) if name}
    place = pl.col("source").replace_strict(order, default=ORDER.index(""), return_dtype=pl.Int64)
    return (
        _nearest(rows, answers)
        .join(lined, on=["page", "row"], how="left", maintain_order="left")
        .with_columns(
            rank=pl.struct(
                handed & pl.col("differs").is_not_null(), pl.col("lined").is_null(), place, "page"
            ).rank("dense")
        )
        .with_columns(kept=pl.col("rank") == pl.col("rank").min().over("which"))
    )


def _told(name: str) -> pl.Expr:
    """What the best source says that says anything of it."""
    return pl.col(name).sort_by("rank").drop_nulls().first().over("which")


def _again(parts: Sequence[Mapping[str, pl.DataFrame]], ranked: pl.DataFrame) -> pl.DataFrame:
    """The rows that do not count, those that did not before included."""
    dropped = ranked.filter(~pl.col("kept"))
    before = (
        _stacked(parts, _REPEAT)
        .join(ranked.select("page", "row", "which"), on=["page", "row"])
        .with_columns(_source())
        .with_columns(_said())
    )
    columns = [name for name in empty(_REPEAT).columns if name not in ("invoice_key", "differs")]
    return pl.concat([frame.select(*columns, "which", "said") for frame in (before, dropped)])


def _nearest(rows: pl.DataFrame, others: pl.DataFrame) -> pl.DataFrame:
    """Each row with ``differs``, beside the one of its invoice's other rows that it differs from least."""
    return (
        rows.with_row_index("nth")
        .join(others, on="which", how="left", suffix="_best", maintain_order="left")
        .with_columns(_differing())
        .sort("nth", pl.col("differs").fill_null("").str.len_chars(), maintain_order=True)
        .unique("nth", keep="first", maintain_order=True)
        .drop("nth")
    )


def _differing() -> pl.Expr:
    """The columns in which a row says otherwise than ``…_best``. What a source does not tell is no
    difference; a day without its time agrees with any moment of the day."""
    day = pl.col("issued_at").dt.date() != pl.col("issued_at_best").dt.date()
    exact = pl.col("issued_at") != pl.col("issued_at_best")
    tests = {name: pl.col(name) != pl.col(f"{name}_best") for name in COMPARED}
    tests["state"] = pl.col("said") != pl.col("state_best")
    tests["issued_at"] = pl.when(pl.col("has_time") & pl.col("has_time_best")).then(exact).otherwise(day)
    named = [pl.when(test).then(pl.lit(name)) for name, test in tests.items()]
    told = pl.concat_str(named, separator=" ", ignore_nulls=True)
    return pl.when(told != "").then(told).alias("differs")


def _noticed(ranked: pl.DataFrame) -> Iterator[Finding]:
    if dropped := ranked.filter(~pl.col("kept")).height:
        detail = f"{dropped} of {ranked.height} rows are told by a better source too"
        yield Finding("source_repeats", Severity.INFO, Dataset.INVOICE, detail)
