"""XML of strangers as a tree: no entities, no network, no document type, no huge nodes."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from schema.errors import DataCorrupt

_HEAD = 4096
"""Bytes among which a root element stands, comments before it included."""


def root(content: bytes, name: str) -> etree._Element:
    """The root element. Raises ``DataCorrupt`` with the line."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        found = etree.fromstring(content.lstrip(b"\xef\xbb\xbf \r\n\t"), parser)
    except etree.XMLSyntaxError as error:
        raise DataCorrupt(f"{name}: {len(content)} bytes are no XML from line {error.lineno}") from None
    except ValueError:
        raise DataCorrupt(f"{name}: {len(content)} bytes are no XML") from None
    if found.getroottree().docinfo.doctype:
        raise DataCorrupt(f"{name}: XML with a document type is not read")
    return found


def opens_with(content: bytes, *names: str) -> bool:
    """Whether the first element has one of these names, in any namespace, whatever follows."""
    head = content.lstrip(b"\xef\xbb\xbf \r\n\t")[:_HEAD]
    if not head.startswith(b"<"):
        return False
    puller = etree.XMLPullParser(events=("start",), resolve_entities=False, no_network=True, load_dtd=False)
    try:
        puller.feed(head)
        event = next(iter(puller.read_events()), None)
    except etree.XMLSyntaxError:
        event = next(iter(puller.read_events()), None)
    return event is not None and local(event[1]) in names


def local(element: etree._Element) -> str:
    """The element's name without its namespace; empty for a comment."""
    return element.tag.rpartition("}")[2].lstrip(":") if isinstance(element.tag, str) else ""


def child(element: etree._Element | None, *path: str) -> etree._Element | None:
    """Down a path of names, in any namespace."""
    for name in path:
        if element is None:
            return None
        element = next((each for each in element if local(each) == name), None)
    return element


def children(element: etree._Element | None, name: str) -> Iterator[etree._Element]:
    """All with this name."""
    return (each for each in (() if element is None else element) if local(each) == name)


def text(element: etree._Element | None, *path: str) -> str | None:
    """What stands at a path, None for nothing or blanks."""
    found = child(element, *path)
    return None if found is None else ("".join(found.itertext()).strip() or None)


def place(element: etree._Element) -> str:
    """The element's path without namespaces, as provenance: ``/EInvoiceData/IssuItemInformation[2]``."""
    steps = []
    while (parent := element.getparent()) is not None:
        same = [each for each in parent if each.tag == element.tag]
        steps.append(local(element) + (f"[{same.index(element) + 1}]" if len(same) > 1 else ""))
        element = parent
    return "/" + "/".join(reversed(steps))
