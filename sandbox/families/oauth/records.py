"""Records in the platform's words: English names in camel case, amounts as text, ISO dates."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sandbox.company import Company, CreditRating, InvoiceLineRecord, InvoiceRecord, VatReturn

_STATUS = {"正常": "NORMAL", "非正常户": "ABNORMAL", "注销": "CANCELLED"}
_STATE = {"正常": "VALID", "作废": "VOID"}


def taxpayer(company: Company) -> dict[str, Any]:
    """纳税人登记信息."""
    return {
        "name": company.name,
        "kind": "GENERAL" if company.general else "SMALL_SCALE",
        "status": _STATUS[company.status],
        "generalSince": company.general_since.isoformat() if company.general_since else None,
        "registeredOn": company.registered_on.isoformat(),
        "industryCode": company.industry_code,
        "industryName": company.industry_name,
        "legalRepresentative": company.legal_representative,
        "address": company.address or None,
        "invoiceCap": str(company.invoice_cap),
    }


def rating(each: CreditRating) -> dict[str, Any]:
    """纳税信用等级."""
    return {
        "year": each.year,
        "grade": each.grade,
        "score": str(each.score),
        "publishedOn": each.published_on.isoformat(),
    }


def vat_return(each: VatReturn) -> dict[str, Any]:
    """增值税申报表."""
    return {
        "returnId": each.return_id,
        "form": "VAT_GENERAL" if each.general else "VAT_SMALL_SCALE",
        "periodStart": each.start.isoformat(),
        "periodEnd": each.end.isoformat(),
        "dueOn": each.due_on.isoformat(),
        "filedAt": f"{each.filed_on.isoformat()}T10:00:00+08:00",
        "correctsReturnId": None,
        "lines": [
            {"line": line, "label": label, "current": str(current), "yearToDate": str(to_date)}
            for line, (label, current, to_date) in each.lines.items()
        ],
    }


def invoice(each: InvoiceRecord) -> dict[str, Any]:
    """发票."""
    printed = each.issued_at.isoformat(timespec="seconds") if each.has_time else f"{each.issued_at:%Y-%m-%d}"
    return {
        "code": each.code or None,
        "number": each.number,
        "medium": "DIGITAL" if each.digital else "TAX_CONTROL",
        "kind": "SPECIAL" if each.special else "ORDINARY",
        "issuedAt": printed,
        "sellerId": each.seller_id,
        "sellerName": each.seller_name,
        "buyerId": each.buyer_id,
        "buyerName": each.buyer_name,
        "amount": str(each.amount),
        "taxAmount": str(each.tax),
        "totalAmount": str(each.total),
        "state": _STATE[each.state],
        "originalNumber": each.original_number or None,
        "deviceId": None,
        "lines": [_line(number, line) for number, line in enumerate(each.lines, start=1)],
    }


def _line(number: int, line: InvoiceLineRecord) -> dict[str, Any]:
    return {
        "lineNumber": number,
        "itemName": line.name,
        "taxClass": line.tax_class,
        "specification": line.specification or None,
        "unit": line.unit or None,
        "quantity": _plain(line.quantity),
        "unitPrice": _plain(line.unit_price),
        "taxRate": line.rate,
        "amount": str(line.amount),
        "taxAmount": str(line.tax),
    }


def _plain(value: Decimal) -> str | None:
    """Quantity and price are null where an invoice does not print them."""
    return format(value, "f") if value else None
