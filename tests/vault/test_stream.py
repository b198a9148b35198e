"""What sealing in chunks promises."""

from __future__ import annotations

import itertools
import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from schema.errors import KeyDestroyed, SealBroken
from vault import tables
from vault.record import RecordKey
from vault.reference import KeyClass, Reference
from vault.stream import CHUNK_BYTES, FORM, Streams, opened, sealed
from vault.suite import Suite
from vault.vault import Vault

HERE = Reference(KeyClass.DATA, "consent_1", "raw.archive", "7", 1)
CONTENT = os.urandom(3 * CHUNK_BYTES + 5)
both_suites = pytest.mark.parametrize("suite", Suite)


def _key(suite: Suite) -> RecordKey:
    return RecordKey(suite, bytes(32), FORM)


@pytest.fixture(scope="module", params=Suite)
def pieces(request: pytest.FixtureRequest) -> tuple[RecordKey, list[bytes]]:
    """A key, and what it made of ``CONTENT``: the head and four chunks."""
    key = _key(request.param)
    made = list(sealed(key, "bank", HERE, [CONTENT]))
    assert len(made) == 5
    return key, made


@both_suites
@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES])
def test_any_length_in_pieces_of_any_size_opens_again(suite: Suite, size: int) -> None:
    content, step = CONTENT[:size], 300_001
    source = [content[start : start + step] for start in range(0, size, step)]
    key = _key(suite)
    assert b"".join(opened(key, "bank", HERE, sealed(key, "bank", HERE, source))) == content


def test_a_content_that_was_cut_short_is_refused_wherever_it_was_cut(
    pieces: tuple[RecordKey, list[bytes]],
) -> None:
    key, made = pieces
    for count in range(len(made)):
        with pytest.raises(SealBroken):
            list(opened(key, "bank", HERE, made[:count]))
    with pytest.raises(SealBroken):
        list(opened(key, "bank", HERE, [*made[:-1], made[-1][:-1]]))


def test_chunks_in_any_other_order_are_refused(pieces: tuple[RecordKey, list[bytes]]) -> None:
    key, (head, *chunks) = pieces
    for order in itertools.permutations(chunks):
        if list(order) != chunks:
            with pytest.raises(SealBroken):
                list(opened(key, "bank", HERE, [head, *order]))
    for wrong in ([*chunks, chunks[-1]], [chunks[0], *chunks], [chunks[0], chunks[-1]]):
        with pytest.raises(SealBroken):
            list(opened(key, "bank", HERE, [head, *wrong]))


def test_a_chunk_of_another_content_is_refused(pieces: tuple[RecordKey, list[bytes]]) -> None:
    key, made = pieces
    other = list(sealed(key, "bank", HERE, [CONTENT]))
    for number in range(len(made)):
        with pytest.raises(SealBroken):
            list(opened(key, "bank", HERE, [*made[:number], other[number], *made[number + 1 :]]))


def test_a_content_opens_in_its_own_place_only(pieces: tuple[RecordKey, list[bytes]]) -> None:
    key, made = pieces
    with pytest.raises(SealBroken):
        list(opened(key, "bank", replace(HERE, owner="consent_2"), made))
    with pytest.raises(SealBroken):
        list(opened(key, "other bank", HERE, made))


@both_suites
def test_a_record_is_no_stream_and_a_stream_no_record(suite: Suite) -> None:
    record_key, stream_key = RecordKey(suite, bytes(32)), _key(suite)
    record = bytes(record_key.seal("bank", HERE, b"payload"))
    head, chunk = sealed(stream_key, "bank", HERE, [b"payload"])
    for disguised in (head + chunk, record[:1] + head[1:] + chunk):
        with pytest.raises(SealBroken):
            record_key.unseal("bank", HERE, disguised)
    with pytest.raises(SealBroken):
        list(opened(stream_key, "bank", HERE, [head[:1] + record[1:65], record[65:]]))


# --- in the vault ---


def test_a_large_content_is_kept_and_opened_within_little_memory(
    vault: Vault, elsewhere: Callable[[str], subprocess.Popen[str]]
) -> None:
    """96 MiB, with 48 MiB of address space to spare."""
    script = (
        "import resource\n"
        "from vault.stream import Streams\n"
        "streams = Streams(vault)\n"
        "def numbers(count):\n"
        "    for number in range(count): yield number.to_bytes(4, 'big') * (1 << 18)\n"
        "streams.seal('consent_0', 'warm', numbers(2), key_class=KeyClass.DATA)\n"
        "used = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()\n"
        "resource.setrlimit(resource.RLIMIT_AS, (used + (48 << 20), -1))\n"
        "ref = streams.seal('consent_1', 'raw', numbers(96), key_class=KeyClass.DATA)\n"
        "assert all(a == b for a, b in zip(streams.unseal(ref), numbers(96), strict=True))\n"
        "say(ref)\n"
    )
    ref = elsewhere(script).communicate()[0].split()[-1]
    assert sum(map(len, Streams(vault).unseal(ref))) == 96 << 20


def test_nothing_is_kept_of_a_source_that_fails(vault: Vault) -> None:
    def broken() -> Iterator[bytes]:
        yield bytes(2 * CHUNK_BYTES)
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        Streams(vault).seal("consent_1", "raw", broken(), key_class=KeyClass.DATA)
    assert _kept(vault) == 0


def test_destruction_destroys_large_contents_too(vault: Vault) -> None:
    streams = Streams(vault)
    ref = streams.seal("consent_1", "raw", [CONTENT], key_class=KeyClass.DATA)
    gone = streams.seal("consent_2", "raw", [b"short"], key_class=KeyClass.DATA)
    streams.forget(gone)
    with pytest.raises(SealBroken):
        list(streams.unseal(gone))
    vault.destroy("consent_1", KeyClass.DATA)
    with pytest.raises(KeyDestroyed):
        list(streams.unseal(ref))
    assert _kept(vault) == 0


def test_a_destruction_in_the_middle_of_sealing_leaves_nothing(vault: Vault) -> None:
    def source() -> Iterator[bytes]:
        yield bytes(2 * CHUNK_BYTES)
        vault.destroy("consent_1", KeyClass.DATA)
        yield bytes(CHUNK_BYTES)

    with pytest.raises(KeyDestroyed):
        Streams(vault).seal("consent_1", "raw", source(), key_class=KeyClass.DATA)
    assert _kept(vault) == 0


def _kept(vault: Vault) -> int:
    with vault.engine.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(tables.chunk)).scalar_one())
