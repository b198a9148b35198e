"""Lists and records in the bureau's words."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sandbox.bureau.vatlines import GENERAL, SERVICES, SMALL
from sandbox.company import Company, InvoiceLineRecord, InvoiceRecord, VatReturn
from sandbox.filings import GENERAL_LABELS, SMALL_LABELS
from schema.period import add_months, month_end

_STATE = {"正常": "Y", "作废": "N"}
STOCKS = ("13", "20", "25", "32", "36")
"""Balances: the form does not add them up over the year."""


def taxpayer(company: Company) -> dict[str, Any]:
    """纳税人信息."""
    states = {"正常": "03", "停业": "04", "非正常户": "05", "注销": "07"}
    return {
        "djxh": number(company),
        "nsrsbh": company.taxpayer_id,
        "shxydm": company.taxpayer_id,
        "yxbz": "Y",
        "ynsrsbh": "",
        "gdslxDm": "1",
        "nsrmc": company.name,
        "scjydz": company.address,
        "nsrztDm": states[company.status],
        "hyDm": company.industry_code,
        "zcdz": company.address,
        "djrq": f"{company.registered_on} 00:00:00",
        "fddbrxm": company.legal_representative,
        "fddbrsfzjlxDm": "201",
        "nsrxxKzVO": {"djxh": number(company), "kjzdzzDm": "102", "zzsqylxDm": "9"},
        "zgswjMc": "国家税务总局沙盒税务局",
    }


def number(company: Company) -> str:
    """登记序号: 20 digits, the same for a company every time."""
    return f"101{int(hashlib.blake2b(company.taxpayer_id.encode(), digest_size=7).hexdigest(), 16):017d}"


def serial(filed: VatReturn) -> str:
    """申报序号 of a filing."""
    return hashlib.blake2b(filed.return_id.encode(), digest_size=16).hexdigest()


def _kind(general: bool) -> tuple[str, str, str]:
    """申报种类, its name, 应征凭证种类."""
    if general:
        return "10101", "一般纳税人增值税申报", "BDA0610606"
    return "10103", "小规模申报季报", "BDA0610611"


def duties(company: Company, returns: Sequence[VatReturn], today: date) -> list[dict[str, Any]]:
    """应申报: the returns given, which were filed, and the one that is due now."""
    filed = [_duty(each.general, each.start, each.end, each.due_on, each.filed_on) for each in returns]
    start, end = _due(company, today)
    due = _duty(company.general, start, end, (end + timedelta(days=1)).replace(day=15), None)
    surtax = due | {"sbzlDm": "10115", "sbzlDlDm": "10115", "sbzlMc": "附加税申报月报", "zsxmDm": "10109"}
    return [surtax, *filed, due]


def _due(company: Company, today: date) -> tuple[date, date]:
    """The period after the last one filed."""
    months = 1 if company.general else 3
    start = company.returns[-1].end + timedelta(days=1) if company.returns else today.replace(day=1)
    return start, month_end(add_months(start, months - 1))


def _duty(general: bool, start: date, end: date, due_on: date, filed_on: date | None) -> dict[str, Any]:
    kind, name, paper = _kind(general)
    return {
        "sbzlDm": kind,
        "sbzlDlDm": kind,
        "sbzlMc": name,
        "sssqQ": f"{start}",
        "sssqZ": f"{end}",
        "ysbbz": "Y" if filed_on else "N",
        "sbqx": f"{due_on}",
        "nsqx": "06" if general else "08",
        "zsxmDm": "10101",
        "zspmDm": None,
        "yzpzzlDm": paper,
        "sbrq": f"{filed_on}" if filed_on else "",
        "jkzt": "N",
        "yxbz": "Y",
        "gdsBz": "1",
    }


def filed(company: Company, each: VatReturn) -> list[dict[str, Any]]:
    """申报情况 of one period: the VAT return and the surtaxes filed with it."""
    kind, name, paper = _kind(each.general)
    vat = {
        "sbxh": serial(each),
        "djxh": number(company),
        "nsrsbh": company.taxpayer_id,
        "zsxmDm": "10101",
        "sbzlDm": kind,
        "sbzlMc": name,
        "sbse": f"{each.lines['34' if each.general else '22'][1]}",
        "skssqq": f"{each.start}",
        "skssqz": f"{each.end}",
        "sbztDm": "0000",
        "sbztms": "申报成功",
        "sbrq": f"{each.filed_on}",
        "lrsj": f"{each.filed_on} 10:51:58",
        "sblxDm": "11",
        "yzpzzlDm": paper,
        "czDmList": ["04"],
        "sbzlDlDm": kind,
    }
    surtax = {"sbxh": serial(each)[::-1], "sbzlDm": "10115", "sbzlMc": "附加税申报月报", "zsxmDm": "10109"}
    return [vat, vat | surtax]


def initial(company: Company, today: date) -> dict[str, Any]:
    """核定信息: what the return that is due begins from. ``lsxx`` are the year's sums up to its period."""
    kind, name, _ = _kind(company.general)
    start, end = _due(company, today)
    labels = GENERAL_LABELS if company.general else SMALL_LABELS
    count = len(GENERAL if company.general else SMALL)
    # Lines of the first group of columns, then those of the second (即征即退; services) as further codes.
    shift = count if not company.general and company.industry_code in SERVICES else 0
    before = {f"{line + shift}": _before(company, start, f"{line}") for line in range(1, count + 1)}
    rows = [
        {"code": f"{code}", "name": labels.get(f"{code}", ""), "value": before.get(f"{code}", "0.0")}
        for code in range(1, 2 * count + 1)
    ]
    declared: dict[str, Any] = {
        "sbzlcode": kind,
        "sbzlxlcode": kind,
        "ysbbbz": "N",
        "sksssqQ": f"{start}",
        "sksssqZ": f"{end}",
        "tbrq": None,
        "sbzlmc": name,
        "sbqj": "1" if company.general else "2",
        "nsqxdm": "06" if company.general else "08",
        "sbqx": f"{(end + timedelta(days=1)).replace(day=15)}",
        "zsxmbm": "10101",
        "wsxxs": {"wsxx": []},
        "lsxxs": {"lsxx": rows},
    }
    return {
        "nsrsbh": company.taxpayer_id,
        "kjny": f"{end:%Y%m}",
        "qssj": f"{start}",
        "jzsj": f"{end}",
        "hbsj": "N",
        "cajmbz": "N",
        "sbzl": [declared],
        "nsrs": None,
        "jyhdbz": "",
    }


def _before(company: Company, start: date, line: str) -> str:
    """The year's sum of a line before the period that begins at ``start``. Balances are no sums."""
    last = company.returns[-1] if company.returns else None
    if last is None or last.end.year != start.year or line not in last.lines:
        return "0.0"
    return "0.0" if last.general and line in STOCKS else f"{last.lines[line][2]}"


def credit(company: Company) -> dict[str, Any]:
    """纳税信用等级, oldest first."""
    rows = [
        {
            "pdnd": rating.year,
            "xydj": rating.grade,
            "pdfs": f"{rating.score}",
            "fbrq": f"{rating.published_on} 00:00:00",
        }
        for rating in company.ratings
    ]
    return {"nsrsbh": company.taxpayer_id, "total": len(rows), "list": rows}


def invoices(company: Company, head: dict[str, Any], shown: Sequence[InvoiceRecord]) -> dict[str, Any]:
    """One page of 发票查询, with the lines (``fpmxs``) of each invoice."""
    return {"nsrsbh": company.taxpayer_id, **head, "list": [_invoice(each) for each in shown]}


def _invoice(invoice: InvoiceRecord) -> dict[str, Any]:
    printed = "%Y-%m-%d %H:%M:%S" if invoice.has_time else "%Y-%m-%d"
    return {
        "fpdm": invoice.code or None,
        "fphm": invoice.number,
        "sdpbz": "Y" if invoice.digital else "N",
        "fplb": "1" if invoice.special else "2",
        "kprq": invoice.issued_at.strftime(printed),
        "xfNsrsbh": invoice.seller_id,
        "xfMc": invoice.seller_name,
        "gfNsrsbh": invoice.buyer_id,
        "gfMc": invoice.buyer_name,
        "je": f"{invoice.amount}",
        "se": f"{invoice.tax}",
        "jshj": f"{invoice.total}",
        "yxbz": _STATE[invoice.state],
        "yfphm": invoice.original_number or None,
        "fpmxs": [_line(place, line) for place, line in enumerate(invoice.lines, start=1)],
    }


def _line(place: int, line: InvoiceLineRecord) -> dict[str, Any]:
    return {
        "xh": place,
        "hwmc": line.name,
        "spbm": line.tax_class,
        "ggxh": line.specification or None,
        "dw": line.unit or None,
        "shl": _plain(line.quantity),
        "dj": _plain(line.unit_price),
        "sl": line.rate if line.rate == "免税" else f"{Decimal(line.rate.rstrip('%')) / 100}",
        "je": f"{line.amount}",
        "se": f"{line.tax}",
    }


def _plain(value: Decimal) -> str | None:
    return f"{value}" if value else None
