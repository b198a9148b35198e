"""The artefact of a consent: the immutable document that is signed when the party assents.

Canonical JSON by RFC 8785, so that whoever holds the document can compute the bytes that were signed. It
names the company in full and a person only masked, with a salted commitment: whoever knows the person and
the salt, which stays in the vault, can prove who it was.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime

import rfc8785
from pydantic import BaseModel, ConfigDict

from authz.consent.terms import Consent, Institution
from schema.taxpayer_id import masked

FORMAT = "taxlink.consent/1"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Named(_Part):
    code: str
    zh: str
    en: str


class Borrower(_Part):
    taxpayer_id: str
    party: str
    """Who consents: the borrower, or its legal representative."""


class Parties(_Part):
    borrower: Borrower
    recipient: Named
    source: Named
    operator: Named


class Scope(_Part):
    dataset: str
    first_day: date
    last_day: date


class Often(_Part):
    times: int
    unit: str


class Text(_Part):
    """As it was shown; digests over the Chinese text, a form feed and the English text."""

    version: str
    zh: str
    en: str
    sha256: str
    sm3: str


class Template(_Part):
    version: str
    sha256: str


class Agreement(_Part):
    """What was agreed to, by codes; the words are the text's."""

    consent_id: str
    authorization_id: str
    version: int
    supersedes: str | None
    parties: Parties
    data_class: str
    purpose: str
    scopes: tuple[Scope, ...]
    fetch: str
    """``once`` or ``periodic``."""
    frequency: Often
    valid_from: str
    valid_until: str
    data_life_days: int
    text: Text
    template: Template


class Person(_Part):
    """Who assented, masked. ``commitment`` is HMAC-SHA256(salt, name ‖ 0x1f ‖ id number), hex."""

    name: str
    id_number: str
    commitment: str


class Assented(_Part):
    """How the party assented. ``at`` is RFC 3339 in UTC."""

    at: str
    person: Person
    identified_by: tuple[str, ...]
    """``link``: the one-time link that the bank handed out; ``bank_record``: name and id number were the
    bank's; the portal's own sign-in is in the audit log."""
    device: str
    address: str
    browser: str
    """SHA-256 of the random cookie of the browser that owns the link, hex."""


class Artefact(_Part):
    """The whole document."""

    format: str = FORMAT
    agreement: Agreement
    assent: Assented

    def canonical(self) -> bytes:
        """RFC 8785."""
        return rfc8785.dumps(self.model_dump(mode="json"))


@dataclass(frozen=True)
class Assent:
    """The tap as the page or the terminal saw it. ``name`` and ``id_number`` are the person's as the bank
    knows them."""

    name: str = ""
    id_number: str = ""
    device: str = ""
    address: str = ""
    browser: str = ""


def agreement(consent: Consent, taxpayer_id: str) -> Agreement:
    """What a consent in the store says."""
    parties = consent.institutions
    return Agreement(
        consent_id=consent.id,
        authorization_id=consent.authorization_id,
        version=consent.version,
        supersedes=consent.supersedes,
        parties=Parties(
            borrower=Borrower(taxpayer_id=taxpayer_id, party=consent.party),
            recipient=_named(parties.recipient),
            source=_named(parties.source),
            operator=_named(parties.operator),
        ),
        data_class=consent.data_class,
        purpose=consent.purpose,
        scopes=tuple(
            Scope(dataset=d.value, first_day=p.start, last_day=p.end) for d, p in consent.scopes.items()
        ),
        fetch="periodic" if consent.periodic else "once",
        frequency=Often(times=consent.frequency.times, unit=consent.frequency.unit),
        valid_from=_instant(consent.valid_from),
        valid_until=_instant(consent.valid_until),
        data_life_days=consent.data_life_days,
        text=Text(**asdict(consent.text)),
        template=Template(version=consent.template_version, sha256=consent.template_sha256),
    )


def assented(assent: Assent, salt: bytes, at: datetime) -> Assented:
    """The assent, its person masked."""
    said = f"{assent.name}\x1f{assent.id_number}".encode()
    return Assented(
        at=_instant(at),
        person=Person(
            name=assent.name[:1] + "*" * len(assent.name[1:]),
            id_number=masked(assent.id_number) if assent.id_number else "",
            commitment=hmac.digest(salt, said, hashlib.sha256).hex(),
        ),
        identified_by=("link", "bank_record") if assent.id_number else ("link",),
        device=assent.device[:200],
        address=assent.address[:64],
        browser=assent.browser,
    )


def _named(of: Institution) -> Named:
    return Named(**asdict(of))


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
