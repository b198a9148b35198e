"""申报表 of the bureau: a list of filings, and each return as the form it was saved in.

Every VAT return that is listed has a form; of the other taxes the filing alone may be known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from normalizers import coreforms
from normalizers.contract import NEW_FIELD, lacking
from normalizers.coreforms import VAT_SCHEDULES, Cell, schedule_cells
from normalizers.foresee.other_return import READERS
from normalizers.foresee.page import at, exact, form
from normalizers.provenance import traced
from normalizers.registry import Page, Parsed
from normalizers.values import day
from normalizers.vatforms import GENERAL, SMALL, Form, Grid, lines, strangers
from schema.errors import ContractChanged, DataIncomplete
from schema.rows.tax_return import Form as Kind
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
KINDS = {
    "BDA0610606": Kind.VAT_GENERAL,
    "BDA0610611": Kind.VAT_SMALL,
    "BDA0611033": Kind.CIT_QUARTERLY,
    "BDA0610994": Kind.CIT_ANNUAL,
    "BDA0610794": Kind.STAMP_DUTY,
    "BDA0611062": Kind.IIT_WITHHOLDING,
    "BDA0610678": Kind.SURTAX,
}
"""应征凭证种类 → form; any other is OTHER."""


@dataclass(frozen=True)
class Filed:
    """One form: its row, and its figures in a grid or in cells."""

    row: dict[str, Any]
    grids: tuple[Grid, ...]
    main: tuple[Cell, ...]
    schedules: tuple[Cell, ...]
    news: set[str]


def read(pages: Sequence[Page]) -> Parsed:
    """``tax_return`` has a row a filing, the other tables a row a figure that is printed."""
    lists = {index: filings(page) for index, page in enumerate(pages) if page.raw.source_format == LIST}
    listed = {serial: row for found in lists.values() for serial, row in found.items()}
    forms = [_form(index, page, listed) for index, page in enumerate(pages) if index not in lists]
    known = {filed.row["return_id"] for filed in forms}
    due = {serial for serial, row in listed.items() if row["yzpzzl_dm"] in VAT}
    if missing := due - known:
        raise DataIncomplete(f"{len(missing)} of {len(due)} listed returns have no form")
    alone = [
        _alone(index, row)
        for index, found in lists.items()
        for serial, row in found.items()
        if serial not in known
    ]
    grids = [grid for filed in forms for grid in filed.grids]
    main = coreforms.figures([cell for filed in forms for cell in filed.main])
    figures = lines(grids)
    schedules = coreforms.figures([cell for filed in forms for cell in filed.schedules])
    tables = {
        "tax_return": traced(_returns([*(filed.row for filed in forms), *alone]), pages, PARSER),
        "tax_return_line": traced(pl.concat([figures, main.select(figures.columns)]), pages, PARSER),
        "tax_return_schedule_line": traced(schedules, pages, PARSER),
    }
    news = {f"{grid.form.name}.{name}" for grid in grids for name in strangers(grid)}
    unknown = sorted(news.union(*(filed.news for filed in forms)))
    dataset = pages[0].raw.dataset
    return Parsed(
        tables,
        [_count(lists, index) for index in range(len(pages))],
        tuple(Finding(NEW_FIELD, Severity.INFO, dataset, new) for new in unknown),
    )


def _count(lists: Mapping[int, Mapping[str, Mapping[str, Any]]], index: int) -> int:
    """Records as the bureau counts them: a list has its VAT returns."""
    return sum(row["yzpzzl_dm"] in VAT for row in lists[index].values()) if index in lists else 1


def filings(page: Page) -> dict[str, dict[str, Any]]:
    """The filings of a list by 凭证序号 (``pzxh``); one of several levies is one filing."""
    found = at(exact(page.raw.content, page.raw.locator), "taxML", "body", "taxML", "ysbxxList")
    rows = found.get("ysbxx")
    if not isinstance(rows, list):
        raise lacking("ysbxxList", ["ysbxx"])
    for name in ("yzpzzl_dm", "pzxh", "sbqx", "sbrq_1", "skssqq", "skssqz"):
        if not all(isinstance(row.get(name), str) for row in rows):
            raise lacking("ysbxx", [name])
    first: dict[str, dict[str, Any]] = {}
    for place, row in enumerate(rows):
        first.setdefault(row["pzxh"], row | {"place": place})
    return first


def _alone(index: int, filing: Mapping[str, Any]) -> dict[str, Any]:
    """The row of a filing whose form was not asked for."""
    return {
        "return_id": filing["pzxh"],
        "form": KINDS.get(filing["yzpzzl_dm"], Kind.OTHER),
        "period_start": filing["skssqq"],
        "period_end": filing["skssqz"],
        "due_on": filing["sbqx"],
        "event_date": filing["sbrq_1"],
        "page": index,
        "pointer": f"/taxML/body/taxML/ysbxxList/ysbxx/{filing['place']}",
    }


def _form(index: int, page: Page, listed: Mapping[str, Mapping[str, Any]]) -> Filed:
    """A form that no list names goes by its own name and period. Raises ``ContractChanged``."""
    outer, body = form(page)
    code = str(outer.get("ywbm"))
    filing = listed.get(serial := page.raw.locator.rpartition("/")[2], {})
    if code in PLACES:
        return _vat(index, code, body, serial, filing)
    if code not in READERS:
        raise ContractChanged(f"a form of a kind that nobody reads: {code[:32]}")
    found = READERS[code](body, serial, index)
    return_id = serial if filing else f"{code}/{found.start}"
    row = {
        "return_id": return_id,
        "form": found.form,
        "period_start": filing.get("skssqq") or found.start,
        "period_end": filing.get("skssqz") or found.end,
        "due_on": filing.get("sbqx"),
        "event_date": filing.get("sbrq_1") or found.filed_on,
        "page": index,
        "pointer": found.place,
    }
    main, schedules = (
        tuple((return_id, *cell[1:]) for cell in cells) for cells in (found.main, found.schedules)
    )
    return Filed(row, (), main, schedules, found.news)


def _vat(index: int, code: str, body: dict[str, Any], serial: str, filing: Mapping[str, Any]) -> Filed:
    """The row of a return, its dates as printed, its grid and its schedules."""
    place = PLACES[code]
    main, opened = at(body, *place.path), at(body, "qcs", "initData", place.opened)
    head, period = at(main, "sbbhead"), at(opened, "sssq")
    start, end = head.get("skssqq") or period.get("rqQ"), head.get("skssqz") or period.get("rqZ")
    outer_name, inner_name = place.grid
    columns = at(main, outer_name).get(inner_name)
    if not isinstance(columns, list):
        raise lacking(outer_name, [inner_name])
    row: dict[str, Any] = {
        "return_id": serial if filing else f"{code}/{start}",
        "form": place.form.name,
        "period_start": start,
        "period_end": end,
        "due_on": filing.get("sbqx") or opened.get("sbqx"),
        "event_date": filing.get("sbrq_1") or head.get("sbrq1"),
        "page": index,
        "pointer": f"/body/{'/'.join(place.path)}",
    }
    where = [f"{row['pointer']}/{outer_name}/{inner_name}/{number}" for number in range(len(columns))]
    root = f"/body/{place.path[0]}"
    schedules = tuple(
        cell
        for each in VAT_SCHEDULES
        for cell in schedule_cells(each, at(body, place.path[0]), row["return_id"], index, root, {})
    )
    news = (coreforms.strangers(each, at(body, place.path[0])) for each in VAT_SCHEDULES)
    grid = Grid(row["return_id"], index, place.form, columns, where)
    return Filed(row, (grid,), (), schedules, set[str]().union(*news))


def _returns(rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    names = ("return_id", "form", "period_start", "period_end", "due_on", "event_date", "pointer")
    raw = pl.DataFrame(list(rows), schema={**dict.fromkeys(names, pl.String), "page": pl.Int64})
    dates = {
        name: day(raw[name].set(raw[name] == "", None))
        for name in ("period_start", "period_end", "due_on", "event_date")
    }
    return raw.with_columns(**dates)
