"""申报表 of the bureau: lists of filings and of deadlines, and each return as its documents.

核定信息 of the return that is due holds the year's sums so far (``lsxx``), by official line number, as the
bureau has them: the 本年累计 of the return before must be the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import polars as pl
from lxml import etree

from normalizers import coreforms
from normalizers.contract import NEW_FIELD, lacking
from normalizers.provenance import traced
from normalizers.registry import Page, Parsed
from normalizers.servyou.other_return import KINDS, Document, opened
from normalizers.servyou.page import document, records, value
from normalizers.values import day, fen
from normalizers.vatforms import GENERAL, SMALL, Grid, lines, strangers
from schema.errors import DataIncomplete
from schema.rows.tax_return import Form as Kind
from schema.snapshot import Finding, Severity

LIST, DUTIES = "servyou.tax_return_list", "servyou.tax_return_duties"
INITIAL, FORM = "servyou.tax_return_initial", "servyou.tax_return"
FORMATS = frozenset({LIST, DUTIES, INITIAL, FORM})
PARSER = "servyou.tax_return/1"
FORMS = {
    "zzssyyybnsr_zb": (GENERAL, "10101", "zbGrid/zbGridlbVO"),
    "zzssyyxgmnsr": (SMALL, "10103", "zzsxgmGrid/zzsxgmGridlb"),
}
"""By root element: the form, its 申报种类, and where its columns are."""
FORM_OF_KIND = {kind: form for form, kind, _ in FORMS.values()}
STOCKS = frozenset({"13", "20", "25", "32", "33", "36", "38"})
"""Lines of the general form that are balances: the form does not add them up over the year."""

Row = dict[str, Any]


def read(pages: Sequence[Page]) -> Parsed:
    """``tax_return`` has a row a filing, the other tables a row a figure that is printed."""
    listed = {
        row["sbxh"]: row | {"place": (index, place)}
        for index, page in enumerate(pages)
        if page.raw.source_format == LIST
        for place, row in enumerate(records(page, "sbxh", "sbzlDm", "skssqq", "skssqz", "sbrq"))
    }
    deadlines = {
        (row["sbzlDm"], row["sssqQ"]): row["sbqx"]
        for page in pages
        if page.raw.source_format == DUTIES
        for row in records(page, "sbzlDm", "sssqQ", "sbqx")
    }
    documents = [(index, page) for index, page in enumerate(pages) if page.raw.source_format == FORM]
    roots = {index: document(page) for index, page in documents}
    forms = [
        _form(index, page, roots[index], listed, deadlines)
        for index, page in documents
        if roots[index].tag in FORMS
    ]
    others = [
        opened(index, page, roots[index], listed)
        for index, page in documents
        if roots[index].tag not in FORMS
    ]
    rows = [row for row, _ in forms] + [_other(each, deadlines) for each in others if each.main]
    known = {row["return_id"] for row in rows}
    due = {serial for serial, row in listed.items() if row["sbzlDm"] in FORM_OF_KIND}
    if missing := due - known:
        raise DataIncomplete(f"{len(missing)} of {len(due)} listed returns have no form")
    rows += [_alone(row, deadlines) for serial, row in listed.items() if serial not in known]
    grids = [grid for _, grid in forms]
    returns, figures = _returns(rows), lines(grids)
    main = coreforms.figures([cell for each in others for cell in each.main])
    schedules = coreforms.figures([cell for each in others for cell in each.schedules])
    tables = {
        "tax_return": traced(returns, pages, PARSER),
        "tax_return_line": traced(pl.concat([figures, main.select(figures.columns)]), pages, PARSER),
        "tax_return_schedule_line": traced(schedules, pages, PARSER),
    }
    prepared = [each for page in pages if page.raw.source_format == INITIAL for each in declared(page)]
    findings = [*_news(pages, grids, others), *_year_differs(pages, returns, figures, prepared)]
    return Parsed(tables, [_count(page) for page in pages], tuple(findings))


def _alone(filing: Row, deadlines: Mapping[tuple[str, str], str]) -> Row:
    """The row of a filing whose form was not asked for."""
    index, place = filing["place"]
    return {
        "return_id": filing["sbxh"],
        "form": KINDS.get(filing["sbzlDm"], Kind.OTHER),
        "period_start": filing["skssqq"],
        "period_end": filing["skssqz"],
        "due_on": deadlines.get((filing["sbzlDm"], filing["skssqq"])),
        "event_date": filing["sbrq"],
        "page": index,
        "pointer": f"/value/{place}",
    }


def _other(found: Document, deadlines: Mapping[tuple[str, str], str]) -> Row:
    return {
        "return_id": found.return_id,
        "form": KINDS[found.kind],
        "period_start": found.start,
        "period_end": found.end,
        "due_on": deadlines.get((found.kind, found.start)),
        "event_date": found.filed_on,
        "page": found.page,
        "pointer": found.place,
    }


def declared(page: Page) -> list[Row]:
    """The VAT returns that 核定信息 prepares: kind, period, deadline and the sums before (``lsxxs``)."""
    found = value(page)
    prepared = found.get("sbzl") if isinstance(found, dict) else None
    if not isinstance(prepared, list):
        raise lacking("核定信息", ["sbzl"])
    for each in prepared:
        for name in ("sbzlcode", "sksssqQ", "sksssqZ", "sbqx"):
            if not isinstance(each.get(name), str):
                raise lacking("核定信息", [name])
    return [each for each in prepared if each["sbzlcode"] in FORM_OF_KIND]


def brought_forward(prepared: Mapping[str, Any]) -> dict[str, int]:
    """The year's sums before the period, in fen by official line number, both groups of columns added.

    Codes count on through the second group; what comes behind it is of no line.
    """
    rows = (prepared.get("lsxxs") or {}).get("lsxx")
    if not isinstance(rows, list) or not all({"code", "value"} <= set(row) for row in rows):
        raise lacking("核定信息", ["lsxx"])
    count = len(FORM_OF_KIND[prepared["sbzlcode"]].labels)
    amounts = fen(pl.Series("lsxx", [row["value"] or None for row in rows], dtype=pl.String))
    sums: dict[str, int] = {}
    for row, amount in zip(rows, amounts, strict=True):
        if 1 <= (code := int(row["code"])) <= 2 * count and amount is not None:
            line = f"{(code - 1) % count + 1}"
            sums[line] = sums.get(line, 0) + amount
    return sums


def _form(
    index: int,
    page: Page,
    root: etree._Element,
    listed: Mapping[str, Row],
    deadlines: Mapping[tuple[str, str], str],
) -> tuple[Row, Grid]:
    """The row of a return, its dates as printed, and its grid. A form that no list names goes by its own
    name and period."""
    form, kind, path = FORMS[str(root.tag)]
    head = {name: root.findtext(f"sbbhead/{name}") for name in ("skssqq", "skssqz", "sbrq1")}
    if None in head.values():
        raise lacking(str(root.tag), [f"sbbhead.{name}" for name, told in head.items() if told is None])
    serial = page.raw.locator.rpartition("/")[2]
    columns, name = root.findall(path), str(root.tag)
    row: Row = {
        "return_id": serial if serial in listed else f"{kind}/{head['skssqq']}",
        "form": form.name,
        "period_start": head["skssqq"],
        "period_end": head["skssqz"],
        "due_on": deadlines.get((kind, str(head["skssqq"]))),
        "event_date": listed.get(serial, {}).get("sbrq") or head["sbrq1"],
        "page": index,
        "pointer": f"/{name}",
    }
    places = [f"/{name}/{path}[{number}]" for number in range(1, len(columns) + 1)]
    return row, Grid(row["return_id"], index, form, [_column(each) for each in columns], places)


def _column(found: etree._Element) -> dict[str, str | None]:
    return {str(child.tag): child.text for child in found}


def _returns(rows: Sequence[Row]) -> pl.DataFrame:
    names = ("return_id", "form", "period_start", "period_end", "due_on", "event_date", "pointer")
    kept = [{name: row[name] for name in (*names, "page")} for row in rows]
    raw = pl.DataFrame(kept, schema={**dict.fromkeys(names, pl.String), "page": pl.Int64})
    dates = {
        name: day(raw[name].set(raw[name] == "", None))
        for name in ("period_start", "period_end", "due_on", "event_date")
    }
    return raw.with_columns(**dates)


def _count(page: Page) -> int:
    if page.raw.source_format == LIST:
        return sum(row["sbzlDm"] in FORM_OF_KIND for row in records(page, "sbzlDm"))
    return 1


def _news(pages: Sequence[Page], grids: Sequence[Grid], others: Sequence[Document]) -> list[Finding]:
    news = {f"{grid.form.name}.{name}" for grid in grids for name in strangers(grid)}
    unknown = sorted(news.union(*(each.news for each in others)))
    return [Finding(NEW_FIELD, Severity.INFO, pages[0].raw.dataset, new) for new in unknown]


def _year_differs(
    pages: Sequence[Page], returns: pl.DataFrame, figures: pl.DataFrame, prepared: Sequence[Row]
) -> list[Finding]:
    """Whether 本年累计 of the return before a due one is what the bureau brings forward."""
    found = []
    for due in prepared:
        start = _date(due["sksssqQ"])
        before = returns.filter(
            pl.col("form") == FORM_OF_KIND[due["sbzlcode"]].name,
            pl.col("period_end") == start - timedelta(days=1),
            pl.col("period_end").dt.year() == start.year,
        )
        year = figures.filter(
            pl.col("return_id").is_in(before["return_id"].to_list()), column="year_to_date"
        ).select("line", "amount_fen")
        sums = brought_forward(due)
        balances = STOCKS if due["sbzlcode"] == "10101" else frozenset()
        rows = [(line, amount) for line, amount in year.iter_rows() if line not in balances]
        if wrong := sum(sums.get(line, 0) != amount for line, amount in rows):
            detail = f"{wrong} of {year.height} lines: 本年累计 ≠ what the bureau brings forward"
            found.append(Finding("year_to_date_differs", Severity.WARNING, pages[0].raw.dataset, detail))
    return found


def _date(printed: str) -> date:
    found: date = day(pl.Series("sksssqQ", [printed]))[0]
    return found
