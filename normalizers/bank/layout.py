"""A layout of an export as data: which headings it is known by, which of them means what, and its words.

Every layout stands on ``layouts/usual.toml``, the headings and words that are usual in the field, and says
what differs. The usual ones alone read an export of a bank that nobody has declared.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from normalizers.bank.grid import Grid

_USUAL = "usual.toml"
_FEWEST = 3
"""Usual headings in a row that may be one: a day, an amount, and a direction or a balance."""
Titles = tuple[int, list[str]]
"""The place of a row, the lower one of two, and its names."""
_DIGIT = re.compile(r"\d")


class Sign(StrEnum):
    """How an export says in which direction money went."""

    COLUMNS = "columns"  # one column in, one column out
    FLAG = "flag"  # 收/支 or 借/贷 beside the amount
    SIGNED = "signed"  # a minus before what goes out


class _Declared(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Words(_Declared):
    """What the export prints: directions, states, and the beginnings of rows that hold no movement."""

    inward: frozenset[str] = frozenset()
    outward: frozenset[str] = frozenset()
    neutral: frozenset[str] = frozenset()
    closed: frozenset[str] = frozenset()
    pending: frozenset[str] = frozenset()
    totals: tuple[str, ...] = ()
    carried: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class Layout(_Declared):
    """``headings`` all stand in one row of such a file and tell it from every other layout; ``columns`` are,
    for each role, the headings that may play it, the first found wins; ``preamble`` the same for what stands
    above, written ``key: value`` or in two cells."""

    format: str
    version: int = 1
    bank: str | None = None
    headings: tuple[str, ...] = ()
    foreign: frozenset[str] = frozenset()
    columns: Mapping[str, tuple[str, ...]]
    preamble: Mapping[str, tuple[str, ...]]
    words: Words = Field(default_factory=Words)
    currencies: Mapping[str, str] = Field(default_factory=dict)


@dataclass(frozen=True)
class Head:
    """Where the headings of a grid stand, and which column plays which role."""

    row: int
    names: Sequence[str]
    roles: Mapping[str, int]
    sign: Sign


@cache
def layouts() -> tuple[Layout, ...]:
    """The declared ones by file name, and the usual one as the last."""
    folder = files("normalizers.bank") / "layouts"
    usual = tomllib.loads((folder / _USUAL).read_text(encoding="utf-8"))
    own = sorted((each for each in folder.iterdir() if each.name != _USUAL), key=lambda each: each.name)
    stated = [tomllib.loads(each.read_text(encoding="utf-8")) for each in own]
    return tuple(Layout.model_validate(_over(usual, layout)) for layout in (*stated, {}))


@cache
def usual_headings() -> frozenset[str]:
    """Every heading that plays a role in some layout."""
    return frozenset(name for layout in layouts() for names in layout.columns.values() for name in names)


def titles(grid: Grid) -> list[Titles]:
    """Rows that may be headings: first as one with the row below them, the upper one being of merged cells,
    then by themselves."""
    found = []
    for index, above in enumerate(grid.top):
        below = grid.top[index + 1] if index + 1 < len(grid.top) else []
        if sum(map(bool, below)) > 1 and not any(map(_DIGIT.search, below)):
            found.append((index + 1, _joined(above, below)))
        found.append((index, above))
    return [each for each in found if len(usual_headings().intersection(each[1])) >= _FEWEST]


def head(titled: Sequence[Titles], layout: Layout) -> Head | None:
    """The first row that holds the layout's headings and a date, an amount and its direction."""
    for index, names in titled:
        if not set(layout.headings) <= set(names) or layout.foreign & set(names):
            continue
        roles = _roles(names, layout)
        if "date" in roles and (sign := _sign(roles)):
            return Head(index, names, roles, sign)
    return None


def _joined(above: Sequence[str], below: Sequence[str]) -> list[str]:
    """A heading over several columns goes with each of them: 发生额 over 借方 and 贷方 gives 借方发生额,
    对方信息 over 户名 gives 对方户名. A heading over one column alone stands by itself."""
    joined, over = [], ""
    for place, name in enumerate(below):
        over = (above[place] if place < len(above) else "") or (over if name else "")
        ways = (f"{name}{over}", f"{over}{name}", f"{over.removesuffix('信息')}{name}")
        joined.append(next((way for way in ways if way in usual_headings()), ways[0]))
    return joined


def _roles(names: Sequence[str], layout: Layout) -> dict[str, int]:
    """A column plays one role; roles are given out in the order of the usual layout."""
    places: dict[str, list[int]] = {}
    for place, name in enumerate(names):
        places.setdefault(name, []).append(place)
    roles: dict[str, int] = {}
    for role, aliases in layout.columns.items():
        if (found := next((alias for alias in aliases if places.get(alias)), None)) is not None:
            roles[role] = places[found].pop(0)
    return roles


def _sign(roles: Mapping[str, int]) -> Sign | None:
    if "inward" in roles and "outward" in roles:
        return Sign.COLUMNS
    if "amount" in roles and "flag" in roles:
        return Sign.FLAG
    return Sign.SIGNED if "amount" in roles and "balance" in roles else None


def _over(usual: Mapping[str, Any], stated: Mapping[str, Any]) -> dict[str, Any]:
    """What a layout states replaces the usual, entry by entry of each table."""
    merged = dict(usual)
    for name, value in stated.items():
        merged[name] = {**usual.get(name, {}), **value} if isinstance(value, dict) else value
    return merged
