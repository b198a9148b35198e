"""Invoices in the MoF's 电子凭证 XBRL: 数电票 (``einv``) and 税控 invoices (``inv``), as issued or received.

Prefixes, and the year in a namespace, change; names of elements do not. A receiver's instance tells sums and
the seller, never lines nor the buyer: the accounting entity is the buyer. Of a 数电票 ``RequestTime`` is the
only moment told.
"""

from __future__ import annotations

import re
from typing import Any

from lxml import etree

from normalizers.documents import Document, Reader
from normalizers.invoices.agreement import agreed
from normalizers.invoices.printed import Invoice, Line
from normalizers.invoices.tree import child, children, local, opens_with, place, root, text
from normalizers.registry import Parsed
from schema.dataset import Dataset
from schema.errors import ContractChanged

ROOT = "xbrl"
_TAXONOMY = re.compile(rb"xbrl\.mof\.gov\.cn/taxonomy/[\w-]+/e?inv[\"']")
_PARTY = "TaxpayerIdentificationNumberUnifiedSocialCreditCodeOf"
NAMES = {
    "code": ("CodeOfInvoice",),
    "number": ("InvoiceNumber", "NumberOfInvoice", "UniqueCodeOfInvoice"),
    "issued": ("DateOfIssue", "RequestTime"),
    "amount": ("TotalAmWithoutTax", "TotalAmountExcludingTax"),
    "tax": ("TotalTaxAm", "TotalTaxAmount"),
    "total": ("TotalTax-includedAmount", "TaxIncludedAmountInFigures"),
    "seller_id": ("SellerIdNum", f"{_PARTY}Seller"),
    "seller_name": ("SellerName", "NameOfSeller"),
    "buyer_id": ("BuyerIdNum", f"{_PARTY}Purchaser"),
    "buyer_name": ("BuyerName", "NameOfPurchaser"),
    "original_code": ("CodeOfOriginalInvoice",),
    "original_number": ("NumberOfOriginalInvoice",),
}
"""Elements that a field may be told in: ``einv`` first, then ``inv``."""
ITEMS = "InformationOfTaxableGoodsOrServicesDetailItemsTuple"
LINE = {
    "item_name": "NameOfTaxableGoodsOrServices",
    "specification": "Specification",
    "unit": "UnitOfGoodsOrServices",
    "quantity": "QuantityOfGoodsOrServices",
    "unit_price": "UnitPriceOfGoodsOrServices",
    "tax_rate": "TaxRate",
    "amount": "AmountExcludingTax",
    "tax": "TaxAmount",
}
_UNIQUE = re.compile(r"(\d{10}|\d{12})(\d{8})")
"""发票代码 and 发票号码, one behind the other."""
_DEDUCTED = (
    "WhetherInputVatHasBeenTransferredOut",
    "WhetherEinvoiceUsageHasBeenConfirmed",
    "SpecialInvoiceType",
)
"""Told of special invoices alone: no other is deducted."""


def recognises(document: Document) -> bool:
    """By its root element and the taxonomy that its names are of."""
    return opens_with(document.content, ROOT) and _TAXONOMY.search(document.content) is not None


def read(document: Document) -> Parsed:
    """Raises ``DataCorrupt``, ``ContractChanged`` and ``DataConflict``."""
    tree = root(document.content, document.name)
    _refuse_currencies(tree, document)
    told: dict[str, Any] = {
        field: next(filter(None, (text(tree, name) for name in names)), None)
        for field, names in NAMES.items()
    }
    if told["code"] is None and (unique := _UNIQUE.fullmatch(told["number"] or "")) and _is_control(tree):
        told |= {"code": unique[1], "number": unique[2]}
    entity = text(tree, "UnifiedSocialCreditCodeOfAccountingEntity")
    issued_here = entity is not None and entity == told["seller_id"]
    if not issued_here:
        told["buyer_id"] = told["buyer_id"] or entity
        told["buyer_name"] = told["buyer_name"] or text(tree, "NameOfAccountingEntity")
    invoice = Invoice(
        pointer="/",
        kind="special" if any(child(tree, name) is not None for name in _DEDUCTED) else None,
        direction="out" if issued_here else "in",
        lines=[_line(each) for each in children(tree, ITEMS)],
        **told,
    )
    return agreed(document, invoice)


def _is_control(tree: etree._Element) -> bool:
    """Whether the names are of the taxonomy of 税控 invoices."""
    return any(str(uri).endswith("/inv") for uri in tree.nsmap.values())


def _line(element: etree._Element) -> Line:
    return Line(place(element), **{field: text(element, name) for field, name in LINE.items()})


def _refuse_currencies(tree: etree._Element, document: Document) -> None:
    """Raises ``ContractChanged`` for amounts in anything but yuan."""
    measures = {(each.text or "").strip() for each in tree.iter() if local(each) == "measure"}
    if strange := measures - {"iso4217:CNY"}:
        raise ContractChanged(f"{document.name}: amounts in {len(strange)} other units than iso4217:CNY")


READERS = (Reader("invoice.xbrl", 1, Dataset.INVOICE, recognises, read),)
