"""The company's name, as its tax record tells it."""

from __future__ import annotations

import io

import polars as pl

from authz.authorization import Authorization
from stages.workshop import Workshop


def company_name(shop: Workshop, current: Authorization) -> str | None:
    """From the newest snapshot; None before there is one that has it."""
    held = shop.casefile.snapshot(current.id)
    if held is None or "taxpayer" not in held.tables:
        return None
    return told(pl.read_ipc(io.BytesIO(shop.vault.unseal(held.tables["taxpayer"]["ref"]))))


def told(taxpayer: pl.DataFrame) -> str | None:
    """The name in a ``taxpayer`` table."""
    names: list[str | None] = taxpayer["name"].to_list()
    return names[0] if names else None
