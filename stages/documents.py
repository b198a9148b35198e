"""Documents: files that a loan system or a borrower hands in. A file is recognised by its content, checked
against consent and company, and sealed; the next snapshot has it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from types import MappingProxyType

import polars as pl

from authz import gate
from authz.authorization import Authorization
from authz.documents import KEPT, REFUSED, Document
from normalizers import documents, handover
from normalizers.documents import Reader
from normalizers.handed.owner import of_others
from schema.dataset import Dataset
from schema.errors import (
    BodyTooLarge,
    ContractChanged,
    DataIncomplete,
    DocumentOfAnother,
    FormatUnknown,
    KeyDestroyed,
    TaxlinkError,
    TooManyDocuments,
)
from schema.period import Period
from schema.snapshot import Normalized
from stages.companyname import company_name
from stages.workshop import Workshop
from store.database import new_id, now
from vault.redaction import said
from vault.reference import KeyClass

LARGEST = 20 << 20
"""Bytes of one file, as it is handed in; a ZIP has its own limits on what is in it."""
MOST = 500
"""Files of one authorization, the refused ones too."""
MOST_BYTES = 256 << 20
"""Of all files of one authorization that are kept: a run opens them together."""
TAKEN = MappingProxyType({Dataset.BANK_TRANSACTION: "event_date", Dataset.INVOICE: "issued_at"})
"""What is taken, and the column with its days."""
HANDED_IN = frozenset({Dataset.BANK_TRANSACTION})
"""What no portal and no hub has: a file is handed in, or it is missing."""
_OUTER = "file"
"""Stands for the file's name where it is read: a name may tell what a log must not."""
Company = Callable[[], str | None]
"""The company's name, where it is known."""


@dataclass(frozen=True)
class Handed:
    """What became of one file; ``name`` as it was given. ``error`` why it was refused, ``new`` whether it was
    not kept before."""

    name: str
    document: Document
    error: TaxlinkError | None = None
    new: bool = False


def hand_in(shop: Workshop, authorization_id: str, name: str, content: bytes, *, actor: str) -> list[Handed]:
    """Take a file, or each file in a ZIP; one that is refused keeps none of the others back.

    Raises as ``gate.check_open`` when nothing may be taken, ``BodyTooLarge``, ``TooManyDocuments``, and as
    ``handover.documents`` for a ZIP that cannot be opened.
    """
    current = shop.ledger.authorization(authorization_id)
    gate.check_open(shop.ledger.consent(current.consent_id), now())
    if len(content) > LARGEST:
        raise BodyTooLarge
    whole = documents.Document(_OUTER, content, now(), owner=current.taxpayer_id)
    parts = list(handover.documents(whole))
    _check_room(shop, current, parts)
    company = cache(lambda: company_name(shop, current))  # unsealed once, when the first file asks for it
    return [
        _one(shop, current, company, part, name + part.name.removeprefix(_OUTER), actor) for part in parts
    ]


def raise_if_refused(handed: list[Handed]) -> None:
    """Raises the first file's error when no file was taken."""
    errors = [each.error for each in handed if each.error is not None]
    if errors and len(errors) == len(handed):
        raise errors[0]


def shown_name(shop: Workshop, held: Document) -> str | None:
    """The name that it came with; None for a refused one, and once it is destroyed."""
    try:
        return shop.vault.unseal(held.name_ref).decode() if held.name_ref else None
    except KeyDestroyed:
        return None


def _check_room(shop: Workshop, current: Authorization, parts: list[documents.Document]) -> None:
    """Raises ``TooManyDocuments``."""
    held = shop.documents.of(current.id)
    size = sum(len(each.content) for each in parts) + sum(each.bytes for each in held if each.state == KEPT)
    if len(held) + len(parts) > MOST or size > MOST_BYTES:
        raise TooManyDocuments(f"{len(held)} files are here; {MOST} of {MOST_BYTES} bytes are the most")


def _one(
    shop: Workshop,
    current: Authorization,
    company: Company,
    part: documents.Document,
    name: str,
    actor: str,
) -> Handed:
    digest = hashlib.sha256(part.content).hexdigest()
    known = shop.documents.known(current.id, digest)
    if known is not None and known.state == KEPT:
        return Handed(name, known)
    given = Document(new_id("doc"), current.id, KEPT, digest, len(part.content), actor, now())
    try:
        reader, found = _recognised(part)
        days = _days(reader, found)
        _check_owner(current, company, found)
        consent, token = shop.documents.open_gate(current, reader.dataset, days)
        contents = [part.content, name.encode()]
        page_ref, name_ref = shop.vault.seal_many(consent.id, "document", contents, key_class=KeyClass.DATA)
        described = replace(
            given,
            consent_id=consent.id,
            dataset=reader.dataset,
            format=reader.parser,
            rows=found.tables[reader.dataset.value].height,
            first_day=days.start,
            last_day=days.end,
            findings=tuple(replace(each, detail=said(each.detail)) for each in found.findings),
            page_ref=page_ref,
            name_ref=name_ref,
        )
        kept = shop.documents.keep(described, token)
        return Handed(name, kept, new=kept.page_ref == page_ref)
    except TaxlinkError as error:
        refused = replace(given, state=REFUSED, error_code=error.code, detail=said(error.detail))
        return Handed(name, shop.documents.refuse(refused), error)


def _recognised(part: documents.Document) -> tuple[Reader, Normalized]:
    """The format and the rows. Raises as ``documents.normalize``, and ``FormatUnknown`` for what is not taken
    here."""
    inner = replace(part, name=_OUTER)
    handover.check_single(inner)
    try:
        reader, found = documents.normalize(inner)
    except ContractChanged as error:  # nobody's portal: a file of a known kind in a form that is not
        raise FormatUnknown(error.detail) from None
    if reader.dataset not in TAKEN:
        raise FormatUnknown(f"{reader.format} is not taken here")
    return reader, found


def _days(reader: Reader, found: Normalized) -> Period:
    """The first and the last day of the rows. Raises ``DataIncomplete`` when there are none."""
    days = found.tables[reader.dataset.value].select(pl.col(TAKEN[reader.dataset]).cast(pl.Date)).to_series()
    first, last = days.min(), days.max()
    if not isinstance(first, date) or not isinstance(last, date):
        raise DataIncomplete("a file without rows")
    return Period(start=first, end=last)


def _check_owner(current: Authorization, company: Company, found: Normalized) -> None:
    """Raises ``DocumentOfAnother``."""
    others = of_others(found.tables, current.taxpayer_id, company())
    if others.height:
        raise DocumentOfAnother(f"{others.height} rows are of another company")
