"""The text layer of a PDF, page by page; nothing is read from a picture."""

from __future__ import annotations

import io
import logging
import struct
import zlib
from collections.abc import Callable, Sequence
from typing import TypeVar

import pdfplumber
from pdfminer.pdfdocument import PDFPasswordIncorrect
from pdfminer.pdfexceptions import PDFException
from pdfplumber.page import Page
from pdfplumber.utils.exceptions import MalformedPDFException, PdfminerException

from schema.errors import DataCorrupt, DocumentLocked, PicturesOnly

logging.getLogger("pdfminer").addHandler(logging.NullHandler())
logging.getLogger("pdfminer").propagate = False
"""The library tells of what it cannot read with what it read."""
T = TypeVar("T")
MOST_BYTES, MOST_PAGES = 32 << 20, 200
_SIGNATURE, _END, _TAIL = b"%PDF-", b"%%EOF", 2048
_HEAD = 1024

_DAMAGE = (
    *(MalformedPDFException, PDFException, ValueError, TypeError, KeyError, IndexError, AttributeError),
    *(AssertionError, RecursionError, OverflowError, struct.error, zlib.error),
)
"""What pdfminer raises for a damaged object: whatever it was about to do with it."""


def is_one(content: bytes) -> bool:
    """Whether this calls itself a PDF."""
    return _SIGNATURE in content[:_HEAD]


def pages(content: bytes, name: str) -> Sequence[str]:
    """The text of each page, lines as they stand. Raises ``PicturesOnly``, and as ``each_page``."""
    found = each_page(content, name, lambda page: page.extract_text())
    if not any(text.strip() for text in found):
        raise PicturesOnly(f"{name}: {len(found)} pages without a text layer")
    return found


def each_page(content: bytes, name: str, take: Callable[[Page], T]) -> Sequence[T]:
    """What ``take`` finds on each page. Raises ``DocumentLocked``, and ``DataCorrupt`` for what is no whole
    PDF or too large."""
    if len(content) > MOST_BYTES or _END not in content[-_TAIL:]:
        raise DataCorrupt(f"{name}: {len(content)} bytes are no whole PDF")
    try:
        with pdfplumber.open(io.BytesIO(content)) as book:
            if len(book.pages) > MOST_PAGES:
                raise DataCorrupt(f"{name}: a PDF of {len(book.pages)} pages")
            return [take(page) for page in book.pages]
    except PdfminerException as error:
        if error.args and isinstance(error.args[0], PDFPasswordIncorrect):
            raise DocumentLocked(f"{name}: a PDF that opens with a password") from None
        raise DataCorrupt(f"{name}: a PDF that does not open") from None
    except _DAMAGE:
        raise DataCorrupt(f"{name}: a PDF whose pages cannot be read") from None
