"""银税授权 confirmed by an SMS code: what is the same at every portal of this kind, whatever its wire.

The bank's reference is the idempotency key: it never makes two grants.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from sandbox.company import Company, Person
from sandbox.directory import Grant
from sandbox.journal import digest
from sandbox.phone import Sms
from sandbox.portal import Portal

CODE_LIFE = timedelta(minutes=5)
CODE_TRIES = 3
GRANT_LIFE = timedelta(days=365)

Days = tuple[date, date]
"""First and last day."""


class Reason(StrEnum):
    """Why a portal refuses. A family gives each its own code."""

    UNKNOWN_COMPANY = "纳税人不存在"
    ABNORMAL_COMPANY = "纳税人状态异常"
    NO_AUTHORITY = "经办人身份无授权权限"
    UNKNOWN_REFERENCE = "授权申请不存在"
    REFERENCE_USED = "业务流水号已用于其他申请"
    WRONG_CODE = "短信验证码错误"
    CODE_EXPIRED = "短信验证码已过期"
    TRIES_SPENT = "短信验证码错误次数过多"
    NO_GRANT = "未取得纳税人授权"
    GRANT_EXPIRED = "授权已到期"
    GRANT_REVOKED = "授权已撤销"
    OUT_OF_SCOPE = "超出授权范围"


class Refusal(Exception):
    """``pending`` tells how the application stands when another code may be tried."""

    def __init__(self, reason: Reason, pending: Standing | None = None) -> None:
        super().__init__(reason.name)
        self.reason, self.pending = reason, pending


@dataclass(frozen=True)
class Standing:
    """How an application stands: ``grant`` once there is one, else the code's phone, seconds and tries."""

    taxpayer_id: str
    phone: str = ""
    seconds: int = 0
    tries: int = 0
    grant: Grant | None = None
    token: str = ""


@dataclass
class _Application:
    """``scopes`` maps a name of ``schema.dataset.Dataset`` to its days."""

    reference: str
    company: Company
    person: Person
    bank: str
    scopes: Mapping[str, Days]
    code: str = ""
    expires_at: datetime | None = None
    tries: int = 0


class Applications:
    """Applications under way; grants made live in the region's directory."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self._applications: dict[str, _Application] = {}
        self._token_key = os.urandom(32)

    def apply(
        self, reference: str, taxpayer_id: str, person_id: str, bank: str, scopes: Mapping[str, Days]
    ) -> Standing:
        company, known = self._company(taxpayer_id), self._applications.get(reference)
        if known and (known.company is not company or known.scopes != scopes):
            raise Refusal(Reason.REFERENCE_USED)
        if grant := self._portal.directory.grant(reference):
            _alive(grant, self._portal.clock.now())
            self._note("grant_repeated", company, grant["person_id"], detail=grant["receipt"])
            return self._granted(grant)
        if not scopes:
            raise Refusal(Reason.OUT_OF_SCOPE)
        if company.status != "正常":
            raise Refusal(Reason.ABNORMAL_COMPANY)
        person = _acting(company, person_id)
        application = known or _Application(reference, company, person, bank, scopes)
        self._applications[reference] = application
        self._send_code(application)
        return self._pending(application)

    def confirm(self, reference: str, code: str) -> Standing:
        application, now = self._application(reference), self._portal.clock.now()
        if grant := self._portal.directory.grant(reference):
            _alive(grant, now)
            return self._granted(grant)
        if application.tries <= 0:
            raise Refusal(Reason.TRIES_SPENT)
        if application.expires_at is None or application.expires_at < now:
            raise Refusal(Reason.CODE_EXPIRED)
        if not hmac.compare_digest(code.encode(), application.code.encode()):
            self._wrong_code(application, code)
        grant, _ = self._portal.directory.make_grant(
            application.company,
            reference=reference,
            bank=application.bank,
            scopes=",".join(sorted(application.scopes)),
            person_id=application.person.person_id,
            channel=self._portal.family,
            granted_at=now,
            expires_at=now + GRANT_LIFE,
        )
        self._note("grant_made", application.company, application.person.person_id, detail=grant["receipt"])
        return self._granted(grant)

    def query(self, reference: str) -> Standing:
        """A grant made on pages is found too, and so is one that was revoked."""
        if grant := self._portal.directory.grant(reference):
            return self._granted(grant)
        return self._pending(self._application(reference))

    def revoke(self, taxpayer_id: str, receipt: str) -> Standing:
        """Idempotent."""
        company = self._company(taxpayer_id)
        if (grant := company.grants.get(receipt)) is None:
            raise Refusal(Reason.NO_GRANT)
        grant["state"] = "已撤销"
        self._note("grant_revoked", company, grant["person_id"], detail=receipt)
        return self._granted(grant)

    def readable(self, taxpayer_id: str, receipt: str, token: str, scope: str, days: Days | None) -> Company:
        """The company, when the grant and its token cover the scope for these days."""
        company = self._company(taxpayer_id)
        grant = company.grants.get(receipt)
        if grant is None or not hmac.compare_digest(self._token(grant).encode(), token.encode()):
            raise Refusal(Reason.NO_GRANT)
        _alive(grant, self._portal.clock.now())
        application = self._applications.get(grant["reference"])
        limits = application.scopes.get(scope) if application else None
        within = limits is None or days is None or (limits[0] <= days[0] and days[1] <= limits[1])
        if scope not in grant["scopes"].split(",") or not within:
            raise Refusal(Reason.OUT_OF_SCOPE)
        return company

    def _company(self, taxpayer_id: str) -> Company:
        if company := self._portal.directory.company(taxpayer_id):
            return company
        raise Refusal(Reason.UNKNOWN_COMPANY)

    def _application(self, reference: str) -> _Application:
        if application := self._applications.get(reference):
            return application
        raise Refusal(Reason.UNKNOWN_REFERENCE)

    def _send_code(self, application: _Application) -> None:
        now, code = self._portal.clock.now(), f"{secrets.randbelow(1_000_000):06d}"
        application.code, application.expires_at, application.tries = code, now + CODE_LIFE, CODE_TRIES
        asked = f"您正在授权{application.bank}查询{application.company.name}的涉税信息"
        text = f"【沙盒税务】{asked}，验证码{code}，5分钟内有效。"
        message = Sms(now.isoformat(timespec="seconds"), "沙盒税务", text, code)
        self._portal.phones.send(application.person.phone, message)
        self._note("sms_sent", application.company, application.person.person_id, mark=digest(code))

    def _wrong_code(self, application: _Application, code: str) -> None:
        application.tries -= 1
        self._note("sms_wrong", application.company, application.person.person_id, mark=digest(code))
        if application.tries <= 0:
            raise Refusal(Reason.TRIES_SPENT)
        raise Refusal(Reason.WRONG_CODE, self._pending(application))

    def _pending(self, application: _Application) -> Standing:
        expires, phone = application.expires_at, application.person.phone
        left = (expires - self._portal.clock.now()).total_seconds() if expires else 0
        masked = f"{phone[:3]}****{phone[-4:]}"
        return Standing(application.company.taxpayer_id, masked, max(0, int(left)), application.tries)

    def _granted(self, grant: Grant) -> Standing:
        companies: Iterable[Company] = self._portal.directory.companies.values()
        owner = next(company for company in companies if grant["receipt"] in company.grants)
        return Standing(owner.taxpayer_id, grant=grant, token=self._token(grant))

    def _token(self, grant: Grant) -> str:
        return hmac.new(self._token_key, grant["receipt"].encode(), hashlib.sha256).hexdigest()

    def _note(
        self, event: str, company: Company, person_id: str, *, mark: str = "", detail: str = ""
    ) -> None:
        self._portal.journal.write(
            event, taxpayer_id=company.taxpayer_id, person_id=person_id, mark=mark, detail=detail
        )


def _alive(grant: Grant, now: datetime) -> None:
    if grant["state"] != "有效":
        raise Refusal(Reason.GRANT_REVOKED)
    if datetime.fromisoformat(grant["expires_at"]) < now:
        raise Refusal(Reason.GRANT_EXPIRED)


def _acting(company: Company, person_id: str) -> Person:
    """The person who gets the code: the one named, or the legal representative."""
    for person in company.people:
        roles = [role for role in person.roles if role.taxpayer_id == company.taxpayer_id]
        named = person.person_id == person_id if person_id else any(r.title == "法定代表人" for r in roles)
        if named and any(role.may_authorize for role in roles):
            return person
    raise Refusal(Reason.NO_AUTHORITY)
