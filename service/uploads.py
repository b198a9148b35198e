"""Files that a request brings as multipart/form-data: bounded, and held in memory alone."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.types import Message, Receive

from schema.errors import BodyTooLarge, InvalidRequest
from stages.documents import LARGEST

MOST_FILES = 20
LARGEST_UPLOAD = LARGEST + (64 << 10)
"""Bytes of a request, its parts' headings included."""
PATH = re.compile(r"/(?:v1/authorizations|link)/[^/]+/documents")
"""Where a request may bring files."""
_LONGEST_NAME = 120
FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["files"],
                    "properties": {
                        "files": {"type": "array", "items": {"type": "string", "format": "binary"}}
                    },
                }
            }
        },
    }
}
"""What the interface's description says of such a request."""


@dataclass(frozen=True)
class Upload:
    """One file as it came; ``name`` is without a folder."""

    name: str
    content: bytes


class _InMemory(MultiPartParser):
    """Nothing of a file is written to a disk in clear."""

    spool_max_size = LARGEST_UPLOAD + 1


def bounded(headers: Headers, receive: Receive) -> Callable[[], Awaitable[Message]]:
    """The body of a request that brings files, as far as it may be read. Raises ``BodyTooLarge``, at once
    when the size is announced."""
    announced = headers.get("content-length", "0")
    if not announced.isdigit() or int(announced) > LARGEST_UPLOAD:
        raise BodyTooLarge
    read = 0

    async def counted() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > LARGEST_UPLOAD:
            raise BodyTooLarge
        return message

    return counted


async def _uploads(request: Request) -> list[Upload]:
    """Raises ``InvalidRequest``, ``BodyTooLarge``."""
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise InvalidRequest("files are sent as multipart/form-data")
    parser = _InMemory(request.headers, request.stream(), max_files=MOST_FILES, max_fields=0)
    try:
        form = await parser.parse()
    except MultiPartException:
        raise InvalidRequest(f"files alone, {MOST_FILES} at most, as multipart/form-data") from None
    try:
        given = [part for _, part in form.multi_items() if isinstance(part, UploadFile)]
        found = [Upload(_named(part.filename), await part.read()) for part in given]
    finally:
        await form.close()
    if not found:
        raise InvalidRequest("there is no file in the request")
    return found


def _named(told: str | None) -> str:
    name = PurePosixPath((told or "").replace("\\", "/")).name
    return "".join(each for each in name if each.isprintable())[-_LONGEST_NAME:] or "-"


Uploads = Annotated[list[Upload], Depends(_uploads)]
"""The files of a request. Declare it after whoever may send them, so that nothing is read of a stranger's."""
