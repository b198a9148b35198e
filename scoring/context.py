"""What the bank knows beside the snapshot. None means "not asked or not available", an empty collection
means "asked, nothing found".

Companies are keyed as ``scoring.inputs.parties.party_key`` does: by their id, else by their folded name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True)
class Norm:
    """Mean and standard deviation of a figure among peers of the same industry and size."""

    mean: float
    deviation: float


@dataclass(frozen=True)
class Benchmark:
    """Industry figures (行业基准). ``inputs_of`` maps an item class to the classes it is made of (产消表)."""

    vat_burden_median: float | None = None
    vat_burden: Norm | None = None
    energy_per_yuan: Norm | None = None
    """kWh a yuan of sales."""
    sales_per_head: Norm | None = None
    """Yuan a year."""
    inputs_of: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Edge:
    """One sale between two other authorised firms."""

    seller: str
    buyer: str
    amount_fen: int
    event_date: date


@dataclass(frozen=True)
class Context:
    """Bank-side facts about the borrower and its counterparties."""

    benchmark: Benchmark | None = None
    related: frozenset[str] | None = None
    """Related parties (关联方)."""
    abnormal: Mapping[str, date] | None = None
    """Companies on lists of runaway, revoked or dishonest firms (非正常/吊销/失信), with the day."""
    controlled_numbers: frozenset[str] | None = None
    """Numbers of invoices under control (失控发票)."""
    registered: Mapping[str, date] | None = None
    """Registration dates of counterparties."""
    contracts: frozenset[str] | None = None
    """Customers with a contract on file."""
    drawdowns: tuple[date, ...] | None = None
    """Dates on which our own loans were paid out (本行存量)."""
    edges: tuple[Edge, ...] | None = None
    """Sales among other authorised firms, for loops."""
    device_firms: Mapping[str, frozenset[str]] | None = None
    """Other firms seen on an invoicing device."""
    doc_tamper: bool | None = None
    """Whether a document's hash or a message's signature failed."""
    authorisation_expires: date | None = None
    licence_matches: bool | None = None
    """Whether the hash of the business licence is the one on record."""
    last_declined_on: date | None = None
    operating_debt_fen: int | None = None
    """All operating debt of company and owner."""
    annual_service_fen: int | None = None
    """Principal and interest due within a year on existing debt."""
    ebitda_fen: int | None = None
    largest_unsecured_limit_fen: int | None = None
    own_funds_fen: int | None = None
    working_capital_loans_fen: int | None = None
    other_funding_fen: int | None = None
    confirmed_ar_fen: int | None = None
    """Receivables that a core buyer confirmed (确权应收)."""
