"""银税授权 by API: apply, confirm by SMS code, query, revoke. The bank's ywlsh is idempotent."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from sandbox.company import Company, Person
from sandbox.directory import Grant
from sandbox.families.gateway.counter import Method
from sandbox.families.gateway.problems import Problem
from sandbox.journal import digest
from sandbox.phone import Sms
from sandbox.portal import Portal

CODE_LIFE = timedelta(minutes=5)
CODE_TRIES = 3
GRANT_LIFE = timedelta(days=365)
SCOPES = {
    "NSRXX": "taxpayer",
    "XYDJ": "tax_credit_rating",
    "ZZSSB": "tax_return",
    "FPXX": "invoice",
    "JKXX": "tax_payment",
    "WFXX": "tax_violation",
    "BGXX": "taxpayer_change",
    "CWBB": "financial_statement",
}
"""数据类型 of the gateway and the dataset each is."""


@dataclass
class _Application:
    """One ywlsh. ``scopes`` maps 数据类型 to its first and last day, yyyyMMdd."""

    reference: str
    company: Company
    person: Person
    bank: str
    scopes: dict[str, tuple[str, str]]
    code: str = ""
    expires_at: datetime | None = None
    tries: int = 0


class Authorizations:
    """Applications under way; grants made live in the region's directory."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self._applications: dict[str, _Application] = {}
        self._token_key = os.urandom(32)

    def methods(self) -> Mapping[str, Method]:
        return {
            "authorization.apply": self._apply,
            "authorization.confirm": self._confirm,
            "authorization.query": self._query,
            "authorization.revoke": self._revoke,
        }

    def checked(self, asked: Mapping[str, Any], scope: str, days: tuple[str, str] | None) -> Company:
        """The company that the token (fwlp) may read this scope of, for these days. Raises ``Problem``."""
        company = self._company(asked)
        grant = company.grants.get(asked["sqhzh"])
        if grant is None or not hmac.compare_digest(self._token(grant), asked["fwlp"]):
            raise Problem("40301")
        self._alive(grant)
        application = self._applications.get(grant["reference"])
        limits = application.scopes.get(scope) if application else None
        within = limits is None or days is None or (limits[0] <= days[0] and days[1] <= limits[1])
        if SCOPES[scope] not in grant["scopes"].split(",") or not within:
            raise Problem("40306")
        return company

    def _company(self, asked: Mapping[str, Any]) -> Company:
        company = self._portal.directory.company(asked["nsrsbh"])
        if company is None:
            raise Problem("40401")
        return company

    def _alive(self, grant: Grant) -> None:
        if grant["state"] != "有效":
            raise Problem("40305")
        if datetime.fromisoformat(grant["expires_at"]) < self._portal.clock.now():
            raise Problem("40304")

    def _apply(self, asked: dict[str, Any]) -> bytes:
        company, reference = self._company(asked), str(asked["ywlsh"])
        scopes = {item["sjlx"]: (str(item["qsrq"]), str(item["jzrq"])) for item in asked["sqfw"]}
        if not scopes or not set(scopes) <= set(SCOPES):
            raise Problem("40306")
        known = self._applications.get(reference)
        if known and (known.company is not company or known.scopes != scopes):
            raise Problem("40904")
        if grant := self._portal.directory.grant(reference):
            self._alive(grant)
            self._note("grant_repeated", company, grant["person_id"], detail=grant["receipt"])
            return self._granted(grant)
        if company.status != "正常":
            raise Problem("40303")
        person = _acting(company, str(asked.get("sqrsfzh") or ""))
        application = known or _Application(reference, company, person, str(asked["yhmc"]), scopes)
        self._applications[reference] = application
        self._send_code(application)
        return self._pending(application)

    def _send_code(self, application: _Application) -> None:
        now, code = self._portal.clock.now(), f"{secrets.randbelow(1_000_000):06d}"
        application.code, application.expires_at, application.tries = code, now + CODE_LIFE, CODE_TRIES
        asked = f"您正在授权{application.bank}查询{application.company.name}的涉税信息"
        text = f"【沙盒税务】{asked}，验证码{code}，5分钟内有效。"
        message = Sms(now.isoformat(timespec="seconds"), "沙盒税务", text, code)
        self._portal.phones.send(application.person.phone, message)
        self._note("sms_sent", application.company, application.person.person_id, mark=digest(code))

    def _confirm(self, asked: dict[str, Any]) -> bytes:
        application = self._application(asked)
        if grant := self._portal.directory.grant(application.reference):
            self._alive(grant)
            return self._granted(grant)
        now = self._portal.clock.now()
        if application.tries <= 0:
            raise Problem("40903")
        if application.expires_at is None or application.expires_at < now:
            raise Problem("40902")
        if not hmac.compare_digest(str(asked["yzm"]).encode(), application.code.encode()):
            self._wrong_code(application, str(asked["yzm"]))
        grant, _ = self._portal.directory.make_grant(
            application.company,
            reference=application.reference,
            bank=application.bank,
            scopes=",".join(sorted(SCOPES[scope] for scope in application.scopes)),
            person_id=application.person.person_id,
            channel="gateway",
            granted_at=now,
            expires_at=now + GRANT_LIFE,
        )
        self._note("grant_made", application.company, application.person.person_id, detail=grant["receipt"])
        return self._granted(grant)

    def _wrong_code(self, application: _Application, code: str) -> None:
        application.tries -= 1
        self._note("sms_wrong", application.company, application.person.person_id, mark=digest(code))
        if application.tries <= 0:
            raise Problem("40903")
        raise Problem("40901", orjson.loads(self._pending(application)))

    def _query(self, asked: dict[str, Any]) -> bytes:
        """By ywlsh: granted (02, 03 revoked), pending (01). A grant made on pages is found too."""
        if grant := self._portal.directory.grant(asked["ywlsh"]):
            return self._granted(grant)
        return self._pending(self._application(asked))

    def _revoke(self, asked: dict[str, Any]) -> bytes:
        """Idempotent."""
        company = self._company(asked)
        grant = company.grants.get(asked["sqhzh"])
        if grant is None:
            raise Problem("40301")
        grant["state"] = "已撤销"
        self._note("grant_revoked", company, grant["person_id"], detail=grant["receipt"])
        return orjson.dumps({"nsrsbh": company.taxpayer_id, "sqzt": "03"})

    def _application(self, asked: Mapping[str, Any]) -> _Application:
        if application := self._applications.get(asked["ywlsh"]):
            return application
        raise Problem("40402")

    def _pending(self, application: _Application) -> bytes:
        expires, phone = application.expires_at, application.person.phone
        left = (expires - self._portal.clock.now()).total_seconds() if expires else 0
        return orjson.dumps(
            {
                "nsrsbh": application.company.taxpayer_id,
                "sqzt": "01",
                "sjhm": f"{phone[:3]}****{phone[-4:]}",
                "yxsc": max(0, int(left)),
                "sycs": application.tries,
            }
        )

    def _granted(self, grant: Grant) -> bytes:
        owner = next(c for c in self._portal.directory.companies.values() if grant["receipt"] in c.grants)
        return orjson.dumps(
            {
                "nsrsbh": owner.taxpayer_id,
                "sqzt": "02" if grant["state"] == "有效" else "03",
                "sqhzh": grant["receipt"],
                "fwlp": self._token(grant),
                "sqsj": _printed(grant["granted_at"]),
                "yxqz": _printed(grant["expires_at"]),
            }
        )

    def _token(self, grant: Grant) -> str:
        return hmac.new(self._token_key, grant["receipt"].encode(), hashlib.sha256).hexdigest()

    def _note(
        self, event: str, company: Company, person_id: str, *, mark: str = "", detail: str = ""
    ) -> None:
        self._portal.journal.write(
            event, taxpayer_id=company.taxpayer_id, person_id=person_id, mark=mark, detail=detail
        )


def _acting(company: Company, person_id: str) -> Person:
    """The person who gets the code: the one named, or the legal representative. Raises ``Problem`` 40302."""
    for person in company.people:
        roles = [role for role in person.roles if role.taxpayer_id == company.taxpayer_id]
        named = person.person_id == person_id if person_id else any(r.title == "法定代表人" for r in roles)
        if named and any(role.may_authorize for role in roles):
            return person
    raise Problem("40302")


def _printed(instant: str) -> str:
    return f"{datetime.fromisoformat(instant):%Y-%m-%d %H:%M:%S}"
