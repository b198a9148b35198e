"""Authorization requests under way, and the grants and tokens that come of them."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sandbox.company import Company, Person
from sandbox.directory import Grant
from sandbox.families.oauth.problems import Problem
from sandbox.portal import Portal

TYPE = "tax_data"
DATASETS = {
    "taxpayer": "taxpayer",
    "creditRatings": "tax_credit_rating",
    "vatReturns": "tax_return",
    "invoices": "invoice",
}
"""Dataset names of the platform and the dataset each is."""
LIFE = timedelta(minutes=10)
TOKEN_LIFE = timedelta(minutes=10)
GRANT_LIFE = timedelta(days=365)


@dataclass
class Application:
    """One request for a grant. ``days`` maps the platform's dataset names to their first and last day;
    ``asked`` holds the request's own parameters; ``state`` is pending, approved, denied or spent."""

    id: str
    reference: str
    company: Company
    days: dict[str, tuple[str, str]]
    asked: Mapping[str, str]
    jkt: str
    expires_at: datetime
    person: Person | None = None
    state: str = "pending"
    interval: float = 1
    polled_at: float = 0
    code: str = ""
    receipt: str = ""


@dataclass(frozen=True)
class Token:
    """What an access or refresh token stands for. A refresh token does not end before its grant."""

    application: Application
    jkt: str
    expires_at: datetime | None


@dataclass
class Applications:
    """Of one platform; grants live in the region's directory."""

    portal: Portal
    by_id: dict[str, Application] = field(default_factory=dict)
    by_code: dict[str, Application] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)

    def begin(self, asked: Mapping[str, str], details: Any, jkt: str = "") -> Application:
        """A new request; one that waits under the same reference is replaced. Raises ``Problem``."""
        try:
            (detail,) = [each for each in details if each["type"] == TYPE]
            days = {each["name"]: (str(each["from"]), str(each["to"])) for each in detail["datasets"]}
            wellformed = all(date.fromisoformat(day) for pair in days.values() for day in pair)
            reference, taxpayer_id = str(detail["reference"]), str(detail["taxpayerId"])
        except (KeyError, TypeError, ValueError):
            raise Problem("invalid_authorization_details") from None
        if not days or not wellformed or not set(days) <= set(DATASETS):
            raise Problem("invalid_authorization_details")
        company = self._company(reference, taxpayer_id)
        for other in list(self.by_id.values()):
            if other.reference == reference and other.state == "pending":
                del self.by_id[other.id]
        id, expires_at = secrets.token_urlsafe(24), self.portal.clock.now() + LIFE
        self.by_id[id] = Application(id, reference, company, days, asked, jkt, expires_at)
        return self.by_id[id]

    def _company(self, reference: str, taxpayer_id: str) -> Company:
        company = self.portal.directory.company(taxpayer_id)
        if company is None:
            raise Problem("invalid_authorization_details", reason="taxpayer_not_found")
        if company.status != "正常":
            raise Problem("invalid_authorization_details", reason="taxpayer_abnormal")
        if grant := self.portal.directory.grant(reference):
            if grant["receipt"] not in company.grants:
                raise Problem("invalid_authorization_details", reason="reference_conflict")
            self.alive(grant, "invalid_authorization_details")
        return company

    def waiting(self, id: str) -> Application:
        """Raises ``Problem`` expired_token, or invalid_grant for one that nobody asked for."""
        application = self.by_id.get(id)
        if application is None or application.state == "spent":
            raise Problem("invalid_grant")
        if application.expires_at < self.portal.clock.now():
            raise Problem("expired_token")
        return application

    def decide(self, application: Application, person: Person, *, approved: bool) -> None:
        """The person's word. Raises ``Problem`` access_denied for one who may not speak for the company."""
        roles = [each for each in person.roles if each.taxpayer_id == application.company.taxpayer_id]
        if not any(role.may_authorize for role in roles):
            raise Problem("access_denied", reason="role_not_permitted")
        application.person, application.state = person, "approved" if approved else "denied"

    def granted(self, application: Application) -> Grant:
        """The grant of an approved request; one reference never makes two."""
        assert application.person is not None
        now, company = self.portal.clock.now(), application.company
        grant, fresh = self.portal.directory.make_grant(
            company,
            reference=application.reference,
            bank="沙盒银行",
            scopes=",".join(sorted(DATASETS[name] for name in application.days)),
            person_id=application.person.person_id,
            channel="oauth",
            granted_at=now,
            expires_at=now + GRANT_LIFE,
        )
        application.state, application.receipt = "spent", grant["receipt"]
        self._note("grant_made" if fresh else "grant_repeated", company, grant)
        return grant

    def grant(self, application: Application) -> Grant:
        return application.company.grants[application.receipt]

    def alive(self, grant: Grant, error: str, status: int = 400) -> None:
        """Raises ``Problem`` with why the grant is over."""
        if grant["state"] != "有效":
            raise Problem(error, status, reason="grant_revoked")
        if datetime.fromisoformat(grant["expires_at"]) < self.portal.clock.now():
            raise Problem(error, status, reason="consent_expired")

    def revoke(self, application: Application) -> None:
        """End the grant with all its tokens."""
        grant = self.grant(application)
        grant["state"] = "已撤销"
        self.tokens = {
            token: held
            for token, held in self.tokens.items()
            if held.application.receipt != application.receipt
        }
        self._note("grant_revoked", application.company, grant)

    def issue(self, application: Application, jkt: str, *, lasting: bool = False) -> str:
        token = secrets.token_urlsafe(32)
        ends = None if lasting else self.portal.clock.now() + TOKEN_LIFE
        self.tokens[token] = Token(application, jkt, ends)
        return token

    def _note(self, event: str, company: Company, grant: Grant) -> None:
        self.portal.journal.write(
            event, taxpayer_id=company.taxpayer_id, person_id=grant["person_id"], detail=grant["receipt"]
        )
