"""An invoice as OFD (GB/T 33190), of both generations.

It is read from the XML attached to it; else from its tags, which point from the names of fields to the texts
on its pages; else from its text. What the data in its head say is compared, or fills what is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from lxml import etree

from normalizers.archive import Archive, holds
from normalizers.documents import Document, Reader
from normalizers.invoices import control_xml, digital_xml, labels
from normalizers.invoices.agreement import agreed
from normalizers.invoices.printed import Invoice
from normalizers.invoices.text import digits, moment, money
from normalizers.invoices.tree import child, local, opens_with, root, text
from normalizers.registry import Parsed
from schema.dataset import Dataset
from schema.errors import DataConflict, DataCorrupt

HEAD = "OFD.xml"
FIELDS = {
    "code": "发票代码",
    "number": "发票号码",
    "issued": "开票日期",
    "amount": "合计金额",
    "tax": "合计税额",
    "total": "价税合计",
    "seller_id": "销售方纳税人识别号",
    "seller_name": "销售方名称",
    "buyer_id": "购买方纳税人识别号",
    "buyer_name": "购买方名称",
}
"""What the head's ``CustomData`` are named for; each may be absent."""
_REFERENCE, _PREFIX = "ObjectRef", re.compile(rb"(</?)\w*:")
_NAMESPACE = re.compile(rb"\sxmlns(?::\w*)?=\"[^\"]*\"")


def recognises(document: Document) -> bool:
    """By the part that every OFD has."""
    return holds(document.content, HEAD)


def read(document: Document) -> Parsed:
    """Raises ``DataCorrupt``, ``DocumentLocked``, ``ContractChanged`` and ``DataConflict``."""
    archive = Archive(document.content, document.name)
    head = _head(archive, document)
    for part, content in archive.ending(".xml"):
        found = _attached(part, content, document)
        if found is not None:
            return _compared(document, head, found)
    told = _tagged(archive, document) or labels.invoice("\n".join(_texts(archive, document)))
    return agreed(document, _filled(told, head))


def _head(archive: Archive, document: Document) -> dict[str, str]:
    """The named data in the head, by our fields."""
    tree = root(archive.read(_named(archive, HEAD)), document.name)
    named = {
        each.get("Name", ""): (each.text or "").strip() for each in tree.iter() if local(each) == "CustomData"
    }
    return {field: named[name] for field, name in FIELDS.items() if named.get(name)}


def _named(archive: Archive, part: str) -> str:
    return next(name for name in archive.names if name.lower().lstrip("/") == part.lower())


def _attached(part: str, content: bytes, document: Document) -> Parsed | None:
    """The invoice of an attachment; None for a part that is none."""
    if opens_with(content, digital_xml.ROOT):
        return digital_xml.from_tree(root(content, part), document)
    if not opens_with(content, control_xml.ROOT) or _REFERENCE.encode() in content:
        return None
    tree = root(content, part)
    return control_xml.from_tree(tree, document) if text(tree, "InvoiceNo") else None


def _tagged(archive: Archive, document: Document) -> Invoice | None:
    """The invoice whose fields point to texts; None without any."""
    texts: dict[str, str] | None = None
    for part, content in archive.ending(".xml"):
        if _REFERENCE.encode() not in content:
            continue
        tree = root(_NAMESPACE.sub(b"", _PREFIX.sub(rb"\1", content)), part)
        if local(tree) == control_xml.ROOT and child(tree, "InvoiceNo") is not None:
            texts = texts if texts is not None else dict(_objects(archive, document))
            _resolve(tree, texts)
            return control_xml.invoice(tree, document)
    return None


def _resolve(tree: etree._Element, texts: dict[str, str]) -> None:
    """Put the texts in the places that point to them. A tag of an amount may point to its currency, and to
    the amount in words."""
    for element in list(tree.iter()):
        references = [each for each in element if local(each) == _REFERENCE]
        if references:
            try:
                parts = [texts[(each.text or "").strip()] for each in references]
            except KeyError:
                raise DataCorrupt(f"{local(element)} points to a text that is not there") from None
            if local(element).endswith("Amount"):
                parts = [part for part in parts if re.search(r"[\d*]", part)]
            for each in references:
                element.remove(each)
            element.text = "".join(parts)


def _objects(archive: Archive, document: Document) -> Iterator[tuple[str, str]]:
    """Each text object's id and text."""
    for part, content in archive.ending("content.xml"):
        for element in root(content, part).iter():
            if local(element) == "TextObject":
                codes = (each.text or "" for each in element if local(each) == "TextCode")
                yield element.get("ID", ""), "".join(codes)


def _texts(archive: Archive, document: Document) -> Iterator[str]:
    """The document's text, an object a line; of one without text objects, what its parts hold."""
    objects = [text for _, text in _objects(archive, document)]
    if objects:
        yield from objects
        return
    for part, content in archive.ending("document.xml"):
        yield from ((each.text or "").strip() for each in root(content, part).iter() if not len(each))


def _filled(told: Invoice, head: dict[str, str]) -> Invoice:
    """What the text leaves out, from the head."""
    absent: dict[str, Any] = {field: value for field, value in head.items() if getattr(told, field) is None}
    return replace(told, **absent)


def _compared(document: Document, head: dict[str, str], found: Parsed) -> Parsed:
    """Raises ``DataConflict`` where the head names another invoice, day or amount."""
    row = found.tables["invoice"].row(0, named=True)
    said = {name: digits(head.get(name)) for name in ("code", "number")}
    said |= {f"{name}_fen": money(head.get(name)) for name in ("amount", "tax", "total")}
    printed = {name: f"{row[name] / 100:.2f}" if name.endswith("_fen") else row[name] for name in said}
    said["issued"], printed["issued"] = moment(head.get("issued")), row["issued_at"].date().isoformat()
    if wrong := [name for name, value in said.items() if value is not None and value != printed[name]]:
        raise DataConflict(f"{document.name}: the head and the attached invoice differ in {', '.join(wrong)}")
    return found


READERS = (Reader("invoice.ofd", 1, Dataset.INVOICE, recognises, read),)
