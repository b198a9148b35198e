"""Electronic invoices of the 税控 era as XML: the ``eInvoice`` that their OFD files carry, 2016 and 2019.

Rates are ``6%``, ``免税`` or ``***``, days ``2020年07月23日``; parts, and the namespace of some, may be
absent.
"""

from __future__ import annotations

from dataclasses import replace

from lxml import etree

from normalizers.documents import Document, Reader
from normalizers.invoices.agreement import agreed
from normalizers.invoices.printed import Invoice, Line
from normalizers.invoices.remark import offset, regime
from normalizers.invoices.text import digits, moment, money
from normalizers.invoices.tree import child, children, opens_with, place, root, text
from normalizers.registry import Parsed
from schema.dataset import Dataset
from schema.errors import ContractChanged, DataConflict

ROOT = "eInvoice"
KINDS = {"01": "special", "08": "special", "04": "ordinary", "10": "ordinary", "11": "ordinary"}
"""By the kind in the QR code: 08 is the electronic special invoice, 10 the electronic ordinary one."""
FREE = {"1": "免税", "2": "不征税"}
"""FreeTaxMark of a line: empty is an ordinary rate, 3 an ordinary rate of zero."""
LINE = {
    "item_name": "Item",
    "tax_class": "Code",
    "specification": "Specification",
    "unit": "MeasurementDimension",
    "quantity": "Quantity",
    "unit_price": "Price",
    "tax_rate": "TaxScheme",
    "amount": "Amount",
    "tax": "TaxAmount",
}


def recognises(document: Document) -> bool:
    """By its root element."""
    return opens_with(document.content, ROOT)


def read(document: Document) -> Parsed:
    """Raises ``DataCorrupt``, ``ContractChanged`` and ``DataConflict``."""
    return from_tree(root(document.content, document.name), document)


def from_tree(tree: etree._Element, document: Document) -> Parsed:
    """The same of a tree, as an OFD carries it."""
    return agreed(document, coded(document, text(tree, "GraphCode"), invoice(tree, document)))


def invoice(tree: etree._Element, document: Document) -> Invoice:
    """As printed. Raises ``ContractChanged`` for one without any invoice in it."""
    if child(tree, "InvoiceNo") is None:
        raise ContractChanged(f"{document.name}: {ROOT} lacks InvoiceNo")
    lines = [_line(each) for each in children(child(tree, "GoodsInfos"), "GoodsInfo")]
    remark = text(tree, "Note")
    told = offset(remark)
    deducted = money(text(tree, "DeductibleAmount"))
    return Invoice(
        pointer=place(tree),
        code=text(tree, "InvoiceCode"),
        number=text(tree, "InvoiceNo"),
        issued=text(tree, "IssueDate"),
        amount=text(tree, "TaxExclusiveTotalAmount"),
        tax=text(tree, "TaxTotalAmount"),
        total=text(tree, "TaxInclusiveTotalAmount"),
        seller_id=text(tree, "Seller", "SellerTaxID"),
        seller_name=text(tree, "Seller", "SellerName"),
        buyer_id=text(tree, "Buyer", "BuyerTaxID"),
        buyer_name=text(tree, "Buyer", "BuyerName"),
        original_code=text(tree, "OriginalInvoiceCode") or told.code,
        original_number=text(tree, "OriginalInvoiceNo") or told.number,
        red_notice=told.notice,
        regime=regime(f"{remark}{' 差额征税' if deducted else ''}", *(line.tax_rate for line in lines)),
        lines=lines,
    )


def coded(document: Document, graph: str | None, told: Invoice) -> Invoice:
    """The invoice with its kind from the text of the QR code, where one is kept as ``01,10,code,number,
    amount,day,…``. Raises ``DataConflict`` where that says otherwise than the invoice."""
    parts = (graph or "").split(",")
    if len(parts) < 6 or parts[0] != "01":
        return told
    _, kind, code, number, amount, day = (digits(part) for part in parts[:6])
    said = ((code, digits(told.code)), (number, digits(told.number)), (moment(day), moment(told.issued)))
    if any(one is not None and one != other for one, other in said):
        raise DataConflict(f"{document.name}: the QR code is of another invoice")
    if amount is not None and amount not in (money(told.amount), money(told.total)):
        raise DataConflict(f"{document.name}: the QR code has another amount")
    return replace(told, kind=KINDS.get(kind or "") or told.kind)


def _line(element: etree._Element) -> Line:
    line = Line(place(element), **{field: text(element, name) for field, name in LINE.items()})
    word = FREE.get(text(element, "FreeTaxMark") or "")
    return line if word is None else replace(line, tax_rate=word)


READERS = (Reader("invoice.control_xml", 1, Dataset.INVOICE, recognises, read),)
