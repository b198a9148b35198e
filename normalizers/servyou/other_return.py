"""Documents other than the VAT main forms: schedules, 企业所得税 (A200000, B100000), surtaxes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree

from normalizers import citforms
from normalizers.contract import lacking
from normalizers.coreforms import (
    LEVIES,
    SURTAX,
    VAT_SCHEDULES,
    Cell,
    Schedule,
    Sheet,
    due,
    schedule_cells,
    sheet_cells,
    strangers,
)
from normalizers.registry import Page
from normalizers.servyou.page import nested
from schema.errors import ContractChanged
from schema.rows.tax_return import Form

KINDS = {
    "10101": Form.VAT_GENERAL,
    "10103": Form.VAT_SMALL,
    "10442": Form.CIT_QUARTERLY,
    "10448": Form.CIT_ANNUAL,
    "B100000": Form.CIT_DEEMED,
    "10115": Form.SURTAX,
    "10116": Form.SURTAX,
    "21101": Form.STAMP_DUTY,
    "29836": Form.FINANCIAL_STATEMENT,
    "29837": Form.FINANCIAL_STATEMENT,
}
"""申报种类 → form; any other is OTHER. That of class B is not known: it goes by its form."""
CIT, DEEMED, SURTAXES = citforms.QUARTERLY.path[0], citforms.DEEMED.path[0], SURTAX.root
HEADS = {
    CIT: ("10442", "nsrxxForm"),
    DEEMED: ("B100000", "nsrxxFrom"),
    SURTAXES: ("10115", "fjsnsrxxForm"),
}
"""By root of a main form: its 申报种类 and where its period is."""
SCHEDULES = (*VAT_SCHEDULES, *citforms.SCHEDULES)


@dataclass(frozen=True)
class Document:
    """What a document holds; one of schedules has no ``main``."""

    return_id: str
    kind: str
    start: str
    end: str
    filed_on: str
    page: int
    place: str
    main: tuple[Cell, ...]
    schedules: tuple[Cell, ...]
    news: set[str]


def opened(index: int, page: Page, root: etree._Element, listed: Mapping[str, Mapping[str, Any]]) -> Document:
    """A document that no list names goes by its own kind and period. Raises ``ContractChanged`` for a root
    that nobody knows."""
    name, node = str(root.tag), {str(root.tag): nested(root)}
    serial = page.raw.locator.rpartition("/")[2]
    own = [each for each in SCHEDULES if each.root == name]
    inner = [each for each in citforms.SHEETS if each.path[0] == name]
    if name not in HEADS and not own and not inner:
        raise ContractChanged(f"a form of a kind that nobody reads: {name[:64]}")
    filing = listed.get(serial, {})
    kind, head = _head(name, node, page, filing)
    return_id = serial if filing else f"{kind}/{head['skssqq']}"
    schedules = [cell for each in own for cell in schedule_cells(each, node, return_id, index, "", {})]
    for each in inner:
        schedules.extend(sheet_cells(each, node, return_id, index, ""))
    main: tuple[Cell, ...] = ()
    if sheet := {CIT: citforms.QUARTERLY, DEEMED: citforms.DEEMED}.get(name):
        main = tuple(sheet_cells(sheet, node, return_id, index, ""))
    if name == SURTAXES:
        schedules = list(schedule_cells(SURTAX, node, return_id, index, "", LEVIES))
        main = due(schedules)
    mains: dict[str, list[Schedule | Sheet]] = {
        CIT: [citforms.QUARTERLY],
        DEEMED: [citforms.DEEMED],
        SURTAXES: [SURTAX],
    }
    forms = mains.get(name, [*own, *inner])
    news = set[str]().union(*(strangers(each, node) for each in forms))
    dates = head["skssqq"], head["skssqz"], filing.get("sbrq") or head["sbrq1"]
    return Document(return_id, kind, *dates, index, f"/{name}", main, tuple(schedules), news)


def _head(
    name: str, node: Mapping[str, Any], page: Page, filing: Mapping[str, Any]
) -> tuple[str, dict[str, str]]:
    """申报种类 and the printed period; a schedule has the period of its filing, or of its page."""
    if name not in HEADS:
        period = page.raw.period
        head = {"skssqq": f"{period.start}", "skssqz": f"{period.end}", "sbrq1": ""}
        return str(filing.get("sbzlDm", "10442" if name.startswith("A20") else "10101")), head
    kind, place = HEADS[name]
    printed = node[name].get(place)
    if not isinstance(printed, dict):
        raise lacking(name, [place])
    if missing := [each for each in ("skssqq", "skssqz", "sbrq1") if each not in printed]:
        raise lacking(f"{name}.{place}", missing)
    return kind, {each: printed[each] or "" for each in ("skssqq", "skssqz", "sbrq1")}
