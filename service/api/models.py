"""What loan systems are shown."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, Field


class RegionOut(BaseModel):
    code: str = Field(description="GB/T 2260 prefix.")
    zh: str
    en: str


class ErrorOut(BaseModel):
    """A cause of failure, in both languages."""

    code: str
    zh: str
    en: str
    actor: str = Field(description="Who must act: nobody, borrower, caller or operations.")
    action: str = Field(description="What the suite does about it.")


class ScopeOut(BaseModel):
    dataset: str
    start: date = Field(serialization_alias="from")
    end: date = Field(serialization_alias="to")


class ConsentOut(BaseModel):
    state: str
    purpose: str
    scopes: list[ScopeOut]
    periodic: bool
    valid_until: datetime
    data_life_days: int
    text_version: str
    text_sha256: str = Field(description="SHA-256 of the Chinese text, a form feed, and the English text.")
    text_sm3: str


class IssuedConsentOut(ConsentOut):
    text_zh: str = Field(description="授权书, exactly as the borrower is shown it.")
    text_en: str


class AttemptOut(BaseModel):
    """One try of one route."""

    run: int
    route: str
    why: str = Field(description="Why the router chose this route.")
    outcome: str | None = Field(description="granted, parked, failed, or null while it goes on.")
    error: ErrorOut | None
    started_at: datetime
    ended_at: datetime | None


class ChallengeOut(BaseModel):
    """What the borrower is being asked."""

    kind: str
    retry: bool
    expires_at: datetime


class AuthorizationOut(BaseModel):
    """An authorization as it stands."""

    id: str
    taxpayer_id: str
    region: RegionOut
    state: str
    progress: str = Field(description="waiting, collecting, scoring or done, under the grant.")
    route: str | None = Field(description="The route that made the grant.")
    run: int = Field(description="1, and one more for each re-run, repair and refresh.")
    trigger: str
    product: str
    amount: str = Field(description="Yuan, with two decimals.")
    term_months: int
    as_of: date | None
    callback_url: str | None
    error: ErrorOut | None
    created_at: datetime
    updated_at: datetime


class AuthorizationDetailOut(AuthorizationOut):
    consent: ConsentOut
    challenge: ChallengeOut | None
    attempts: list[AttemptOut]


class SubmittedOut(AuthorizationOut):
    link_url: str = Field(description="The borrower's page. Shown once; a replay makes a new link.")
    other_links: dict[str, str] = Field(
        description="The pages of others whose consent the data need, such as `legal_representative`."
    )
    consent: IssuedConsentOut


class LinkOut(BaseModel):
    link_url: str = Field(
        description="The borrower's page. Shown once, good for 72 hours until it is opened."
    )


class PageOut(BaseModel):
    items: list[AuthorizationOut]
    next: str | None = Field(description="Cursor of the next page, null on the last.")


class EventOut(BaseModel):
    id: int
    at: datetime
    kind: str
    data: dict[str, Any]


class EventsOut(BaseModel):
    items: list[EventOut]


class CollectionOut(BaseModel):
    dataset: str
    start: date = Field(serialization_alias="from")
    end: date = Field(serialization_alias="to")
    route: str
    pages: int
    missing: str | None = Field(description="Why there are no data, when there are none.")
    error: ErrorOut | None
    fetched_at: datetime


class FindingOut(BaseModel):
    code: str
    severity: str
    dataset: str
    detail: str


class DatasetsOut(BaseModel):
    """What was read in the newest run that has a snapshot. ``tables`` gives row counts."""

    run: int
    as_of: date | None
    collections: list[CollectionOut]
    tables: dict[str, int]
    missing: dict[str, str]
    findings: list[FindingOut]


class CheckOut(BaseModel):
    """One check. ``left`` and ``right`` say what is compared; sums over all rows, in yuan."""

    code: str
    zh: str
    en: str
    outcome: str = Field(description="`agrees`, `differs` or `not_checked`.")
    severity: str
    tolerance: str
    compared: int
    differing: int
    left: str
    right: str
    left_yuan: str
    right_yuan: str
    evidence: list[dict[str, Any]] = Field(description="The rows furthest apart, at most 20.")
    absent: dict[str, str] | None = Field(description="What was needed and why it is not there.")


class ReconciliationOut(BaseModel):
    checks: list[CheckOut]


class WarningOut(BaseModel):
    """A warning signal (预警信号). Of one that is closed the figures are those of its last day."""

    signal: str
    severity: Literal["red", "amber", "yellow"]
    escalated: bool = Field(description="Red since it was one of several amber ones.")
    zh: str
    en: str
    first_seen: datetime
    last_seen: datetime
    deadline: datetime = Field(description="By when it has to be dealt with.")
    closed_at: datetime | None
    does_zh: str = Field(description="What the severity brings about.")
    does_en: str
    action_zh: str = Field(description="What to do.")
    action_en: str
    evidence: dict[str, float | str] | None = Field(
        description="The figures that raise it; null when the data are destroyed."
    )
    evidence_sha256: str
    run: int


class WarningsOut(BaseModel):
    items: list[WarningOut]


class RowsOut(BaseModel):
    """One page of a table. Every ``…_fen`` integer has its ``…_yuan`` decimal text beside it."""

    table: str
    total: int
    offset: int
    rows: list[dict[str, Any]]
