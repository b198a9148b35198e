"""The endpoints of loan systems for files: statements and invoices that the borrower gave to the bank."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from authz.documents import Document
from service.api import views
from service.api.callers import DatasetReader, DocumentGiver
from service.api.models import ErrorOut, FindingOut
from service.api.routes import Id
from service.desk import AtDesk
from service.uploads import FORM, Uploads
from stages.documents import raise_if_refused, shown_name
from stages.readable import check_readable

router = APIRouter(prefix="/v1/authorizations", tags=["documents"])

_NUMBER = re.compile(r"\d{6,}")
_SHOWN = 4
"""Digits of a long number that are shown: an account's, a phone's or a person's."""


class DocumentOut(BaseModel):
    """One file that was handed in, or one of those in a ZIP."""

    id: str
    name: str | None = Field(description="Long numbers in it are masked. Null when it was not kept.")
    state: Literal["kept", "refused"]
    sha256: str
    bytes: int
    dataset: str | None = Field(description="`bank_transaction` or `invoice`.")
    format: str | None = Field(description="What it was recognised as, by its content.")
    rows: int | None
    start: date | None = Field(description="The first day of its rows.")
    end: date | None
    findings: list[FindingOut]
    error: ErrorOut | None = Field(description="Why it was refused.")
    detail: str | None
    handed_by: str = Field(description="`caller` or `borrower`.")
    handed_at: datetime
    run: int | None = Field(description="The first run whose snapshot has it.")


class DocumentsOut(BaseModel):
    items: list[DocumentOut]


@router.post(
    "/{id}/documents",
    status_code=201,
    openapi_extra=FORM,
    responses={200: {"description": "All of them were kept before."}},
)
def hand_in(desk: AtDesk, caller: DocumentGiver, id: Id, given: Uploads, response: Response) -> DocumentsOut:
    """Hand in bank statements and invoices as files, or ZIPs of them. The answer tells what became of each;
    when every one is refused it is the first one's problem. They are scored with the present run, or anew
    when that is over."""
    current = desk.shop.ledger.authorization(id, tenant=caller.tenant)
    handed = [
        each
        for upload in given
        for each in desk.intake.hand_in(current.id, upload.name, upload.content, actor=caller.actor)
    ]
    raise_if_refused(handed)
    if not any(each.new for each in handed):
        response.status_code = 200
    return DocumentsOut(items=[shown(each.document, each.name) for each in handed])


@router.get("/{id}/documents")
def listing(desk: AtDesk, caller: DatasetReader, id: Id) -> DocumentsOut:
    """Every file that was handed in, those that were refused too, oldest first."""
    current = desk.shop.ledger.authorization(id, tenant=caller.tenant)
    check_readable(desk.shop, current)
    found = desk.shop.documents.of(current.id)
    return DocumentsOut(items=[shown(each, shown_name(desk.shop, each)) for each in found])


def shown(held: Document, name: str | None) -> DocumentOut:
    return DocumentOut(
        id=held.id,
        name=None if name is None else masked_name(name),
        state="kept" if held.error_code is None else "refused",
        sha256=held.sha256,
        bytes=held.bytes,
        dataset=held.dataset,
        format=held.format,
        rows=held.rows,
        start=held.first_day,
        end=held.last_day,
        findings=[
            FindingOut(code=each.code, severity=each.severity, dataset=each.dataset, detail=each.detail)
            for each in held.findings
        ],
        error=views.error(held.error_code),
        detail=held.detail or None,
        handed_by=held.handed_by.partition(":")[0],
        handed_at=held.handed_at,
        run=held.run,
    )


def masked_name(name: str) -> str:
    """A file's name with the long numbers in it masked."""
    return _NUMBER.sub(lambda found: "*" * (len(found[0]) - _SHOWN) + found[0][-_SHOWN:], name)
