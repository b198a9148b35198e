"""The index of what the bank's own authorised firms tell of each other (行内企业), kept when a snapshot is
sealed: what a firm sold to and bought from its largest counterparties in 12 months, its legal
representative, its invoicing devices.

Companies and marks stand in it as HMACs under a key of the vault, with the tenant and the kind of thing bound
in; what they are of cannot be read back. ``stages.peers`` reads it.
"""

from __future__ import annotations

import hmac
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

import polars as pl
from sqlalchemy import Connection, delete, insert, select

from authz.authorization import Authorization
from authz.consent import Consent, ConsentState, DataClass, Disposal
from authz.consent.text import NAMES_PEERS
from authz.heldconsents import one
from schema.dataset import Dataset
from schema.period import trailing_months
from scoring.inputs.parties import INDIVIDUAL, party_key
from stages.workshop import Workshop
from store.peer_tables import peer, peer_mark, peer_trade
from vault.record import prefixed

MONTHS = 12
MOST_PARTIES = 200
"""Counterparties kept of a firm, the largest. Below 1 in 200 of its sales no circle is looked for."""
MOST_DEVICES = 50
LEAST_DEVICE = 8
"""Characters of a device's number; a shorter one is the firm's own count of its machines."""
USABLE = (ConsentState.ACTIVE, ConsentState.CONSUMED)
"""A consent that was used up reads nothing more; what was read may be used while it is valid."""


@dataclass(frozen=True)
class Told:
    """What one snapshot tells. ``trades`` is counterparty to fen sold and bought."""

    trades: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    devices: Collection[str] = ()
    representative: str | None = None
    registered_on: date | None = None


class Pseudonyms:
    """One tenant's. The same thing of another tenant, or of another kind, has another one."""

    def __init__(self, shop: Workshop, tenant: str) -> None:
        self._key, self._tenant = shop.vault.service_key("peers"), tenant.encode()

    def of(self, kind: str, text: str) -> str:
        said = prefixed(self._tenant, kind.encode(), text.encode())
        return hmac.digest(self._key, said, "sha256").hex()

    def marks(self, taxpayer_id: str, told: Told) -> dict[str, tuple[str, str]]:
        """Each mark's pseudonym to its kind and text. Names repeat; within one county they seldom do."""
        found = [("device", each) for each in told.devices]
        if told.representative:
            found.append(("representative", f"{taxpayer_id[2:8]} {told.representative}"))
        return {self.of(*each): each for each in found}


def keep(shop: Workshop, current: Authorization, sheets: Mapping[str, pl.DataFrame], as_of: date) -> None:
    """The index of this snapshot in the place of an earlier one; none when the consent does not cover it, or
    ended meanwhile. Idempotent."""
    told, names = told_by(current.taxpayer_id, sheets, as_of), Pseudonyms(shop, current.tenant)
    own = {"authorization_id": current.id}
    firm = own | {
        "consent_id": current.vault_owner,
        "firm": names.of("firm", current.taxpayer_id.upper()),
        "as_of": as_of,
        "registered_on": told.registered_on,
    }
    trades = [
        own | {"party": names.of("firm", party), "sold_fen": sold, "bought_fen": bought}
        for party, (sold, bought) in told.trades.items()
    ]
    marks = [own | {"mark": mark} for mark in names.marks(current.taxpayer_id, told)]
    with shop.store.begin() as connection:
        shop.ledger.read(connection, current.id, lock=True)
        _drop(connection, [current.id])
        if not _covers(one(shop.ledger.consents(connection, current.id), current.vault_owner)):
            return
        for table, rows in ((peer, [firm]), (peer_trade, trades), (peer_mark, marks)):
            if rows:
                connection.execute(insert(table), rows)


def forget(shop: Workshop, consents: Iterable[str]) -> None:
    """The data of these consents are destroyed. Idempotent."""
    with shop.store.begin() as connection:
        held = select(peer.c.authorization_id).where(peer.c.consent_id.in_(list(consents)))
        _drop(connection, connection.scalars(held).all())


def _drop(connection: Connection, ids: Collection[str]) -> None:
    for table in (peer_mark, peer_trade, peer):
        connection.execute(delete(table).where(table.c.authorization_id.in_(ids)))


def _covers(consent: Consent) -> bool:
    """Whether a consent names this use, and what was read under it stands."""
    return (
        consent.state in USABLE
        and consent.disposal is Disposal.RETAINED
        and consent.data_class is DataClass.TAX
        and Dataset.INVOICE in consent.scopes
        and consent.text.version in NAMES_PEERS
    )


def told_by(taxpayer_id: str, sheets: Mapping[str, pl.DataFrame], as_of: date) -> Told:
    """By the tables of a snapshot."""
    if (invoices := sheets.get("invoice")) is None or invoices.is_empty():
        return Told()
    numbers = invoices.filter(pl.col("direction") == "out").get_column("device_id").drop_nulls().unique()
    devices = [each for each in numbers.sort().to_list() if len(each) >= LEAST_DEVICE][:MOST_DEVICES]
    master: dict[str, Any] = {}
    if (taxpayer := sheets.get("taxpayer")) is not None and not taxpayer.is_empty():
        master = taxpayer.row(0, named=True)
    name = "".join((master.get("legal_representative") or "").split())
    trades = _trades(invoices, taxpayer_id.upper(), as_of)
    return Told(trades, devices, name or None, master.get("registered_on"))


def _trades(invoices: pl.DataFrame, own: str, as_of: date) -> dict[str, tuple[int, int]]:
    """The largest counterparties that have an id: fen sold and bought, without tax, void ones left out."""
    window, issued = trailing_months(as_of, MONTHS), pl.col("direction") == "out"
    since, until = (datetime.combine(day, time()) for day in (window.start, window.end + timedelta(days=1)))
    fen = pl.col("amount_fen").fill_null(0)
    party = pl.when(issued).then("buyer_id").otherwise("seller_id")
    summed = (
        invoices.lazy()
        .filter(
            pl.col("direction").is_not_null() & (pl.col("state") != "void"),
            pl.col("issued_at").is_between(since, until, closed="left"),
        )
        .group_by(party=party.str.strip_chars().str.to_uppercase())
        .agg(sold=(fen * issued).sum(), bought=(fen * ~issued).sum())
        .with_columns(most=pl.max_horizontal("sold", "bought"))
        .filter((pl.col("most") > 0) & (pl.col("party") != own))
        .top_k(2 * MOST_PARTIES, by="most")  # some of them are natural persons
        .sort("most", "party", descending=True)
        .collect()
    )
    companies = [
        (party, sold, bought)
        for party, sold, bought, _ in summed.iter_rows()
        if party_key(party, None) not in (None, INDIVIDUAL)
    ]
    return {party: (sold, bought) for party, sold, bought in companies[:MOST_PARTIES]}
