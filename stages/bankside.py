"""What the bank itself knows, for the scoring core: its watch-lists, and what the store tells of the
company and of the bank's other firms."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

from authz.authorization import Authorization
from schema.snapshot import Snapshot
from scoring.context import Context
from stages import peers
from stages.warnings import granted
from stages.workshop import Workshop


def context(shop: Workshop, current: Authorization, snapshot: Snapshot) -> Context:
    """The bank-side facts at this moment. What nobody told stays None, which scoring reads as missing."""
    lists = _watchlists(shop.settings.watchlists_file)
    others = peers.seen(shop, current, snapshot)
    return Context(
        # Raw pages were opened from their seals, messages verified on arrival: what is broken is no data.
        doc_tamper=False,
        authorisation_expires=shop.ledger.consent(current.consent_id).valid_until.date(),
        last_declined_on=shop.casefile.last_declined_on(current),
        abnormal=_dated(lists.get("abnormal")),
        controlled_numbers=_numbers(lists.get("controlled_numbers")),
        granted=granted(shop, current),
        edges=others.edges,
        device_firms=others.device_firms,
        related=others.related,
        registered=others.registered,
    )


def _watchlists(path: Path | None) -> dict[str, Any]:
    """``{"abnormal": {company id: day listed}, "controlled_numbers": [invoice number]}``; either may be
    absent."""
    lists: dict[str, Any] = json.loads(path.read_text()) if path else {}
    return lists


def _dated(listed: dict[str, str] | None) -> dict[str, date] | None:
    return None if listed is None else {id: date.fromisoformat(day) for id, day in listed.items()}


def _numbers(listed: list[str] | None) -> frozenset[str] | None:
    return None if listed is None else frozenset(listed)
