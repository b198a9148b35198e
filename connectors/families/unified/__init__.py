"""The unified electronic tax bureau (统一规范电子税务局) by a driven browser."""

from __future__ import annotations

from connectors.families.unified.rpa import UnifiedConnector
from connectors.registry import Endpoint, Tools


def connect(endpoint: Endpoint, tools: Tools) -> UnifiedConnector:
    """The browser route into one region. The browser starts when the first flow needs it."""
    return UnifiedConnector(endpoint, tools)
