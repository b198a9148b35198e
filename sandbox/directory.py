"""The register of one region: companies, persons, and the 银税授权 (bank-tax grants) made at its portals."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import cached_property

from sandbox.company import Company, Person

Grant = dict[str, str]
"""``receipt, reference, bank, scopes, granted_at, expires_at, state (有效|已撤销), person_id, channel``.

``scopes`` are names of ``schema.dataset.Dataset``, sorted, with commas between; instants are ISO 8601."""


class Directory:
    """Shared by the portals of a region, so that a grant made by API is seen on the pages. ``companies`` are
    read when the first one is asked for."""

    def __init__(self, region: str, companies: Iterable[Company]) -> None:
        self.region, self._source = region, companies

    @cached_property
    def companies(self) -> dict[str, Company]:
        return {company.taxpayer_id: company for company in self._source}

    @cached_property
    def persons(self) -> dict[str, Person]:
        return {person.person_id: person for company in self.companies.values() for person in company.people}

    def company(self, taxpayer_id: str) -> Company | None:
        return self.companies.get(taxpayer_id)

    def person(self, account: str) -> Person | None:
        """By citizen id or by phone number."""
        return self.persons.get(account) or next(
            (p for p in self.persons.values() if p.phone == account), None
        )

    def stranger(self, taxpayer_id: str) -> Company:
        """Another company than this one, for the fault ``wrong_company``."""
        return next(
            (company for key, company in self.companies.items() if key != taxpayer_id),
            self.companies[taxpayer_id],
        )

    def grant(self, reference: str) -> Grant | None:
        """The grant made under the bank's reference, in whatever state."""
        for company in self.companies.values():
            for grant in company.grants.values():
                if grant["reference"] == reference:
                    return grant
        return None

    def make_grant(
        self,
        company: Company,
        *,
        reference: str,
        bank: str,
        scopes: str,
        person_id: str,
        channel: str,
        granted_at: datetime,
        expires_at: datetime,
    ) -> tuple[Grant, bool]:
        """The grant of this reference and whether it was made now: one reference never makes two grants."""
        if existing := self.grant(reference):
            return existing, False
        serial = sum(len(each.grants) for each in self.companies.values()) + 1
        grant = {
            "receipt": f"YSSQ{self.region}{granted_at:%Y%m%d}{serial:06d}",
            "reference": reference,
            "bank": bank,
            "scopes": scopes,
            "granted_at": granted_at.isoformat(),
            "expires_at": expires_at.isoformat(),
            "state": "有效",
            "person_id": person_id,
            "channel": channel,
        }
        company.grants[grant["receipt"]] = grant
        return grant, True
