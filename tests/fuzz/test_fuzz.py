"""A few seconds of what ``make fuzz`` does for ten minutes: hostile files end in rows or in a named error."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.fuzz.seeds import SEEDS
from tests.fuzz.target import ZIPPED, packed, take, unpacked

ROUNDS = 120
PIECES = (
    b"\x00",
    b"\xff",
    b"<",
    b'"',
    b",",
    b"\n",
    b"-",
    b"9" * 40,
    b"=1+1",
    b"&b;",
    "年".encode(),
    b"]]>",
    b"E+99",
)


def mutated(content: bytes, chance: random.Random) -> bytes:
    """A few bytes changed, put in, taken out or doubled."""
    for _ in range(chance.randint(1, 6)):
        place = chance.randrange(len(content) + 1)
        length = chance.choice((1, 1, 2, 8, 64))
        piece = chance.choice((*PIECES, content[place : place + length], bytes([chance.randrange(256)])))
        content = content[:place] + piece + content[place + chance.choice((0, 1, length)) :]
    return content


@pytest.mark.parametrize("kind", sorted(SEEDS))
def test_a_hostile_file_ends_in_rows_or_in_a_named_error(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    chance = random.Random(kind)
    for number in range(ROUNDS):
        seed = chance.choice(SEEDS[kind])
        content = packed(mutated(unpacked(seed), chance)) if kind in ZIPPED else mutated(seed, chance)
        if number % 4 == 0:
            content = mutated(content, chance)
        take(content)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", sorted(SEEDS))
def test_the_files_that_the_fuzzer_sets_out_from_are_read(kind: str) -> None:
    formats = {outcome.reader and outcome.reader.format for seed in SEEDS[kind] for outcome in take(seed)}
    assert formats >= {"xml": {"bank.camt053", "bank.voucher"}, "ofd": {"invoice.ofd"}}.get(
        kind, {"bank.usual"}
    )
