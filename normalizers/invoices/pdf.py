"""An invoice as PDF with a text layer, of either generation, on one page or several."""

from __future__ import annotations

import re

from normalizers import pdftext
from normalizers.documents import Document, Reader
from normalizers.invoices import labels
from normalizers.invoices.agreement import agreed
from normalizers.registry import Parsed
from schema.dataset import Dataset
from schema.errors import DataCorrupt, DocumentLocked, PicturesOnly

_OURS = re.compile(r"发\s*票\s*号\s*码\s*[:：]|价\s*税\s*合\s*计")


def recognises(document: Document) -> bool:
    """By what its text says. One without text that can be read is nobody's, and ``documents`` says why."""
    if not pdftext.is_one(document.content):
        return False
    try:
        return any(map(_OURS.search, pdftext.pages(document.content, document.name)))
    except (DataCorrupt, DocumentLocked, PicturesOnly):
        return False


def read(document: Document) -> Parsed:
    """Raises ``ContractChanged`` for a text that lacks a number, a day or an amount, ``DataConflict``."""
    text = "\n".join(pdftext.pages(document.content, document.name))
    return agreed(document, labels.invoice(text))


READERS = (Reader("invoice.pdf", 1, Dataset.INVOICE, recognises, read),)
