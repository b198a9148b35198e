"""VAT returns as the XML documents they were filed as (``001_j3.xml``), figures as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from xml.sax.saxutils import escape

from sandbox.bureau.vatlines import GENERAL, SERVICES, SMALL
from sandbox.company import Company, VatReturn


def filled(company: Company, filed: VatReturn, general: bool) -> bytes:
    """The main form. A column that does not concern the company is left empty, as on paper."""
    current = {line: figures[1] for line, figures in filed.lines.items()}
    to_date = {line: figures[2] for line, figures in filed.lines.items()}
    if general:
        groups = ("一般货物及劳务和应税服务", "即征即退货物及劳务和应税服务")
        labels = [f"{group}{column}" for group in groups for column in ("本月数", "本年累计")]
        return _document(
            ("zzssyyybnsr_zb", "zbGrid", "zbGridlbVO"), company, filed, GENERAL, labels, [current, to_date]
        )
    services = company.industry_code in SERVICES
    groups = ("货物及劳务", "服务、不动产和无形资产")
    labels = [f"{group}{column}" for column in ("本期数", "本年累计") for group in groups]
    columns: list[Mapping[str, Decimal]] = (
        [{}, current, {}, to_date] if services else [current, {}, to_date, {}]
    )
    return _document(("zzssyyxgmnsr", "zzsxgmGrid", "zzsxgmGridlb"), company, filed, SMALL, labels, columns)


def _document(
    names: tuple[str, str, str],
    company: Company,
    filed: VatReturn,
    keys: Sequence[str],
    labels: Sequence[str],
    columns: Sequence[Mapping[str, Decimal]],
) -> bytes:
    root, grid, row = names
    head = {
        "nsrsbh": company.taxpayer_id,
        "nsrmc": company.name,
        "skssqq": f"{filed.start}",
        "skssqz": f"{filed.end}",
        "sbsxDm1": "11",
        "sbrq1": f"{filed.filed_on}",
    }
    cells = [
        {"ewblxh": f"{place + 1}", "lmc": label, **_figures(keys, columns, place)}
        for place, label in enumerate(labels)
    ]
    rows = [f"<{row}>{_elements(each)}</{row}>" for each in cells]
    body = f"<sbbhead>{_elements(head)}</sbbhead><{grid}>{''.join(rows)}</{grid}>"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{root}>{body}</{root}>'.encode()


def _figures(keys: Sequence[str], columns: Sequence[Mapping[str, Decimal]], place: int) -> dict[str, str]:
    column = columns[place] if place < len(columns) else {}
    if not column:
        return dict.fromkeys(keys, "")
    return {key: f"{column.get(f'{line}', Decimal(0)):.2f}" for line, key in enumerate(keys, start=1)}


def _elements(found: Mapping[str, str]) -> str:
    return "".join(f"<{name}>{escape(value)}</{name}>" for name, value in found.items())
