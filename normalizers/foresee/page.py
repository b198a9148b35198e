"""Pages of the bureau: what their strings hold."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import orjson
import polars as pl

from normalizers.contract import lacking
from normalizers.jsonpage import Opened, opened
from normalizers.registry import Page
from schema.errors import ContractChanged, DataCorrupt
from schema.raw import RawPage


def quoted(raw: RawPage, name: str) -> Opened:
    """The JSON object in the string that holds it, and its list of this name."""
    if not raw.content.lstrip().startswith(b'"'):
        return opened(raw, name)
    try:
        return opened(replace(raw, content=orjson.loads(raw.content).encode()), name)
    except orjson.JSONDecodeError:
        raise DataCorrupt(f"{raw.locator}: {len(raw.content)} bytes are no JSON") from None


def exact(content: str | bytes, where: str) -> dict[str, Any]:
    """A JSON object with its numbers as text, never as binary fractions; ``1.5E7`` is written out."""
    try:
        found = json.loads(content, parse_float=_plain, parse_int=str)
    except ValueError:
        raise DataCorrupt(f"{where}: {len(content)} bytes are no JSON") from None
    if not isinstance(found, dict):
        raise ContractChanged(f"{where} is no object")
    return found


def form(page: Page) -> tuple[dict[str, Any], dict[str, Any]]:
    """A form page and the body within it."""
    outer = exact(page.raw.content, page.raw.locator)
    if not isinstance(body := outer.get("body"), str):
        raise ContractChanged(f"{page.raw.locator} lacks its body")
    return outer, exact(body, page.raw.locator)


def at(found: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """The object at a path of keys. Raises ``ContractChanged`` naming the key that is missing."""
    here: Any = found
    for name in names:
        here = here.get(name) if isinstance(here, dict) else None
        if not isinstance(here, dict):
            raise lacking("form", [name])
    assert isinstance(here, dict)
    return here


def filled(printed: pl.Series) -> pl.Series:
    """The bureau prints nothing where another writes null."""
    return printed.set(printed == "", None)


def _plain(number: str) -> str:
    return f"{Decimal(number):f}"
