"""数电票 as XML, versions 0.2 to 0.33: the ``EInvoice`` of the MoF's 电子凭证会计数据标准.

Labels, remark, signature, a line's amounts and its class may be absent; ``IssueTime`` is a day or a moment.
"""

from __future__ import annotations

from lxml import etree

from normalizers.documents import Document, Reader
from normalizers.invoices.agreement import agreed, ordered
from normalizers.invoices.printed import Invoice, Line
from normalizers.invoices.remark import offset, regime
from normalizers.invoices.tree import child, children, opens_with, place, root, text
from normalizers.registry import Parsed
from schema.dataset import Dataset
from schema.errors import ContractChanged, DataConflict

ROOT = "EInvoice"
KINDS = {"01": "special", "02": "ordinary"}
LINE = {
    "item_name": "ItemName",
    "tax_class": "TaxClassificationCode",
    "specification": "SpecMod",
    "unit": "MeaUnits",
    "quantity": "Quantity",
    "unit_price": "UnPrice",
    "tax_rate": "TaxRate",
    "amount": "Amount",
    "tax": "ComTaxAm",
}


def recognises(document: Document) -> bool:
    """By its root element."""
    return opens_with(document.content, ROOT)


def read(document: Document) -> Parsed:
    """Raises ``DataCorrupt``, ``ContractChanged`` and ``DataConflict``."""
    return from_tree(root(document.content, document.name), document)


def from_tree(tree: etree._Element, document: Document) -> Parsed:
    """The same of a tree, as an OFD carries it."""
    data, issue = child(tree, "EInvoiceData"), child(tree, "TaxSupervisionInfo")
    if data is None or issue is None:
        raise ContractChanged(f"{document.name}: {ROOT} lacks EInvoiceData or TaxSupervisionInfo")
    number, own = text(issue, "InvoiceNumber"), text(tree, "Header", "EIid")
    if number is not None and own is not None and number != own:
        raise DataConflict(f"{document.name}: EIid and InvoiceNumber differ")
    basic, seller, buyer = (child(data, name) for name in _PARTS)
    asked, issued = text(basic, "RequestTime"), text(issue, "IssueTime")
    lines = [_line(each) for each in children(data, "IssuItemInformation")]
    remark, labels = text(data, "AdditionalInformation", "Remark"), child(tree, "Header")
    told = offset(remark)
    special = text(labels, "InherentLabel", "GeneralOrSpecialVAT", "LabelCode")
    invoice = Invoice(
        pointer=place(tree),
        number=number or own,
        issued=issued or asked,
        amount=text(basic, "TotalAmWithoutTax"),
        tax=text(basic, "TotalTaxAm"),
        total=text(basic, "TotalTax-includedAmount"),
        kind=KINDS.get(special or ""),
        seller_id=text(seller, "SellerIdNum"),
        seller_name=text(seller, "SellerName"),
        buyer_id=text(buyer, "BuyerIdNum"),
        buyer_name=text(buyer, "BuyerName"),
        original_code=told.code,
        original_number=told.number,
        red_notice=told.notice,
        regime=regime(f"{remark} {_words(labels)}", *(line.tax_rate for line in lines)),
        lines=lines,
    )
    signed = text(tree, "TaxBureauSignature", "SignatureTime")
    return agreed(document, invoice, ordered(asked, issued, signed))


_PARTS = ("BasicInformation", "SellerInformation", "BuyerInformation")


def _line(element: etree._Element) -> Line:
    return Line(place(element), **{field: text(element, name) for field, name in LINE.items()})


def _words(labels: etree._Element | None) -> str:
    return "" if labels is None else " ".join(labels.itertext())


READERS = (Reader("invoice.digital_xml", 1, Dataset.INVOICE, recognises, read),)
