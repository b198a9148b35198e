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
    """Industry figures (行业基准). Rates and shares are 0 to 1."""

    vat_burden_median: float | None = None
    vat_burden: Norm | None = None
    energy_per_yuan: Norm | None = None
    """kWh a yuan of sales."""
    sales_per_head: Norm | None = None
    """Yuan a year."""
    inputs_of: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Item class to the classes it is made of (产消表)."""
    allowed: float | None = None
    """White list 1, grey 0.5, black 0."""
    npl_rate: float | None = None
    npl_trend: float | None = None
    """Change of the bad-loan rate in a year."""
    growth: float | None = None
    """Median growth of invoiced sales in a year."""
    volatility: float | None = None
    climate: float | None = None
    """Business climate index (PMI, PPI), 50 is neutral."""
    price_yoy: float | None = None
    policy: float | None = None
    """Encouraged 1, allowed 0.5, restricted 0.25, to be phased out 0."""
    energy_intensive: float | None = None
    """两高行业, 1 or 0."""
    overcapacity: float | None = None
    """1 or 0."""
    export_dependence: float | None = None
    top_share: float | None = None
    """Sales of the ten largest firms in all (CR10)."""
    tariff_of: Mapping[str, float] | None = None
    """Additional tariff by country of export."""
    peers: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    """Column to the ascending quantiles of it among firms of the same industry and region."""
    item_classes: frozenset[str] | None = None
    """Item classes that firms of the industry sell."""
    patent_classes: frozenset[str] | None = None
    """IPC subclasses of the industry's products."""
    chain: float | None = None
    """Whether the industry belongs to a key chain (重点产业链), 1 or 0."""
    chain_position: Mapping[str, float] | None = None
    """Item class to its place: upstream 1, middle 2, downstream 3."""
    growth_of: Mapping[str, float] | None = None
    """Counterparty's key to the growth of its industry."""
    price_yoy_of: Mapping[str, float] | None = None
    """Item class to the change of its price in a year."""


@dataclass(frozen=True)
class Place:
    """Figures of the district of registration (区域)."""

    covered: float | None = None
    """Whether we serve it, 1 or 0."""
    npl_rate: float | None = None
    growth: float | None = None
    """Growth of electricity use or invoiced sales in a year."""
    land_grade: str | None = None
    """Grade of tax yield by area (亩均论英雄), A to D."""
    cluster_sales: tuple[float, ...] | None = None
    """Ascending quantiles of yearly sales, yuan, in the park or cluster."""


@dataclass(frozen=True)
class Figure:
    """One figure that a platform, an authority or our own books tell of the firm.

    ``item`` is one of the words of ``scoring.inputs.scene``; amounts are yuan.
    """

    item: str
    event_date: date
    value: float
    until: date | None = None
    """When it ends, of titles and permits."""
    party: str | None = None
    """A counterparty's key or a country."""


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
    applicant_fits: bool | None = None
    """Whether the applicant is the legal representative or the actual controller."""
    applicant_age: float | None = None
    granted: Mapping[str, float | None] | None = None
    """The columns as they were when the loan was first decided, for warnings of a change since."""
    core: frozenset[str] | None = None
    """Keys of core enterprises (核心企业) of the chains that we serve."""
    own_bank: str | None = None
    """Our name as accounts carry it."""
    place: Place | None = None
    scene: tuple[Figure, ...] | None = None
    """What platforms of the scenario tell (场景平台)."""
    own_loans: tuple[Figure, ...] | None = None
    """Our own books on the borrower (本行存量)."""
    requested_fen: int | None = None
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
