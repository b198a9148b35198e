"""A checkpoint is believed when the log's key signed exactly this, with either suite."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from vault.signing import Signer, new_private_key, signer, verify
from vault.suite import Suite
from verifier import notes
from verifier.notes import BadCheckpoint, Checkpoint

HELD = Checkpoint("taxlink/bank/audit", 1234, bytes(range(32)), "sha256", datetime(2026, 11, 25, tzinfo=UTC))


@pytest.fixture(params=list(Suite))
def key(request: pytest.FixtureRequest) -> Signer:
    return signer(request.param, new_private_key(request.param))


def note(key: Signer, checkpoint: Checkpoint = HELD) -> str:
    return notes.signed(checkpoint, key.public_key, key.sign(checkpoint.text().encode()))


def test_a_signed_checkpoint_opens_with_its_key(key: Signer) -> None:
    assert notes.opened(note(key), [key.public_key]) == HELD


def test_every_changed_character_is_refused(key: Signer) -> None:
    whole = note(key)
    for at in range(len(whole)):
        for other in ("0", "A", "\n", ""):
            changed = whole[:at] + other + whole[at + 1 :]
            if changed == whole:
                continue
            with pytest.raises(BadCheckpoint):
                notes.opened(changed, [key.public_key])


def test_another_key_of_the_same_name_is_refused(key: Signer) -> None:
    for suite in Suite:
        other = signer(suite, new_private_key(suite))
        with pytest.raises(BadCheckpoint):
            notes.opened(note(other), [key.public_key])


def test_one_good_signature_among_unknown_ones_is_enough(key: Signer) -> None:
    other = signer(Suite.INTL, new_private_key(Suite.INTL))
    text, _, line = note(key).rpartition("\n\n")
    strange = note(other).rpartition("\n\n")[2]
    assert notes.opened(f"{text}\n\n{strange}{line}", [key.public_key]) == HELD


@pytest.mark.parametrize(
    "bad", [replace(HELD, hash="md5"), replace(HELD, root=b"short"), replace(HELD, origin="two\nlines")]
)
def test_a_text_that_is_none_is_refused_though_it_is_signed(key: Signer, bad: Checkpoint) -> None:
    with pytest.raises(BadCheckpoint):
        notes.opened(note(key, bad), [key.public_key])


def test_plain_numbers_and_libcrypto_agree_on_sm2() -> None:
    key = signer(Suite.GM, new_private_key(Suite.GM))
    for number in range(8):
        content = b"x" * number * 40
        signature = key.sign(content)
        for other in (signature, signature[:-1], signature[:20] + b"\x01" + signature[21:], b""):
            for told in (content, content + b"y"):
                held = verify(key.public_key, told, other)
                assert notes.signature_holds(key.public_key, told, other) is held
        assert notes.signature_holds(key.public_key, content, signature)
