"""Pages of the bureau: what their envelopes hold, and forms as documents."""

from __future__ import annotations

from typing import Any

import orjson
from lxml import etree

from normalizers.contract import lacking
from normalizers.jsonpage import Opened, opened
from normalizers.registry import Page
from schema.errors import ContractChanged, DataCorrupt
from schema.raw import RawPage


def value(page: Page) -> Any:
    """What the envelope of a success holds."""
    try:
        found = orjson.loads(page.raw.content)
    except orjson.JSONDecodeError:
        raise DataCorrupt(f"{page.raw.locator}: {len(page.raw.content)} bytes are no JSON") from None
    if not isinstance(found, dict) or found.get("success") is not True:
        raise ContractChanged(f"{page.raw.locator} is no successful answer")
    return found.get("value")


def records(page: Page, *required: str) -> list[dict[str, Any]]:
    """A list of records that have these fields as text. Raises ``ContractChanged`` naming the field."""
    found = value(page)
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise ContractChanged(f"{page.raw.locator} is no list of records")
    for name in required:
        if not all(isinstance(each.get(name), str) for each in found):
            raise lacking(page.raw.source_format, [name])
    return found


def enveloped(raw: RawPage, name: str) -> Opened:
    """The object in the envelope of a success, and its list of this name."""

    def answer(found: Any) -> Any:
        if not isinstance(found, dict) or found.get("success") is not True:
            raise ContractChanged(f"{raw.locator} is no successful answer")
        return found.get("value")

    return opened(raw, name, answer)


def document(page: Page) -> etree._Element:
    """An XML document, without entities and network. Raises ``DataCorrupt``."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(page.raw.content, parser)
    except etree.XMLSyntaxError:
        raise DataCorrupt(f"{page.raw.locator}: {len(page.raw.content)} bytes are no XML") from None
    if root.getroottree().docinfo.doctype:
        raise DataCorrupt(f"{page.raw.locator} brings a document type")
    return root


def nested(element: etree._Element) -> dict[str, Any]:
    """An element as objects: text where it has no children, a list where a name repeats."""
    found: dict[str, Any] = {}
    for child in element:
        own = nested(child) if len(child) else child.text
        name = str(child.tag)
        if name not in found:
            found[name] = own
        elif isinstance(found[name], list):
            found[name].append(own)
        else:
            found[name] = [found[name], own]
    return found
