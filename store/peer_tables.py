"""What the bank's own firms tell of each other: who they trade with and what they share, by keyed pseudonyms
that only ``stages.peerindex`` can make. Rows go with the data of their consent."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, ForeignKey, Index, String, Table

from store.metadata import metadata


def _authorization_id() -> Column[str]:
    return Column("authorization_id", String(40), ForeignKey("authorization.id"), primary_key=True)


peer = Table(
    "peer",
    metadata,
    _authorization_id(),
    Column("consent_id", String(40), nullable=False),  # whose end takes the rows away
    Column("firm", String(64), nullable=False),  # pseudonym
    Column("as_of", Date, nullable=False),
    Column("registered_on", Date),
    Index("peer_firm", "firm"),
    Index("peer_consent", "consent_id"),
)

peer_trade = Table(
    "peer_trade",
    metadata,
    _authorization_id(),
    Column("party", String(64), primary_key=True),  # pseudonym of the counterparty
    Column("sold_fen", BigInteger, nullable=False),  # in the 12 months to ``as_of``, red invoices taken off
    Column("bought_fen", BigInteger, nullable=False),
)

peer_mark = Table(
    "peer_mark",
    metadata,
    _authorization_id(),
    Column("mark", String(64), primary_key=True),  # pseudonym of a device or a legal representative
    Index("peer_mark_mark", "mark"),
)
