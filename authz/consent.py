"""Consent (授权书): what the borrower agreed to. Pure: states, text and coverage, no I/O."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cryptography.hazmat.primitives import hashes

from schema.dataset import Dataset
from schema.errors import StateConflict
from schema.period import Period
from schema.taxpayer_id import masked


class ConsentState(StrEnum):
    DRAFT = "draft"
    AWAITING = "awaiting"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    REJECTED = "rejected"
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    CONSUMED = "consumed"
    SUPERSEDED = "superseded"


_S = ConsentState
TRANSITIONS: dict[ConsentState, frozenset[ConsentState]] = {
    _S.DRAFT: frozenset({_S.AWAITING}),
    _S.AWAITING: frozenset({_S.ACTIVE, _S.REJECTED, _S.LAPSED, _S.WITHDRAWN}),
    _S.ACTIVE: frozenset({_S.SUSPENDED, _S.WITHDRAWN, _S.EXPIRED, _S.CONSUMED, _S.SUPERSEDED}),
    _S.SUSPENDED: frozenset({_S.ACTIVE, _S.WITHDRAWN, _S.EXPIRED, _S.SUPERSEDED}),
    _S.REJECTED: frozenset(),
    _S.LAPSED: frozenset(),
    _S.WITHDRAWN: frozenset(),
    _S.EXPIRED: frozenset(),
    _S.CONSUMED: frozenset(),
    _S.SUPERSEDED: frozenset(),
}
"""Which state may follow which. A state with no followers is an end."""


KEEPS_DATA = frozenset({_S.CONSUMED, _S.EXPIRED})
"""Ends after which nothing more is read, and what was read stays for its data life."""


class Disposal(StrEnum):
    """What becomes of the data after the end."""

    RETAINED = "retained"
    SHRED_PENDING = "shred_pending"
    SHREDDED = "shredded"


def step(current: ConsentState, to: ConsentState) -> ConsentState:
    """``to``, when it may follow ``current``. Raises ``StateConflict``."""
    if to not in TRANSITIONS[current]:
        raise StateConflict(f"consent cannot go from {current} to {to}")
    return to


@dataclass(frozen=True)
class Frequency:
    """How often a dataset may be read: ``times`` a calendar ``unit`` (``day`` or ``month``)."""

    times: int
    unit: str

    def unit_start(self, at: datetime) -> datetime:
        """The first instant of the calendar unit of ``at``, in the zone of ``at``."""
        midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight.replace(day=1) if self.unit == "month" else midnight


DAILY = Frequency(1, "day")


@dataclass(frozen=True)
class Consent:
    """One revision of a consent. ``revision`` is the fencing token of the gate."""

    id: str
    authorization_id: str
    revision: int
    state: ConsentState
    purpose: str
    scopes: dict[Dataset, Period]
    periodic: bool
    frequency: Frequency
    valid_from: datetime
    valid_until: datetime
    data_life_days: int
    text: ConsentText


@dataclass(frozen=True)
class ConsentText:
    """The text in both languages exactly as shown, with its digests over both (SHA-256 and SM3, hex)."""

    version: str
    zh: str
    en: str
    sha256: str
    sm3: str


TEXT_VERSION = "2026-11"
PURPOSES = {"loan_application": ("贷款申请审批", "assessing a loan application")}
"""Purpose codes with their words in Chinese and English."""


def compose_text(
    *,
    bank_zh: str,
    bank_en: str,
    taxpayer_id: str,
    region_zh: str,
    region_en: str,
    purpose: str,
    scopes: dict[Dataset, Period],
    periodic: bool,
    valid_until: datetime,
    data_life_days: int,
) -> ConsentText:
    """The authorization letter. The company's id is masked: the text is shown on a page that a link opens."""
    company = masked(taxpayer_id)
    purpose_zh, purpose_en = PURPOSES[purpose]
    listed_zh = "；".join(f"{d.zh}（{p.start} 至 {p.end}）" for d, p in scopes.items())
    listed_en = "; ".join(f"{d.value.replace('_', ' ')} ({p.start} to {p.end})" for d, p in scopes.items())
    often_zh = "在有效期内定期" if periodic else "一次性"
    often_en = "at regular intervals while this consent is valid" if periodic else "once"
    zh = (
        f"涉税信息查询授权书\n"
        f"本企业（{company}）授权{bank_zh}为{purpose_zh}之目的，{often_zh}向{region_zh}税务机关查询并使用下列信息：{listed_zh}。\n"
        f"授权有效期至 {valid_until:%Y-%m-%d}，所得数据最长保存 {data_life_days} 天，到期销毁。\n"
        f"登录税务门户所需的密码和验证码只使用一次，不予保存。您可随时在本页面撤回授权，撤回与授权同样方便，撤回后数据将被删除。"
    )
    en = (
        f"Authorization to read tax records\n"
        f"This company ({company}) authorizes {bank_en}, for the purpose of {purpose_en}, to read from the "
        f"tax authority of {region_en}, {often_en}: {listed_en}.\n"
        f"The authorization is valid until {valid_until:%Y-%m-%d}. The data are kept for at most "
        f"{data_life_days} days and then destroyed.\n"
        f"Passwords and codes for the tax portal are used once and not kept. You can withdraw on this page "
        f"at any time, as easily as you agree; the data are then deleted."
    )
    return digested(TEXT_VERSION, zh, en)


def digested(version: str, zh: str, en: str) -> ConsentText:
    """The text with the digests of both languages joined by a form feed."""
    content = f"{zh}\f{en}".encode()
    sm3 = hashes.Hash(hashes.SM3())
    sm3.update(content)
    return ConsentText(version, zh, en, hashlib.sha256(content).hexdigest(), sm3.finalize().hex())
