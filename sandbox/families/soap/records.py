"""Records in the SOAP gateway's elements: amounts as text, dates as XML Schema has them, null as xsi:nil."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from lxml import etree

from sandbox.company import Company, InvoiceLineRecord, InvoiceRecord, VatReturn
from sandbox.families.soap.envelope import SERVICE

_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_KIND = {(True, True): "81", (True, False): "82", (False, True): "01", (False, False): "04"}
"""发票类型 by (digital, special): 81/82 数电票 专用/普通, 01/04 税控 专用/普通."""
_STATE = {"正常": "0", "作废": "2"}

Fields = Mapping[str, Any]
"""Elements by name: a value printed, nil for None, one element for each of a sequence of fields."""


def element(name: str, fields: Fields, **attributes: str) -> etree._Element:
    """The fields as children of a new element of the service."""
    made = etree.Element(f"{{{SERVICE}}}{name}", attributes, nsmap={"t": SERVICE, "xsi": _XSI})
    fill(made, fields)
    return made


def fill(parent: etree._Element, fields: Fields) -> None:
    """Append the fields."""
    for name, value in fields.items():
        if isinstance(value, Sequence) and not isinstance(value, str):
            for each in value:
                fill(etree.SubElement(parent, f"{{{SERVICE}}}{name}"), each)
            continue
        child = etree.SubElement(parent, f"{{{SERVICE}}}{name}")
        if value is None:
            child.set(f"{{{_XSI}}}nil", "true")
        else:
            child.text = str(value)


def taxpayer(company: Company) -> Fields:
    """纳税人登记信息."""
    return {
        "Nsrsbh": company.taxpayer_id,
        "Nsrmc": company.name,
        "Nsrlx": "一般纳税人" if company.general else "小规模纳税人",
        "Nsrzt": company.status,
        "Ybnsrrdrq": company.general_since,
        "Djrq": company.registered_on,
        "Hydm": company.industry_code,
        "Hymc": company.industry_name,
        "Fddbrxm": company.legal_representative,
        "Zcdz": company.address or None,
        "Zgkpxe": company.invoice_cap,
    }


def credit(company: Company) -> Fields:
    """纳税信用等级, oldest first."""
    grades = [
        {"Pjnd": each.year, "Xydj": f"{each.grade}级", "Pjdf": each.score, "Fbrq": each.published_on}
        for each in company.ratings
    ]
    return {"Nsrsbh": company.taxpayer_id, "Zts": len(grades), "Pj": grades}


def vat(company: Company, returns: Iterable[VatReturn]) -> Fields:
    """增值税申报表."""
    filed = [_filed(each) for each in returns]
    return {"Nsrsbh": company.taxpayer_id, "Zts": len(filed), "Sb": filed}


def invoices(company: Company, side: str, page: int, size: int, found: Sequence[InvoiceRecord]) -> Fields:
    """One page of 发票."""
    shown = found[(page - 1) * size : page * size]
    head = {"Nsrsbh": company.taxpayer_id, "Zts": len(found), "Fx": side, "Ys": page, "Mys": size}
    return {**head, "Fp": [_invoice(each) for each in shown]}


def _filed(each: VatReturn) -> Fields:
    return {
        "Sbxh": each.return_id,
        "Sbblx": "ZZSYBNSR" if each.general else "ZZSXGM",
        "Skssqq": each.start,
        "Skssqz": each.end,
        "Sbqx": each.due_on,
        "Sbrq": each.filed_on,
        "Gzsbxh": None,
        "Mx": [
            {"Lc": line, "Lcmc": label, "Bys": current, "Bnlj": to_date}
            for line, (label, current, to_date) in each.lines.items()
        ],
    }


def _invoice(invoice: InvoiceRecord) -> Fields:
    return {
        "Fpdm": invoice.code or None,
        "Fphm": invoice.number,
        "Fplx": _KIND[invoice.digital, invoice.special],
        "Kprq": f"{invoice.issued_at:%Y-%m-%dT%H:%M:%S}" if invoice.has_time else invoice.issued_at.date(),
        "Xfsbh": invoice.seller_id,
        "Xfmc": invoice.seller_name,
        "Gfsbh": invoice.buyer_id,
        "Gfmc": invoice.buyer_name,
        "Je": invoice.amount,
        "Se": invoice.tax,
        "Jshj": invoice.total,
        "Fpzt": _STATE[invoice.state],
        "Yfphm": invoice.original_number or None,
        "Mx": [_line(number, line) for number, line in enumerate(invoice.lines, start=1)],
    }


def _line(number: int, line: InvoiceLineRecord) -> Fields:
    return {
        "Xh": number,
        "Hwmc": line.name,
        "Spbm": line.tax_class,
        "Ggxh": line.specification or None,
        "Dw": line.unit or None,
        "Sl": _plain(line.quantity),
        "Dj": _plain(line.unit_price),
        "Slv": line.rate,
        "Je": line.amount,
        "Se": line.tax,
    }


def _plain(value: Decimal) -> Decimal | None:
    """Quantity and price are nil where an invoice does not print them."""
    return value or None
