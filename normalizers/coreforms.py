"""Forms of the national core system (金税三期) as every vendor keeps them: what a schedule and a sheet are,
and the schedules of VAT and the surtaxes.

A form is an object of objects; keys are those of the bureaus' own answers, JSON or XML alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from normalizers.contract import lacking
from normalizers.values import fen

Node = Mapping[str, Any]
Cell = tuple[str, int, str, str, str | None, str, str | None, str]
CELLS = {
    "return_id": pl.String,
    "page": pl.Int64,
    "schedule": pl.String,
    "line": pl.String,
    "label": pl.String,
    "column": pl.String,
    "printed": pl.String,
    "pointer": pl.String,
}


_ABOUT_A_ROW = frozenset(
    {"ewbhxh", "hmc", "lc", "xmmc", "fs", "hmc1", "hmc2", "swsxDm", "swsxdm", "xmlx", "sysl"}
)


@dataclass(frozen=True)
class Schedule:
    """A list of rows. ``path`` leads to them from their root, ``columns`` maps keys to official column
    numbers, ``line`` names the key of the line, and ``label`` that of its words."""

    name: str
    path: tuple[str, ...]
    columns: Mapping[str, str]
    line: str = "ewbhxh"
    label: str = "hmc"
    beside: frozenset[str] = _ABOUT_A_ROW
    """Keys that are no figures of money."""
    told_by: str = ""
    """Where one list holds two parts of a form: a key that the rows of this part have."""
    unless: str = ""
    """And one that they have not."""

    @property
    def root(self) -> str:
        return self.path[0]


@dataclass(frozen=True)
class Sheet:
    """One object, a key a line: ``lines`` maps keys to official line numbers and labels."""

    name: str
    path: tuple[str, ...]
    lines: Mapping[str, tuple[str, str | None]]
    beside: frozenset[str]
    """Keys that are no lines, or lines of head offices and branches alone."""
    unnumbered: frozenset[str] = frozenset()
    """Lines of later editions, whose numbers are not known: reported where they hold a figure."""


_DEDUCTIONS = {"qcye": "1", "bqfse": "2", "bqydjse": "3", "bqsjdjse": "4", "qmye": "5"}
_FOURTH = ("zzssyyybnsr04_bqjxsemxb", "bqjxsemxbGrid", "bqjxsemxbGridlbVO")
VAT_SCHEDULES = (
    Schedule(
        "附列资料（一）",
        ("zzssyyybnsr01_bqxsqkmxb", "bqxsqkmxbGrid", "bqxsqkmxbGridlbVO"),
        {
            "kjskzzszyfpXse": "1",
            "kjskzzszyfpXxynse": "2",
            "kjqtfpXse": "3",
            "kjqtfpXxynse": "4",
            "wkjfpXse": "5",
            "wkjfpXxynse": "6",
            "nsjctzdxse": "7",
            "nsjctzXxynse": "8",
            "xse": "9",
            "hjXxynse": "10",
            "jshj": "11",
            "ysfwkcxmbqsjkcje": "12",
            "kchHsmsxse": "13",
            "kchXxynse": "14",
        },
    ),
    Schedule(
        "附列资料（二）",
        ("zzssyyybnsr02_bqjxsemxb", "bqjxsemxbGrid", "bqjxsemxbGridlbVO"),
        {"je": "金额", "se": "税额"},
        beside=_ABOUT_A_ROW | {"cshjsCs", "se_cshjsCs", "se_zjjd"},
    ),
    Schedule(
        "附列资料（三）",
        ("zzssyyybnsr03_ysfwkcxmmx", "ysfwkcxmmxGrid", "ysfwkcxmmxGridlbVO"),
        {"msxse": "1", "qcye": "2", "bqfse": "3", "bqykcje": "4", "bqsjkcje": "5", "qmye": "6"},
    ),
    Schedule("附列资料（四）一、税额抵减情况", _FOURTH, _DEDUCTIONS, unless="bqzce"),
    Schedule(
        "附列资料（四）二、加计抵减情况",
        _FOURTH,
        {"qcye": "1", "bqfse": "2", "bqzce": "3", "bqkjjdkjxse": "4", "bqsjjjdkjxse": "5", "qmye": "6"},
        told_by="bqzce",
    ),
    Schedule(
        "减免税申报明细表：减税",
        ("zzsjmssbmxb", "zzsjmssbmxbjsxmGrid", "zzsjmssbmxbjsxmGridlbVO"),
        _DEDUCTIONS,
    ),
    Schedule(
        "减免税申报明细表：免税",
        ("zzsjmssbmxb", "zzsjmssbmxbmsxmGrid", "zzsjmssbmxbmsxmGridlbVO"),
        {"mzzzsxmxse": "1", "bqsjkcje": "2", "kchmsxse": "3", "msxsedyjxse": "4", "mse": "5"},
    ),
)
"""附列资料 and 减免税申报明细表 of both VAT forms. Lines are the rows of the core system (``ewbhxh``)."""
SURTAX = Schedule(
    "城建税、教育费附加、地方教育附加",
    ("fjssbb", "sbxxGrid", "sbxxGridlbVO"),
    {
        "ybzzs": "1",
        "zzsmdse": "2",
        "xfs": "3",
        "yys": "4",
        "hj": "5",
        "bqynsfe": "7",
        "jme": "9",
        "phjmse": "12",
        "bqyjse": "13",
        "bqybtse": "14",
    },
    line="zsxmDm",
    label="zsxmMc",
    beside=frozenset(
        {
            *("ewbhxh", "zsxmDm", "zsxmMc", "zspmDm", "zspmMc", "sl1", "rdpzuuid", "lsbbz", "sbqx", "xssr"),
            *("swsxDm", "swsxMc", "jmxzDm", "jmxzKey", "jmxzdmMc", "ssjmxzDm", "ysbse", "yjse1", "zzsldtse"),
            *("phjzbl", "phjmxzDm", "phjmswsxDm", "bqsfsyxgmyhzc"),
        }
    ),
)
LEVIES = {
    "10101": "增值税",
    "10102": "消费税",
    "10103": "营业税",
    "10104": "企业所得税",
    "10106": "个人所得税",
    "10107": "资源税",
    "10109": "城市维护建设税",
    "10110": "房产税",
    "10111": "印花税",
    "10112": "城镇土地使用税",
    "10113": "土地增值税",
    "10114": "车船税",
    "30203": "教育费附加",
    "30216": "地方教育附加",
    "30217": "文化事业建设费",
    "30221": "水利建设专项收入",
}
"""征收项目代码 of the core system."""


def rows(node: Any, path: Sequence[str]) -> list[Node]:
    """The objects at a path; a single one is a list of one, nothing is none."""
    for name in path:
        node = node.get(name) if isinstance(node, Mapping) else None
    found = node if isinstance(node, list) else [node]
    return [each for each in found if isinstance(each, Mapping)]


def schedule_cells(
    schedule: Schedule, node: Node, return_id: str, page: int, place: str, labels: Mapping[str, str]
) -> Iterator[Cell]:
    """The printed figures of a schedule below ``node``, which stands at ``place``. A row that is numbered
    by nobody goes by its place. ``labels`` name the lines that the form leaves nameless."""
    for position, row in _own(schedule, node):
        if not schedule.columns.keys() & row.keys():
            raise lacking(schedule.name, schedule.columns)
        line = row.get("lc") or row.get(schedule.line) or f"{position}"
        label = (row.get(schedule.label) or row.get("xmmc") or "").replace("\xa0", " ").strip()
        for key, column in schedule.columns.items():
            if row.get(key) not in (None, ""):
                told = label or labels.get(str(line))
                where = f"{place}/{'/'.join(schedule.path)}/{position - 1}/{key}"
                yield return_id, page, schedule.name, str(line), told, column, str(row[key]), where


def sheet_cells(sheet: Sheet, node: Node, return_id: str, page: int, place: str) -> Iterator[Cell]:
    """The printed figures of a sheet. Raises ``ContractChanged`` for one without a line."""
    found = rows(node, sheet.path)
    if not found:
        raise lacking(sheet.name, [sheet.path[-1]])
    if missing := [key for key in sheet.lines if key not in found[0]]:
        raise lacking(sheet.name, missing)
    for key, (line, label) in sheet.lines.items():
        where = f"{place}/{'/'.join(sheet.path)}/{key}"
        yield return_id, page, sheet.name, line, label, "year_to_date", found[0][key], where


def figures(cells: Iterator[Cell] | Sequence[Cell]) -> pl.DataFrame:
    """Cells as the columns of ``tax_return_schedule_line``. Raises ``DataCorrupt`` for what is no amount."""
    raw = pl.DataFrame(list(cells), schema=CELLS, orient="row")
    printed = raw.filter(pl.col("printed").is_not_null() & (pl.col("printed") != ""))
    return printed.with_columns(fen(printed["printed"]).alias("amount_fen")).drop("printed")


def due(cells: Sequence[Cell]) -> tuple[Cell, ...]:
    """本期应补（退）税（费）额 of each surtax, as the lines of its return."""
    return tuple((*cell[:5], "current", *cell[6:]) for cell in cells if cell[5] == SURTAX.columns["bqybtse"])


def strangers(form: Schedule | Sheet, node: Node) -> set[str]:
    """Keys of a schedule or a sheet that nobody knows, as ``schedule.key``."""
    if isinstance(form, Sheet):
        known, own = {*form.lines, *form.beside}, rows(node, form.path)
        own = [{k: v for k, v in row.items() if k not in form.unnumbered or not _nothing(v)} for row in own]
    else:
        known, own = {*form.columns, *form.beside}, [row for _, row in _own(form, node)]
    return {f"{form.name}.{key}" for row in own for key in row.keys() - known}


def _nothing(printed: Any) -> bool:
    """Whether a printed figure is empty or zero."""
    return not str(printed if printed is not None else "").strip("0.")


def _own(schedule: Schedule, node: Node) -> Iterator[tuple[int, Node]]:
    """The rows of a schedule with their places in the list, from 1."""
    for position, row in enumerate(rows(node, schedule.path), start=1):
        if schedule.unless not in row and (not schedule.told_by or schedule.told_by in row):
            yield position, row
