"""Content larger than memory: sealed and opened a chunk at a time.

STREAM (Hoang, Reyhanitabar, Rogaway, Vizár: Online Authenticated-Encryption and its Nonce-Reuse
Misuse-Resistance, CRYPTO 2015, §7): one key a content, the nonce of a chunk is its number and whether it is
the last. So a chunk opens in its own place only, and a content that ends early does not end with a last
chunk.

The first piece is a record's head (``vault.record``), whose suite byte has the bit 0x80; the next are
ciphertext ‖ tag of 1 MiB each, the last of what is left.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator

from cryptography.exceptions import InvalidTag
from sqlalchemy import ColumnElement, delete, insert, select

from schema.errors import SealBroken
from vault import tables
from vault.ciphers import NONCE_BYTES, TAG_BYTES
from vault.record import RecordKey
from vault.reference import KeyClass, Reference
from vault.vault import Vault

CHUNK_BYTES = 1 << 20
FORM = 0x80
_NUMBER_BYTES = 4


class Streams:
    """The large contents of one vault. References are as the vault's, and its ``destroy`` destroys them."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def seal(self, owner: str, kind: str, source: Iterable[bytes], *, key_class: KeyClass) -> str:
        """Keep what ``source`` yields, in pieces of any size, and return its reference.

        Nothing is kept when the source raises. Raises ``KeyDestroyed``.
        """
        reference = Reference(key_class, owner, kind, uuid.uuid4().hex, 1)
        vault = self._vault
        with vault.at_work(vault.keys.sealing_key(owner, key_class), FORM) as key:
            try:
                for number, piece in enumerate(sealed(key, vault.tenant, reference, source)):
                    place = {"tenant": vault.tenant, "owner": owner, "key_class": key_class.value}
                    row = {**place, "kind": kind, "id": reference.id, "number": number, "sealed": piece}
                    with vault.engine.begin() as connection:
                        connection.execute(insert(tables.chunk).values(row))
            except BaseException:
                self._delete(reference)
                raise
        vault.settle(owner, key_class)
        return str(reference)

    def unseal(self, ref: str) -> Iterator[bytes]:
        """The content, a chunk at a time.

        Each chunk is what was sealed there; that none is missing at the end is known only at the end. Raises
        ``KeyDestroyed`` or ``SealBroken``.
        """
        reference, vault = Reference.parse(ref), self._vault
        with vault.at_work(vault.keys.opening_key(reference.owner, reference.key_class), FORM) as key:
            yield from opened(key, vault.tenant, reference, self._pieces(reference))

    def forget(self, ref: str) -> None:
        """Delete a content. Idempotent."""
        self._delete(Reference.parse(ref))

    def _pieces(self, reference: Reference) -> Iterator[bytes]:
        number = 0
        while True:
            query = select(tables.chunk.c.sealed).where(self._at(reference), tables.chunk.c.number == number)
            with self._vault.engine.connect() as connection:
                piece = connection.execute(query).scalar_one_or_none()
            if piece is None:
                return
            yield piece
            number += 1

    def _delete(self, reference: Reference) -> None:
        with self._vault.engine.begin() as connection:
            connection.execute(delete(tables.chunk).where(self._at(reference)))

    def _at(self, reference: Reference) -> ColumnElement[bool]:
        columns = tables.chunk.c
        return (
            (columns.tenant == self._vault.tenant)
            & (columns.owner == reference.owner)
            & (columns.key_class == reference.key_class)
            & (columns.kind == reference.kind)
            & (columns.id == reference.id)
        )


def sealed(key: RecordKey, tenant: str, reference: Reference, source: Iterable[bytes]) -> Iterator[bytes]:
    """The pieces of a sealed content; at most two chunks of it are in memory."""
    cipher, context, head = key.fresh(tenant, reference)
    yield head
    for number, (chunk, last) in enumerate(_with_last(_chunks(source))):
        yield cipher.encrypt(_nonce(number, last=last), chunk, context)


def opened(key: RecordKey, tenant: str, reference: Reference, pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The content of these pieces. Raises ``SealBroken``: altered, cut short, out of order, of another
    place."""
    rest = iter(pieces)
    cipher, context = key.opened(tenant, reference, next(rest, b""))
    ended = False
    for number, (piece, last) in enumerate(_with_last(rest)):
        if not last and len(piece) != CHUNK_BYTES + TAG_BYTES:
            raise SealBroken("a chunk has another length than its place asks for")
        try:
            yield cipher.decrypt(_nonce(number, last=last), piece, context)
        except InvalidTag:
            raise SealBroken("a chunk was altered, misplaced, or the content was cut short") from None
        ended = last
    if not ended:
        raise SealBroken("the content has no end")


def _nonce(number: int, *, last: bool) -> bytes:
    return bytes(NONCE_BYTES - _NUMBER_BYTES - 1) + number.to_bytes(_NUMBER_BYTES, "big") + bytes([last])


def _chunks(source: Iterable[bytes]) -> Iterator[bytes]:
    """The same content in chunks of ``CHUNK_BYTES``, the last of what is left: empty for nothing alone."""
    held = bytearray()
    for piece in source:
        with memoryview(piece) as view:
            for start in range(0, len(view), CHUNK_BYTES):
                held += view[start : start + CHUNK_BYTES]
                if len(held) > CHUNK_BYTES:
                    yield bytes(held[:CHUNK_BYTES])
                    del held[:CHUNK_BYTES]
    yield bytes(held)


def _with_last(items: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    rest = iter(items)
    for item in rest:
        for following in rest:
            yield item, False
            item = following
        yield item, True
