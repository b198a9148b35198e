"""Returns of other taxes than VAT: 企业所得税预缴 (A200000) and the surtaxes, within their bodies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from normalizers import citforms
from normalizers.contract import lacking
from normalizers.coreforms import (
    LEVIES,
    SURTAX,
    Cell,
    Node,
    Schedule,
    Sheet,
    due,
    rows,
    schedule_cells,
    sheet_cells,
    strangers,
)
from normalizers.foresee.page import at
from schema.rows.tax_return import Form

Body = Mapping[str, Any]
CIT = ("ht", "qysdsczzsyjdSbbdxxVO")
SURTAXES = ("fjsSbbdxxVO",)
PREPARED = ("qcs", "formContent")
"""Where the bureau keeps the surtax form that nobody saved yet."""


@dataclass(frozen=True)
class Other:
    """A return as printed: form, period, the day it was saved, figures of the main form and of schedules."""

    form: Form
    start: str
    end: str
    filed_on: str
    place: str
    main: tuple[Cell, ...]
    schedules: tuple[Cell, ...]
    news: set[str]


def _cit(body: Body, return_id: str, page: int) -> Other:
    node, place = at(body, *CIT), f"/body/{'/'.join(CIT)}"
    head, asked = at(node, "A200000Ywbd", "nsrxxForm"), at(body, "fq", "sssq")
    found = sheet_cells(citforms.QUARTERLY, node, return_id, page, place)
    schedules = [schedule_cells(each, node, return_id, page, place, {}) for each in citforms.SCHEDULES]
    sheets = [each for each in citforms.SHEETS if each.path[0] in node]
    schedules += [sheet_cells(each, node, return_id, page, place) for each in sheets]
    forms: tuple[Schedule | Sheet, ...] = (citforms.QUARTERLY, *citforms.SCHEDULES, *sheets)
    return Other(
        Form.CIT_QUARTERLY,
        head.get("skssqq") or asked.get("sqQ", ""),
        head.get("skssqz") or asked.get("sqZ", ""),
        head.get("sbrq1", ""),
        place,
        tuple(found),
        tuple(cell for cells in schedules for cell in cells),
        set[str]().union(*(strangers(each, node) for each in forms)),
    )


def _surtax(body: Body, return_id: str, page: int) -> Other:
    saved = at(body, *SURTAXES)
    head = at(saved, "fjssbb", "fjsnsrxxForm")
    asked = at(body, "qcs", "initData", "fjssbInitData", "sssq")
    node: Node = saved
    place = f"/body/{'/'.join(SURTAXES)}"
    if not any(row.get(SURTAX.line) for row in rows(node, SURTAX.path)):
        node, place = _prepared(body), f"/body/{'/'.join(PREPARED)}"
    cells = tuple(schedule_cells(SURTAX, node, return_id, page, place, LEVIES))
    return Other(
        Form.SURTAX,
        head.get("skssqq") or asked.get("rqQ", ""),
        head.get("skssqz") or asked.get("rqZ", ""),
        head.get("sbrq1", ""),
        place,
        due(cells),
        cells,
        strangers(SURTAX, node),
    )


def _prepared(body: Body) -> Node:
    inner = at(body, *PREPARED, "fjssbb").get("body")
    if not isinstance(inner, Mapping):
        raise lacking("formContent.fjssbb", ["body"])
    return {"fjssbb": inner}


READERS: dict[str, Callable[[Body, str, int], Other]] = {"qysds_a_18yjd": _cit, "lhfjssb": _surtax}
"""By 业务编码 (``ywbm``)."""
