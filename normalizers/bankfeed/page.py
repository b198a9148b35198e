"""A file of the feed: lines of fields in the order of its table, without quotes; a line of headings may lead.

The feed has no escapes: a line with too few or too many fields is refused with its number, never mended. A
separator may end a line.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from importlib.resources import files

import polars as pl

from normalizers.contract import changed_width, missing_values
from schema.errors import DataConflict, DataCorrupt

SEPARATOR, ENCODING = "\x1b", "gb18030"
"""GB 18030 contains GBK."""
LOADED = ("create_time", "update_time")
"""When the bank loaded the row: of no meaning to us."""
_NOTHING = frozenset({"", "null", "NULL", "\\N"})
TABLES: Mapping[str, tuple[str, ...]] = {
    table: tuple(columns.split())
    for table, columns in tomllib.loads(files(__package__).joinpath("feed.toml").read_text("utf-8")).items()
}
"""The columns of each table, in their order."""


def frame(table: str, content: bytes, where: str) -> pl.DataFrame:
    """The rows as text, empty fields as null, with ``pointer`` (``line 7``).

    Raises ``DataCorrupt`` for bytes that are no GBK, ``ContractChanged`` for a line of another width,
    ``DataConflict`` for rows of more than one taxpayer; each with the line.
    """
    columns = TABLES[table]
    lines = _lines(content, where)
    if lines and tuple(lines[0][1]) == columns:
        lines = lines[1:]
    for number, fields in lines:
        if len(fields) == len(columns) + 1 and not fields[-1]:
            fields.pop()
        if len(fields) != len(columns):
            raise changed_width(f"{where}: line {number}", table, len(fields), len(columns))
    found = pl.DataFrame(
        {
            **{name: _column(lines, place) for place, name in enumerate(columns)},
            "pointer": [f"line {number}" for number, _ in lines],
        },
        schema=dict.fromkeys((*columns, "pointer"), pl.String),
    )
    if (owners := found["nsrsbh"].n_unique()) > 1:
        raise DataConflict(f"{where}: rows of {owners} taxpayers")
    return found.drop(LOADED)


def _lines(content: bytes, where: str) -> list[tuple[int, list[str]]]:
    """Line numbers from 1 and fields."""
    found = []
    for number, raw in enumerate(content.removeprefix(b"\xef\xbb\xbf").splitlines(), start=1):
        try:
            text = raw.decode(ENCODING)
        except UnicodeDecodeError:
            raise DataCorrupt(f"{where}: line {number} is no GBK") from None
        if text.strip():
            found.append((number, text.split(SEPARATOR)))
    return found


def _column(lines: Sequence[tuple[int, Sequence[str]]], place: int) -> list[str | None]:
    values = (fields[place].strip() for _, fields in lines)
    return [None if value in _NOTHING else value for value in values]


def given(raw: pl.DataFrame, table: str, names: tuple[str, ...]) -> None:
    """Raises ``ContractChanged`` for a column that is empty where it must not be, with the first line."""
    for name in names:
        if raw[name].null_count():
            raise missing_values(table, name, raw.filter(pl.col(name).is_null())["pointer"][0])
