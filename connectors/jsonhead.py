"""What a page of JSON says about itself, read without its rows: a page has one list, the megabyte between its
brackets."""

from __future__ import annotations

from typing import Any

import orjson

from schema.errors import DataCorrupt


def head(content: bytes) -> Any:
    """The page with its list empty; the whole page where it has other lists too. Raises ``DataCorrupt`` for
    what is no JSON."""
    first, last = content.find(b"["), content.rfind(b"]")
    brief = content if first < 0 or last < first else content[: first + 1] + content[last:]
    try:
        return orjson.loads(brief)
    except orjson.JSONDecodeError:
        return whole(content)


def whole(content: bytes) -> Any:
    """Raises ``DataCorrupt``."""
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        raise DataCorrupt(f"an answer of {len(content)} bytes is no JSON") from None
