"""What a loan system asks for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from authz.consent import DAILY, Frequency
from schema.dataset import Dataset
from schema.period import Period


@dataclass(frozen=True)
class Application:
    """What a loan system asks for. Amounts in fen. ``as_of`` is set for a back-test only."""

    tenant: str
    taxpayer_id: str
    region: str
    scopes: dict[Dataset, Period]
    product: str
    amount_fen: int
    term_months: int
    purpose: str = "loan_application"
    periodic: bool = False
    frequency: Frequency = DAILY
    valid_days: int = 90
    data_life_days: int = 365
    as_of: date | None = None
    callback_url: str | None = None
    callback_secret_ref: str | None = None
