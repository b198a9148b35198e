"""What a connector hands over before anyone has read it: bytes with their provenance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from schema.dataset import Dataset, Route
from schema.period import Period


@dataclass(frozen=True)
class RawPage:
    """One answer of a portal, as received (after transport decryption), before normalization.

    ``source_format`` names the parser, e.g. ``gateway.invoice`` or ``unified.invoice_xlsx``; ``locator`` says
    where in the portal it came from (path or page name, never a secret); ``portal_total`` is the portal's own
    count of records for the whole dataset and period, when it tells one; ``owner`` the id of the
    company that a file was handed in for.
    """

    dataset: Dataset
    period: Period
    region: str
    route: Route
    source_format: str
    locator: str
    sequence: int
    content: bytes
    content_type: str
    fetched_at: datetime
    portal_total: int | None = None
    owner: str | None = None
