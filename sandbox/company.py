"""What a portal of the sandbox knows of a company: synthetic, or read from a folder of invoices."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Role:
    """A person's role in a company, as the portal lists it."""

    taxpayer_id: str
    company_name: str
    title: str  # 法定代表人 | 财务负责人 | 办税人

    @property
    def may_authorize(self) -> bool:
        return self.title in ("法定代表人", "财务负责人")


@dataclass(slots=True)
class Person:
    """Somebody with an account at the portal."""

    person_id: str  # 18-character citizen id (synthetic) used as account
    name: str
    phone: str
    password: str
    roles: tuple[Role, ...]
    failed_sign_ins: int = 0
    locked: bool = False


@dataclass(frozen=True, slots=True)
class InvoiceLineRecord:
    name: str
    tax_class: str
    specification: str
    unit: str
    quantity: Decimal
    unit_price: Decimal
    rate: str  # "13%", "免税"
    amount: Decimal
    tax: Decimal


@dataclass(frozen=True, slots=True)
class InvoiceRecord:
    """Amounts in yuan. ``state`` is 正常 or 作废. A red invoice has negative amounts."""

    digital: bool
    special: bool
    code: str
    number: str
    issued_at: datetime
    has_time: bool
    seller_id: str
    seller_name: str
    buyer_id: str
    buyer_name: str
    amount: Decimal
    tax: Decimal
    total: Decimal
    state: str
    original_number: str = ""
    lines: tuple[InvoiceLineRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class CreditRating:
    year: int
    grade: str
    score: Decimal
    published_on: date


@dataclass(frozen=True, slots=True)
class VatReturn:
    """``lines`` maps an official line number to (label, current, year to date), in yuan."""

    return_id: str
    general: bool
    start: date
    end: date
    due_on: date
    filed_on: date
    lines: dict[str, tuple[str, Decimal, Decimal]]


@dataclass(slots=True)
class Company:
    """One taxpayer of one region."""

    taxpayer_id: str
    name: str
    region: str
    general: bool
    status: str  # 正常 | 非正常户 | 注销
    general_since: date | None
    registered_on: date
    industry_code: str
    industry_name: str
    legal_representative: str
    address: str
    invoice_cap: Decimal
    people: tuple[Person, ...]
    ratings: tuple[CreditRating, ...] = ()
    returns: tuple[VatReturn, ...] = ()
    issued: list[InvoiceRecord] = field(default_factory=list)
    """开具: invoices where the company is the seller."""
    received: list[InvoiceRecord] = field(default_factory=list)
    """取得: invoices where the company is the buyer."""
    grants: dict[str, dict[str, str]] = field(default_factory=dict)
    """银税授权 given to banks at this portal, by receipt number."""

    def __hash__(self) -> int:
        return hash(self.taxpayer_id)
