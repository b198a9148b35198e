"""增值税申报表 of the bureau: a list of filings, and each VAT return as the form it was saved in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from normalizers.contract import NEW_FIELD, lacking
from normalizers.foresee.page import at, exact, form
from normalizers.provenance import traced
from normalizers.registry import Page, Parsed
from normalizers.values import day
from normalizers.vatforms import GENERAL, SMALL, Form, Grid, lines, strangers
from schema.errors import ContractChanged, DataIncomplete
from schema.snapshot import Finding, Severity

LIST, FORM = "foresee.tax_return_list", "foresee.tax_return"
FORMATS = frozenset({LIST, FORM})
PARSER = "foresee.tax_return/1"


@dataclass(frozen=True)
class Place:
    """Where a form is in its body, and where its period is when its head is still empty."""

    form: Form
    path: tuple[str, ...]
    grid: tuple[str, str]
    opened: str


PLACES = {
    "ybnsrzzs": Place(
        GENERAL,
        ("zzsybsbSbbdxxVO", "zzssyyybnsr_zb"),
        ("zbGrid", "zbGridlbVO"),
        "zzsybnsrsbInitData",
    ),
    "xgmzzs": Place(
        SMALL,
        ("zzssyyxgmnsrySbSbbdxxVO", "zzssyyxgmnsr"),
        ("zzsxgmGrid", "zzsxgmGridlb"),
        "zzsxgmsbInitData",
    ),
}
"""By 业务编码 (``ywbm``)."""
VAT = ("BDA0610606", "BDA0610611")
"""应征凭证种类 of the VAT returns among all filings."""


def read(pages: Sequence[Page]) -> Parsed:
    """``tax_return`` has a row a form, ``tax_return_line`` a row a figure that is printed."""
    lists = {index: filings(page) for index, page in enumerate(pages) if page.raw.source_format == LIST}
    listed = {serial: row for found in lists.values() for serial, row in found.items()}
    forms = [_form(index, page, listed) for index, page in enumerate(pages) if index not in lists]
    returns, grids = [row for row, _ in forms], [grid for _, grid in forms]
    if missing := listed.keys() - {row["return_id"] for row in returns}:
        raise DataIncomplete(f"{len(missing)} of {len(listed)} listed returns have no form")
    tables = {
        "tax_return": traced(_returns(returns), pages, PARSER),
        "tax_return_line": traced(lines(grids), pages, PARSER),
    }
    news = sorted({f"{grid.form.name}.{name}" for grid in grids for name in strangers(grid)})
    dataset = pages[0].raw.dataset
    counts = [len(lists[index]) if index in lists else 1 for index in range(len(pages))]
    return Parsed(tables, counts, tuple(Finding(NEW_FIELD, Severity.INFO, dataset, new) for new in news))


def filings(page: Page) -> dict[str, dict[str, Any]]:
    """The VAT returns of a list by 凭证序号 (``pzxh``)."""
    found = at(exact(page.raw.content, page.raw.locator), "taxML", "body", "taxML", "ysbxxList")
    rows = found.get("ysbxx")
    if not isinstance(rows, list):
        raise lacking("ysbxxList", ["ysbxx"])
    for name in ("yzpzzl_dm", "pzxh", "sbqx", "sbrq_1"):
        if not all(isinstance(row.get(name), str) for row in rows):
            raise lacking("ysbxx", [name])
    return {row["pzxh"]: row for row in rows if row["yzpzzl_dm"] in VAT}


def _form(index: int, page: Page, listed: Mapping[str, Mapping[str, Any]]) -> tuple[dict[str, Any], Grid]:
    """The row of a return, its dates as printed, and its grid. A form that no list names goes by its own
    name and period."""
    outer, body = form(page)
    if (place := PLACES.get(str(outer.get("ywbm")))) is None:
        raise ContractChanged("a form of another kind than VAT")
    main, opened = at(body, *place.path), at(body, "qcs", "initData", place.opened)
    head, period = at(main, "sbbhead"), at(opened, "sssq")
    start, end = head.get("skssqq") or period.get("rqQ"), head.get("skssqz") or period.get("rqZ")
    serial = page.raw.locator.rpartition("/")[2]
    filing = listed.get(serial, {})
    outer_name, inner_name = place.grid
    columns = at(main, outer_name).get(inner_name)
    if not isinstance(columns, list):
        raise lacking(outer_name, [inner_name])
    row: dict[str, Any] = {
        "return_id": serial if filing else f"{outer['ywbm']}/{start}",
        "form": place.form.name,
        "period_start": start,
        "period_end": end,
        "due_on": filing.get("sbqx") or opened.get("sbqx"),
        "event_date": filing.get("sbrq_1") or head.get("sbrq1"),
        "page": index,
        "pointer": f"/body/{'/'.join(place.path)}",
    }
    where = [f"{row['pointer']}/{outer_name}/{inner_name}/{number}" for number in range(len(columns))]
    return row, Grid(row["return_id"], index, place.form, columns, where)


def _returns(rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    names = ("return_id", "form", "period_start", "period_end", "due_on", "event_date", "pointer")
    raw = pl.DataFrame(list(rows), schema={**dict.fromkeys(names, pl.String), "page": pl.Int64})
    dates = {
        name: day(raw[name].set(raw[name] == "", None))
        for name in ("period_start", "period_end", "due_on", "event_date")
    }
    return raw.with_columns(**dates)
