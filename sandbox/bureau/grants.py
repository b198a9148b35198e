"""银税授权 at the bureau, by whoever is signed in. The bank's reference never makes two grants."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sandbox.bureau.reasons import Problem, Reason
from sandbox.bureau.signin import Fields, Session
from sandbox.company import Company
from sandbox.directory import Grant
from sandbox.portal import Portal

GRANT_LIFE = timedelta(days=365)
Days = tuple[date, date]


class Grants:
    """``scopes`` maps the bureau's codes of data to names of ``schema.dataset.Dataset``."""

    def __init__(self, portal: Portal, scopes: Mapping[str, str]) -> None:
        self._portal, self._scopes = portal, scopes
        self._days: dict[str, dict[str, Days]] = {}

    def give(self, session: Session, asked: Fields) -> Fields:
        """Idempotent by ``reference``."""
        assert session.company is not None
        assert session.person is not None
        company, person = session.company, session.person
        days = self._wanted(asked["scopes"])
        if not any(role.may_authorize and role.taxpayer_id == company.taxpayer_id for role in person.roles):
            raise Problem(Reason.NO_AUTHORITY)
        if company.status != "正常":
            raise Problem(Reason.ABNORMAL_COMPANY)
        now = self._portal.clock.now()
        grant, made = self._portal.directory.make_grant(
            company,
            reference=str(asked["reference"]),
            bank=str(asked["bank"]),
            scopes=",".join(sorted(days)),
            person_id=person.person_id,
            channel="bureau",
            granted_at=now,
            expires_at=now + GRANT_LIFE,
        )
        if grant["receipt"] not in company.grants or grant["scopes"] != ",".join(sorted(days)):
            raise Problem(Reason.REFERENCE_USED)
        self._alive(grant)
        if made:
            self._days[grant["receipt"]] = days
        session.receipt = grant["receipt"]
        self._note("grant_made" if made else "grant_repeated", company, grant)
        return self._shown(company, grant)

    def find(self, session: Session, asked: Fields) -> Fields:
        """The company's grant of a reference, in whatever state; nothing where there is none."""
        assert session.company is not None
        for grant in session.company.grants.values():
            if grant["reference"] == asked["reference"]:
                session.receipt = grant["receipt"]
                return self._shown(session.company, grant)
        return {}

    def end(self, session: Session, asked: Fields) -> Fields:
        """Idempotent."""
        assert session.company is not None
        grant = session.company.grants.get(str(asked["receipt"]))
        if grant is None:
            raise Problem(Reason.NO_GRANT)
        grant["state"] = "已撤销"
        self._note("grant_revoked", session.company, grant)
        return self._shown(session.company, grant)

    def check(self, session: Session, dataset: str, days: Days | None) -> None:
        """Whether the session may read this for the bank. Raises ``Problem``."""
        grant = session.company.grants.get(session.receipt) if session.company else None
        if grant is None:
            raise Problem(Reason.NO_GRANT)
        self._alive(grant)
        limits = self._days.get(grant["receipt"], {}).get(dataset)
        within = limits is None or days is None or (limits[0] <= days[0] and days[1] <= limits[1])
        if dataset not in grant["scopes"].split(",") or not within:
            raise Problem(Reason.OUT_OF_SCOPE)

    def _wanted(self, listed: list[dict[str, Any]]) -> dict[str, Days]:
        try:
            return {
                self._scopes[each["scope"]]: (
                    date.fromisoformat(each["start"]),
                    date.fromisoformat(each["end"]),
                )
                for each in listed
            }
        except (KeyError, TypeError, ValueError):
            raise Problem(Reason.BAD_REQUEST) from None

    def _alive(self, grant: Grant) -> None:
        if grant["state"] != "有效":
            raise Problem(Reason.GRANT_REVOKED)
        if datetime.fromisoformat(grant["expires_at"]) < self._portal.clock.now():
            raise Problem(Reason.GRANT_EXPIRED)

    def _shown(self, company: Company, grant: Grant) -> Fields:
        return {
            "company": company.taxpayer_id,
            "receipt": grant["receipt"],
            "active": grant["state"] == "有效",
            "granted_at": _printed(grant["granted_at"]),
            "expires_at": _printed(grant["expires_at"]),
        }

    def _note(self, event: str, company: Company, grant: Grant) -> None:
        self._portal.journal.write(
            event,
            taxpayer_id=company.taxpayer_id,
            person_id=grant["person_id"],
            detail=grant["receipt"],
        )


def _printed(instant: str) -> str:
    return f"{datetime.fromisoformat(instant):%Y-%m-%d %H:%M:%S}"
