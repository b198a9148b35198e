"""Whose a file is, as far as it tells."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

import polars as pl

from normalizers.documents import Document
from normalizers.registry import Page

_MASKED = re.compile(r"[*＊×●x]{1,}|某", re.IGNORECASE)
_MARKS = re.compile(r"[\s()（）·.,，。-]")


def handed(page: Page) -> Document:
    """A raw page as the file that was handed in."""
    raw = page.raw
    return Document(raw.locator, raw.content, raw.fetched_at, owner=raw.owner, ref=page.ref)


def of_others(tables: Mapping[str, pl.DataFrame], taxpayer_id: str, company: str | None) -> pl.DataFrame:
    """The rows that name another company: invoices that it neither issued nor received, accounts of another
    holder. A name that is masked, or a company whose name is not known, tells nothing."""
    if "invoice" in tables:
        sides = pl.concat_list(pl.col("seller_id", "buyer_id").eq(taxpayer_id).fill_null(value=False))
        return tables["invoice"].filter(~sides.list.any())
    accounts = tables["bank_account"]
    others = [name is not None and _another(name, company) for name in accounts["holder_name"]]
    return accounts.filter(pl.Series(others, dtype=pl.Boolean))


def _another(holder: str, company: str | None) -> bool:
    if company is None or _MASKED.search(holder) or not _plain(holder):
        return False
    return _plain(holder) != _plain(company)


def _plain(name: str) -> str:
    return _MARKS.sub("", unicodedata.normalize("NFKC", name)).casefold()
