"""The fingerprint of a page: fields, buttons, forms, ids and where its scripts come from. Pure.

Left out are values, pictures and running text: captchas, form tokens, notices and dates change by the day.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from urllib.parse import urljoin, urlsplit

from lxml import html

from connectors.drift.fingerprint import Fingerprint, Traits, steady_id, steady_name, steady_text

OWN = "the portal's own"
_PARSER = html.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False)
_PRESSED = frozenset({"submit", "button", "image", "reset"})
_FIELDS = ("input", "select", "textarea")

Thing = tuple[str, Traits]


def page(content: bytes, url: str) -> Fingerprint:
    """What the page at an address consists of. Ports are left out, as they say nothing of a page."""
    tree = html.document_fromstring(content or b"<html></html>", parser=_PARSER)
    title = tree.findtext(".//title") or ""
    return {
        "page": {"": {"title": steady_text(title), "path": urlsplit(url).path}},
        "form": dict(_forms(tree, url)),
        "field": dict(_fields(tree)),
        "button": dict(_buttons(tree)),
        "element": dict(_elements(tree)),
        "script host": dict(_hosts(tree, url, "script", "iframe")),
    }


def _forms(tree: html.HtmlElement, url: str) -> Iterator[Thing]:
    for form in tree.iter("form"):
        action = urlsplit(urljoin(url, form.get("action", ""))).path
        name = form.get("id") or form.get("name") or action
        yield steady_name(name), {"method": form.get("method", "get").lower(), "action": steady_name(action)}


def _fields(tree: html.HtmlElement) -> Iterator[Thing]:
    for field in tree.iter(*_FIELDS):
        if _pressed(field):
            continue
        kind = field.get("type", "text").lower() if field.tag == "input" else str(field.tag)
        traits = {
            "type": kind,
            "name": steady_name(field.get("name", "")),
            "label": steady_text(_label(tree, field)),
            "placeholder": steady_text(field.get("placeholder", "")),
            "maxlength": field.get("maxlength", ""),
        }
        yield steady_name(field.get("id") or field.get("name") or kind), _given(traits)


def _buttons(tree: html.HtmlElement) -> Iterator[Thing]:
    for button in tree.iter("button", "input"):
        if button.tag == "button" or _pressed(button):
            text = steady_text(button.get("value", "") or str(button.text_content()))
            yield steady_name(button.get("id") or button.get("name") or text), _given({"text": text})


def _elements(tree: html.HtmlElement) -> Iterator[Thing]:
    """Everything else that has an id of its own."""
    for element in tree.iterfind(".//*[@id]"):
        if element.tag not in (*_FIELDS, "form", "button"):
            yield steady_id(element.get("id", "")), {"tag": str(element.tag)}


def _hosts(tree: html.HtmlElement, url: str, *tags: str) -> Iterator[Thing]:
    """Where what runs on the page is loaded from."""
    own = urlsplit(url).hostname
    sources: Iterable[str] = (each.get("src", "") for each in tree.iter(*tags))
    hosts = {urlsplit(urljoin(url, source)).hostname or "" for source in sources if source}
    for host in sorted(hosts):
        yield (OWN if host in (own, "") else host), {"loaded": "yes"}


def _label(tree: html.HtmlElement, field: html.HtmlElement) -> str:
    if said := field.get("aria-label"):
        return str(said)
    if id := field.get("id"):
        for label in tree.iter("label"):
            if label.get("for") == id:
                return str(label.text_content())
    around = next(field.iterancestors("label"), None)
    return "" if around is None else str(around.text_content())


def _pressed(element: html.HtmlElement) -> bool:
    return element.tag == "input" and element.get("type", "text").lower() in _PRESSED


def _given(traits: Traits) -> Traits:
    return {name: value for name, value in traits.items() if value}
