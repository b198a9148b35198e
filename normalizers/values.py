"""Printed values to typed columns, exactly, for any source. A value that does not fit raises ``DataCorrupt``
naming its column and the number of rows, never the value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from schema.errors import ContractChanged, DataCorrupt

_MONEY = r"^[+-]?\d{1,15}(\.\d{1,2}0*)?$"
_USUAL_MONEY = r"^-?\d{1,15}\.\d\d$"
_RATE_WORDS = ("免税", "不征税", "***", "")
"""Printed in place of a rate where no tax is charged: null in the schema."""


def fen(printed: pl.Series) -> pl.Series:
    """Yuan as text (``"1,234.5"``) to Int64 fen. A fraction of a fen is refused, never rounded. Null stays
    null."""
    if printed.str.contains(_USUAL_MONEY).all():
        return printed.str.replace(".", "", literal=True).cast(pl.Int64)
    clean = printed.str.strip_chars().str.replace_all(",", "", literal=True)
    _all(clean.str.contains(_MONEY), printed, "an amount of money")
    return (clean.str.strip_prefix("+").cast(pl.Decimal(20, 2)) * 100).cast(pl.Int64)


def number(printed: pl.Series) -> pl.Series:
    """A measured value (quantity, price, score) as text to Float64."""
    usual = printed.cast(pl.Float64, strict=False)
    if usual.null_count() == printed.null_count() and usual.is_finite().all():
        return usual
    parsed = printed.str.strip_chars().str.replace_all(",", "", literal=True).cast(pl.Float64, strict=False)
    return _parsed(parsed.set(~parsed.is_finite(), None), printed, "a number")


def rate(printed: pl.Series) -> pl.Series:
    """``"13%"`` or ``"0.13"`` to 0.13; 免税, 不征税 and ``***`` to null. There are few: each is read once."""
    known = printed.unique()
    # Of an empty column polars forgets the type asked for.
    return printed.replace_strict(known, _rate(known), return_dtype=pl.Float64).cast(pl.Float64)


def _rate(printed: pl.Series) -> pl.Series:
    clean = printed.str.strip_chars()
    rated = clean.set(clean.is_in(list(_RATE_WORDS)), None)
    value = rated.str.strip_suffix("%").cast(pl.Float64, strict=False)
    _parsed(value, rated, "a tax rate")
    percent = rated.str.ends_with("%")
    return value.to_frame("value").select(pl.when(percent).then(pl.col("value") / 100).otherwise("value"))[
        "value"
    ]


def day(printed: pl.Series, formats: Sequence[str] = ("%Y%m%d", "%Y-%m-%d")) -> pl.Series:
    """A date in one of the formats. A time behind the day is cut off."""
    clean = printed.str.strip_chars().str.split(" ").list.first()
    return _parsed(_first_of([clean.str.to_date(form, strict=False) for form in formats]), printed, "a date")


def moment(printed: pl.Series) -> tuple[pl.Series, pl.Series]:
    """(Beijing time as printed, whether a time was printed). Midnight where only a day is."""
    clean = printed.str.strip_chars()
    exact = clean.str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False, time_unit="us")
    if not exact.null_count():
        return exact, exact.is_not_null()
    days = _first_of([clean.str.to_date(form, strict=False) for form in ("%Y%m%d", "%Y-%m-%d")])
    return (
        _parsed(_first_of([exact, days.cast(pl.Datetime("us"))]), printed, "a time"),
        exact.is_not_null(),
    )


def word(printed: pl.Series, words: Mapping[str, str | None]) -> pl.Series:
    """A code of the portal to the schema's word. Raises ``ContractChanged`` for a code that nobody knows."""
    known = printed.is_in(list(words)) | printed.is_null()
    if not known.all():
        raise ContractChanged(f"{printed.name} has unknown codes in {(~known).sum()} records")
    return printed.replace_strict(words, return_dtype=pl.String)


def _first_of(candidates: Sequence[pl.Series]) -> pl.Series:
    return pl.select(pl.coalesce(*candidates)).to_series()


def _parsed(parsed: pl.Series, printed: pl.Series, kind: str) -> pl.Series:
    _all(parsed.is_not_null() | printed.is_null(), printed, kind)
    return parsed


def _all(fits: pl.Series, printed: pl.Series, kind: str) -> None:
    if wrong := (~fits).sum():
        raise DataCorrupt(f"{printed.name} is not {kind} in {wrong} of {printed.len()} records")
