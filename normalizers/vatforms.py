"""The VAT main forms of the national core system (金税三期), as every bureau's vendor keeps them.

A form is a grid of four columns (``ewblxh`` 1 to 4); each column has one key a line. Lines are numbered as on
the paper forms of 2019; keys and their order are those of the bureaus' own answers. A form has two groups of
columns (一般项目 and 即征即退项目; 货物及劳务 and 服务、不动产和无形资产), which are added.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from normalizers.contract import lacking
from normalizers.values import fen
from schema.errors import ContractChanged

CURRENT, TO_DATE = "current", "year_to_date"


@dataclass(frozen=True)
class Form:
    """``labels`` gives the label of each key, in the order of the lines; ``columns`` what each column is.
    ``beside`` are keys of the grid that are no lines."""

    name: str
    labels: Mapping[str, str]
    columns: Mapping[str, str]
    beside: frozenset[str]


@dataclass(frozen=True)
class Grid:
    """One form as received: its columns as key → printed figure, and where each column stands in its page."""

    return_id: str
    page: int
    form: Form
    columns: Sequence[Mapping[str, str | None]]
    places: Sequence[str]


CELLS = {
    "return_id": pl.String,
    "page": pl.Int64,
    "line": pl.String,
    "label": pl.String,
    "column": pl.String,
    "printed": pl.String,
    "pointer": pl.String,
}


def lines(grids: Sequence[Grid]) -> pl.DataFrame:
    """One row a printed figure: ``return_id, line, label, column, amount_fen, page, pointer``.

    Raises ``ContractChanged`` for a form without a line or a column, ``DataCorrupt`` for what is no amount.
    """
    cells = pl.DataFrame([cell for grid in grids for cell in _cells(grid)], schema=CELLS, orient="row")
    printed = cells.filter(pl.col("printed").is_not_null() & (pl.col("printed") != ""))
    return (
        printed.with_columns(fen(printed["printed"]).alias("amount_fen"))
        .group_by("return_id", "page", "line", "label", "column", maintain_order=True)
        .agg(pl.col("amount_fen").sum(), pl.col("pointer").str.join(" + "))
    )


def strangers(grid: Grid) -> list[str]:
    """Keys of the grid that nobody knows."""
    known = {*grid.form.labels, *grid.form.beside}
    return sorted({key for column in grid.columns for key in column} - known)


def _cells(grid: Grid) -> list[tuple[str, int, str, str, str, str | None, str]]:
    found = []
    seen = [str(column.get("ewblxh")) for column in grid.columns]
    if sorted(seen) != sorted(grid.form.columns):
        raise ContractChanged(f"{grid.form.name} has columns {', '.join(seen)}")
    for number, column, place in zip(seen, grid.columns, grid.places, strict=True):
        if missing := [key for key in grid.form.labels if key not in column]:
            raise lacking(grid.form.name, missing, strangers(grid))
        for line, (key, label) in enumerate(grid.form.labels.items(), start=1):
            kind = grid.form.columns[number]
            cell = (grid.return_id, grid.page, f"{line}", label, kind, column[key], f"{place}/{key}")
            found.append(cell)
    return found


_GENERAL = {
    "asysljsxse": "按适用税率计税销售额",
    "yshwxse": "应税货物销售额",
    "yslwxse": "应税劳务销售额",
    "syslNsjctzxse": "纳税检查调整的销售额",
    "ajybfjsxse": "按简易办法计税销售额",
    "jybfNsjctzxse": "简易办法纳税检查调整的销售额",
    "mdtbfckxse": "免、抵、退办法出口销售额",
    "msxse": "免税销售额",
    "mshwxse": "免税货物销售额",
    "mslwxse": "免税劳务销售额",
    "xxse": "销项税额",
    "jxse": "进项税额",
    "sqldse": "上期留抵税额",
    "jxsezc": "进项税额转出",
    "mdtytse": "免、抵、退应退税额",
    "syslNsjcybjse": "按适用税率计算的纳税检查应补缴税额",
    "ydksehj": "应抵扣税额合计",
    "sjdkse": "实际抵扣税额",
    "ynse": "应纳税额",
    "qmldse": "期末留抵税额",
    "jybfYnse": "简易计税办法计算的应纳税额",
    "jybfNsjcybjse": "按简易计税办法计算的纳税检查应补缴税额",
    "ynsejze": "应纳税额减征额",
    "ynsehj": "应纳税额合计",
    "qcwjse": "期初未缴税额（多缴为负数）",
    "ssckkjzyjkstse": "实收出口开具专用缴款书退税额",
    "bqyjse": "本期已缴税额",
    "fcyjse": "分次预缴税额",
    "ckkjzyjksyjse": "出口开具专用缴款书预缴税额",
    "bqjnsqynse": "本期缴纳上期应纳税额",
    "bqjnqjse": "本期缴纳欠缴税额",
    "qmwjse": "期末未缴税额（多缴为负数）",
    "qmwjseQjse": "其中：欠缴税额（≥0）",
    "bqybtse": "本期应补(退)税额",
    "jzjtsjtse": "即征即退实际退税额",
    "qcwjcbse": "期初未缴查补税额",
    "bqrkcbse": "本期入库查补税额",
    "qmwjcbse": "期末未缴查补税额",
}
_SMALL = {
    "yzzzsbhsxse": "应征增值税不含税销售额(3%征收率)",
    "swjgdkdzzszyfpbhsxse": "税务机关代开的增值税专用发票不含税销售额",
    "skqjkjdptfpbhsxse": "税控器具开具的普通发票不含税销售额",
    "xsczbdcbhsxse": "应征增值税不含税销售额(5%征收率)",
    "swjgdkdzzszyfpbhsxse1": "税务机关代开的增值税专用发票不含税销售额(5%征收率)",
    "skqjkjdptfpbhsxse2": "税控器具开具的普通发票不含税销售额(5%征收率)",
    "xssygdysgdzcbhsxse": "销售使用过的固定资产不含税销售额",
    "skqjkjdptfpbhsxse1": "其中：税控器具开具的普通发票不含税销售额",
    "msxse": "免税销售额",
    "xwqymsxse": "其中：小微企业免税销售额",
    "wdqzdxse": "未达起征点销售额",
    "qtmsxse": "其他免税销售额",
    "ckmsxse": "出口免税销售额",
    "skqjkjdptfpxse1": "其中：税控器具开具的普通发票销售额",
    "bqynse": "本期应纳税额",
    "bqynsejze": "本期应纳税额减征额",
    "bqmse": "本期免税额",
    "xwqymse": "其中：小微企业免税额",
    "wdqzdmse": "未达起征点免税额",
    "ynsehj": "应纳税额合计",
    "bqyjse1": "本期预缴税额",
    "bqybtse": "本期应补(退)税额",
}
_BESIDE = frozenset({"ewblxh", "lmc"})
GENERAL = Form(
    "vat_general",
    _GENERAL,
    {"1": CURRENT, "2": TO_DATE, "3": CURRENT, "4": TO_DATE},
    _BESIDE | {"smrxm", "slr", "sqr"},
)
"""增值税纳税申报表（一般纳税人适用）."""
SMALL = Form(
    "vat_small",
    _SMALL,
    {"1": CURRENT, "2": CURRENT, "3": TO_DATE, "4": TO_DATE},
    _BESIDE | {"hdxse", "hdynse", "bdcxse"},
)
"""增值税纳税申报表（小规模纳税人适用）."""
TAXPAYER_STATES = {
    "03": "normal",
    "04": "suspended",
    "05": "abnormal",
    "07": "cancelled",
    "08": "cancelled",
}
"""纳税人状态代码 of the core system: 正常, 停业, 非正常户, 注销, 非正常户注销."""
