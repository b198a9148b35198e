"""Records in the gateway's words: pinyin keys, amounts as text, dates in two notations."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

import orjson

from sandbox.company import Company, InvoiceLineRecord, InvoiceRecord, VatReturn
from sandbox.incometax import IncomeReturn, income_returns

_KIND = {(True, True): "81", (True, False): "82", (False, True): "01", (False, False): "04"}
"""发票类型 by (digital, special): 81/82 数电票 专用/普通, 01/04 税控 专用/普通."""
_STATE = {"正常": "0", "作废": "2"}
_INCOME_FORMS = {"A200000": "QYSDSYJA", "A100000": "QYSDSNDA", "B100000": "QYSDSB"}


def taxpayer(company: Company) -> dict[str, Any]:
    """纳税人登记信息."""
    return {
        "nsrsbh": company.taxpayer_id,
        "nsrmc": company.name,
        "nsrlx": "1" if company.general else "2",
        "nsrzt": company.status,
        "ybnsrrdrq": f"{company.general_since:%Y%m%d}" if company.general_since else None,
        "djrq": f"{company.registered_on:%Y%m%d}",
        "hydm": company.industry_code,
        "hymc": company.industry_name,
        "fddbrxm": company.legal_representative,
        "zcdz": company.address or None,
        "zgkpxe": str(company.invoice_cap),
    }


def credit(company: Company) -> dict[str, Any]:
    """纳税信用等级, oldest first."""
    grades = [
        {
            "pjnd": str(rating.year),
            "xydj": rating.grade,
            "pjdf": str(rating.score),
            "fbrq": f"{rating.published_on:%Y%m%d}",
        }
        for rating in company.ratings
    ]
    return {"nsrsbh": company.taxpayer_id, "zts": len(grades), "pjxx": grades}


def vat(company: Company, start: str, end: str) -> dict[str, Any]:
    """申报表, VAT before income tax, whose period ends within the days and which are filed."""
    filed = [_filed(each) for each in company.returns if start <= f"{each.end:%Y%m%d}" <= end]
    known = max((each.filed_on for each in company.returns), default=date.min)
    filed += [
        _income(each)
        for each in income_returns(company)
        if start <= f"{each.end:%Y%m%d}" <= end and each.filed_on <= known
    ]
    return {"nsrsbh": company.taxpayer_id, "zts": len(filed), "sbxx": filed}


def _income(each: IncomeReturn) -> dict[str, Any]:
    """Prepayments state the year to date, the annual form the year itself."""
    to_date = each.form != "A100000"
    lines = [
        {
            "lc": line,
            "lcmc": label,
            "bys": None if to_date else f"{amount:.2f}",
            "bnlj": f"{amount:.2f}" if to_date else None,
        }
        for line, label, amount in each.lines
    ]
    return _return(each, _INCOME_FORMS[each.form], lines)


def _filed(each: VatReturn) -> dict[str, Any]:
    lines = [
        {"lc": line, "lcmc": label, "bys": str(current), "bnlj": str(to_date)}
        for line, (label, current, to_date) in each.lines.items()
    ]
    return _return(each, "ZZSYBNSR" if each.general else "ZZSXGM", lines)


def _return(each: VatReturn | IncomeReturn, kind: str, lines: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "sbxh": each.return_id,
        "sbblx": kind,
        "skssqq": f"{each.start:%Y%m%d}",
        "skssqz": f"{each.end:%Y%m%d}",
        "sbqx": f"{each.due_on:%Y%m%d}",
        "sbrq": f"{each.filed_on:%Y-%m-%d} 10:00:00",
        "gzsbxh": None,
        "mx": lines,
    }


def encoded_invoices(invoices: Iterable[InvoiceRecord]) -> tuple[list[str], list[bytes]]:
    """(day yyyyMMdd, encoded row) of each, by day; rows of one day keep their order."""
    ordered = sorted(invoices, key=lambda invoice: invoice.issued_at.date())
    days = [f"{invoice.issued_at:%Y%m%d}" for invoice in ordered]
    return days, [orjson.dumps(_invoice(invoice)) for invoice in ordered]


def _invoice(invoice: InvoiceRecord) -> dict[str, Any]:
    printed = "%Y-%m-%d %H:%M:%S" if invoice.has_time else "%Y%m%d"
    return {
        "fpdm": invoice.code or None,
        "fphm": invoice.number,
        "fplx": _KIND[invoice.digital, invoice.special],
        "kprq": invoice.issued_at.strftime(printed),
        "xfsbh": invoice.seller_id,
        "xfmc": invoice.seller_name,
        "gfsbh": invoice.buyer_id,
        "gfmc": invoice.buyer_name,
        "je": str(invoice.amount),
        "se": str(invoice.tax),
        "jshj": str(invoice.total),
        "fpzt": _STATE[invoice.state],
        "yfphm": invoice.original_number or None,
        "kpsbh": None,
        "mx": [_line(number, line) for number, line in enumerate(invoice.lines, start=1)],
    }


def _line(number: int, line: InvoiceLineRecord) -> dict[str, Any]:
    return {
        "xh": number,
        "hwmc": line.name,
        "spbm": line.tax_class,
        "ggxh": line.specification or None,
        "dw": line.unit or None,
        "sl": _plain(line.quantity),
        "dj": _plain(line.unit_price),
        "slv": line.rate,
        "je": str(line.amount),
        "se": str(line.tax),
    }


def _plain(value: Decimal) -> str | None:
    """Quantity and price are null where an invoice does not print them."""
    return str(value) if value else None
