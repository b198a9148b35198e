"""What the bank's other authorised firms tell a live decision (行内企业).

A decision hashes what its own snapshot names and looks that up in the index. It sees firms of its own tenant
alone, whose consent lives and names this use. A firm that its own invoices do not name stays a number.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from heapq import nlargest
from typing import Any

from sqlalchemy import Connection, FromClause, Select, select

from authz.authorization import Authorization
from authz.consent import Disposal
from authz.consent.text import NAMES_PEERS
from schema.period import trailing_months
from schema.snapshot import Snapshot
from scoring.context import Edge
from stages.peerindex import MONTHS, MOST_PARTIES, USABLE, Pseudonyms, told_by
from stages.workshop import Workshop
from store import tables
from store.database import now, reading
from store.peer_tables import peer, peer_mark, peer_trade

HOPS = 2
"""A circle of five sales leads over the firm's own counterparties and theirs."""


@dataclass(frozen=True)
class Seen:
    """Fields of ``scoring.context.Context``. What no other firm tells of is None, and so missing: the bank's
    own firms are not all firms."""

    edges: tuple[Edge, ...] | None = None
    device_firms: Mapping[str, frozenset[str]] | None = None
    related: frozenset[str] | None = None
    registered: Mapping[str, date] | None = None


def seen(shop: Workshop, current: Authorization, snapshot: Snapshot) -> Seen:
    """What the bank's other firms tell of the firm's counterparties and marks, at this moment."""
    told = told_by(current.taxpayer_id, snapshot.tables, snapshot.as_of)
    if not (told.trades or told.devices):
        return Seen()
    names = Pseudonyms(shop, current.tenant)
    marks = names.marks(current.taxpayer_id, told)
    known = {names.of("firm", party): party for party in told.trades}
    at = now()
    living = _living(current, at, peer)
    with reading(shop.store) as connection:
        partners = connection.execute(living.where(peer.c.firm.in_(known))).all()
        near = {row.firm for row in partners}
        tellings = _tellings(connection, _trading(current, at), near) if near else []
        sharing = connection.execute(
            living.add_columns(peer_mark.c.mark)
            .join(peer_mark, peer_mark.c.authorization_id == peer.c.authorization_id)
            .where(peer_mark.c.mark.in_(marks))
        ).all()
    spoken = _Names(known)
    devices: dict[str, set[str]] = defaultdict(set)
    related: set[str] = set()
    for row in sharing:
        kind, text = marks[row.mark]
        if kind == "device":
            devices[text].add(spoken.of(row.firm))
        elif row.firm in known:
            related.add(known[row.firm])
    return Seen(
        edges=_edges(tellings, spoken, snapshot.as_of) if near else None,
        device_firms={device: frozenset(firms) for device, firms in devices.items()} or None,
        related=frozenset(related) or None,
        registered={known[row.firm]: row.registered_on for row in partners if row.registered_on} or None,
    )


class _Names:
    """The key of a firm as the scored one's own invoices have it; any other is a number."""

    def __init__(self, known: Mapping[str, str]) -> None:
        self._known = dict(known)
        self._met = 0

    def of(self, firm: str) -> str:
        if firm not in self._known:
            self._met += 1
            self._known[firm] = f"peer-{self._met}"
        return self._known[firm]


def _living(current: Authorization, at: datetime, of: FromClause) -> Select[Any]:
    """Other firms of the tenant whose consent lives and names this use; ``of`` is table ``peer``."""
    held, consent = tables.authorization.alias(), tables.consent.alias()
    return (
        select(of)
        .join(held, held.c.id == of.c.authorization_id)
        .join(consent, consent.c.id == of.c.consent_id)
        .where(
            held.c.tenant == current.tenant,
            held.c.taxpayer_id != current.taxpayer_id,
            consent.c.state.in_(USABLE),
            consent.c.disposal == Disposal.RETAINED,
            consent.c.text_version.in_(NAMES_PEERS),
            consent.c.valid_from <= at,
            consent.c.valid_until > at,
        )
    )


Telling = tuple[str, str, int, date]
"""Seller, buyer, fen, and the last day of the year that it is of."""


def _trading(current: Authorization, at: datetime) -> Select[Any]:
    """What living firms tell of their trade with living firms."""
    other = peer.alias()
    both = _living(current, at, other).where(other.c.firm == peer_trade.c.party)
    return (
        _living(current, at, peer)
        .add_columns(peer_trade.c.party, peer_trade.c.sold_fen, peer_trade.c.bought_fen)
        .join(peer_trade, peer_trade.c.authorization_id == peer.c.authorization_id)
        .where(both.correlate(peer_trade).exists())
    )


def _tellings(connection: Connection, trading: Select[Any], near: set[str]) -> list[Telling]:
    """Sales among living firms, so many hops from these, as either side tells them."""
    found: list[Telling] = []
    firms, met = near, set(near)
    for _ in range(HOPS):
        told = connection.execute(trading.where(peer.c.firm.in_(firms))).all() if firms else ()
        widths: dict[str, int] = {}
        for row in told:
            found.append((row.firm, row.party, row.sold_fen, row.as_of))
            found.append((row.party, row.firm, row.bought_fen, row.as_of))
            if row.party not in met:
                widths[row.party] = max(widths.get(row.party, 0), row.sold_fen, row.bought_fen)
        firms = set(nlargest(MOST_PARTIES, widths, key=lambda firm: (widths[firm], firm)))
        met |= firms
    return found


def _edges(tellings: Iterable[Telling], names: _Names, as_of: date) -> tuple[Edge, ...]:
    """Each sale once, by the larger telling; one of a later day than the decision's is not told."""
    window = trailing_months(as_of, MONTHS)
    widest: dict[tuple[str, str], tuple[int, date]] = {}
    for seller, buyer, fen, day in tellings:
        if fen > 0 and window.start <= day <= window.end:
            way = (seller, buyer)
            widest[way] = max(widest.get(way, (0, day)), (fen, day))
    return tuple(
        Edge(names.of(seller), names.of(buyer), fen, day)
        for (seller, buyer), (fen, day) in sorted(widest.items())
    )
