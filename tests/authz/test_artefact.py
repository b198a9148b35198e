"""A consent that was agreed to is a signed document in the vault, and nothing else is believed."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import rfc8785
from sqlalchemy import update

from authz.consent import Consent, Frequency
from authz.consent.archive import Archive
from authz.consent.artefact import Assent
from authz.consents import Consents
from schema.clock import BEIJING
from schema.errors import ConsentAltered, SealBroken
from store import tables
from vault import tables as sealed
from vault.suite import Suite
from vault.vault import Vault, VaultSettings

if TYPE_CHECKING:
    from conftest import Desk

    from authz.authorization import Authorization

TAP = Assent(
    name="张三丰",
    id_number="310101199001011234",
    device="Mozilla/5.0 (Linux; Android 15)",
    address="203.0.113.7",
    browser="ab" * 32,
)


def agreed(desk: Desk) -> tuple[Authorization, Consent]:
    opened = desk.open(periodic=True)
    current = desk.consents.agree(opened.id, desk.text_hash(opened), actor="borrower", assent=TAP)
    return current, desk.ledger.consent(current.consent_id)


def test_the_document_says_who_what_how_long_and_how_it_was_agreed_to(desk: Desk) -> None:
    current, held = agreed(desk)
    signed = desk.consents.signed(current, held)
    told = json.loads(signed.document)
    agreement, assent = told["agreement"], told["assent"]
    assert agreement["parties"] == {
        "borrower": {"taxpayer_id": "91310000MA1FL8XQ37", "party": "borrower"},
        "recipient": {"code": "bank", "zh": "示例银行", "en": "Example Bank"},
        "source": {"code": "tax.31", "zh": "上海税务机关", "en": "the tax authority of Shanghai"},
        "operator": {"code": "operator", "zh": "示例银行", "en": "Example Bank"},
    }
    assert (agreement["purpose"], agreement["fetch"]) == ("loan_application", "periodic")
    assert agreement["scopes"] == [
        {"dataset": "invoice", "first_day": "2024-01-01", "last_day": "2026-10-31"}
    ]
    assert agreement["frequency"] == {"times": 1, "unit": "day"}
    assert (agreement["data_life_days"], agreement["version"], agreement["supersedes"]) == (365, 1, None)
    text = agreement["text"]
    content = f"{text['zh']}\f{text['en']}".encode()
    assert text["sha256"] == hashlib.sha256(content).hexdigest() == held.text.sha256
    assert assent["identified_by"] == ["link", "bank_record"]
    assert (assent["device"], assent["address"], assent["browser"]) == (TAP.device, TAP.address, TAP.browser)
    assert assent["at"].endswith("Z")


def test_the_sm3_of_the_text_is_openssls(desk: Desk) -> None:
    _, held = agreed(desk)
    content = f"{held.text.zh}\f{held.text.en}".encode()
    done = subprocess.run(["openssl", "dgst", "-sm3", "-r"], input=content, capture_output=True, check=True)
    assert done.stdout.split()[0].decode() == held.text.sm3


def test_the_document_is_canonical_json(desk: Desk) -> None:
    current, held = agreed(desk)
    document = desk.consents.signed(current, held).document
    assert document == rfc8785.dumps(json.loads(document))
    assert held.artefact_sha256 == hashlib.sha256(document).hexdigest()


def test_the_person_is_masked_in_the_document_and_proven_by_the_salt(desk: Desk) -> None:
    current, held = agreed(desk)
    signed = desk.consents.signed(current, held)
    assert TAP.name not in signed.document.decode()
    assert TAP.id_number not in signed.document.decode()
    assert signed.commits_to(TAP.name, TAP.id_number)
    assert not signed.commits_to(TAP.name, "310101199001011235")


@pytest.mark.parametrize("suite", Suite)
def test_openssl_verifies_the_detached_signature_of_either_suite(
    desk: Desk, suite: Suite, tmp_path: Path
) -> None:
    places = VaultSettings(
        tmp_path / "r" / "root.key", f"sqlite:///{tmp_path}/k.db", f"sqlite:///{tmp_path}/v.db"
    )
    (tmp_path / "r").mkdir()
    vault = Vault.open(replace(places, suite=suite))
    desk.consents = Consents(desk.ledger, Archive(vault))
    signed = desk.consents.signed(*agreed(desk))
    vault.close()
    for name, content in (("d", signed.document), ("s", signed.signature), ("k", signed.public_key.encode())):
        (tmp_path / name).write_bytes(content)
    digest = ["-digest", "sm3"] if suite is Suite.GM else ["-digest", "sha256"]
    ids = ["-pkeyopt", "distid:1234567812345678"] if suite is Suite.GM else []
    command = ["openssl", "pkeyutl", "-verify", "-rawin", *digest, "-pubin", "-inkey", tmp_path / "k", *ids]
    done = subprocess.run(
        [*command, "-in", tmp_path / "d", "-sigfile", tmp_path / "s"], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr


ALTERATIONS: dict[str, dict[str, Any]] = {
    "a wider period": {"scopes": {"invoice": ["2000-01-01", "2026-10-31"]}},
    "another dataset": {
        "scopes": {"invoice": ["2024-01-01", "2026-10-31"], "taxpayer": ["2024-01-01", "2026-10-31"]}
    },
    "a longer life": {"data_life_days": 9999},
    "a higher frequency": {"frequency_times": 99},
    "another purpose": {"purpose": "loan_monitoring"},
    "another text": {"text_zh": "本企业同意一切"},
    "another digest": {"artefact_sha256": "0" * 64},
    "no artefact": {"artefact_ref": None},
    "another bank": {
        "institutions": {"recipient": ["x", "x", "x"], "source": ["x", "x", "x"], "operator": ["x", "x", "x"]}
    },
}


@pytest.mark.parametrize("altered", ALTERATIONS.values(), ids=ALTERATIONS)
def test_a_consent_altered_in_the_store_opens_nothing(desk: Desk, altered: dict[str, Any]) -> None:
    current, _ = agreed(desk)
    assert desk.consents.proven(current)
    with desk.engine.begin() as connection:
        connection.execute(update(tables.consent).values(**altered))
    with pytest.raises(ConsentAltered):
        desk.consents.proven(current)


def test_another_consents_artefact_does_not_stand_in(desk: Desk) -> None:
    (current, _), (_, other) = agreed(desk), agreed(desk)
    with desk.engine.begin() as connection:
        connection.execute(
            update(tables.consent)
            .where(tables.consent.c.id == current.consent_id)
            .values(artefact_ref=other.artefact_ref, artefact_sha256=other.artefact_sha256)
        )
    with pytest.raises(ConsentAltered):
        desk.consents.proven(current)


def test_an_artefact_cut_short_in_the_vault_opens_nothing(desk: Desk) -> None:
    current, _ = agreed(desk)
    with desk.vault.engine.begin() as connection:
        connection.execute(update(sealed.record).values(sealed=b"\x01" * 60))
    with pytest.raises(SealBroken):
        desk.consents.proven(current)


def test_a_second_tap_signs_nothing_new(desk: Desk) -> None:
    current, held = agreed(desk)
    desk.consents.agree(current.id, held.text.sha256, actor="borrower", assent=TAP)
    assert desk.ledger.consent(held.id) == held


def test_the_artefact_outlives_a_withdrawal(desk: Desk) -> None:
    current, held = agreed(desk)
    desk.consents.withdraw(current.id, actor="borrower")
    desk.vault.destroy_all(held.id)
    ended = desk.ledger.consent(held.id)
    assert desk.consents.signed(current, ended).artefact.agreement.consent_id == held.id


def test_a_crash_between_the_seal_and_the_row_leaves_the_consent_unasked(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = desk.open()
    keep: Callable[..., Any] = desk.consents.archive.keep

    def dies(*arguments: Any) -> None:
        keep(*arguments)
        raise KeyboardInterrupt

    text = desk.text_hash(opened)
    with monkeypatch.context() as patched:
        patched.setattr(desk.consents.archive, "keep", dies)
        with pytest.raises(KeyboardInterrupt):
            desk.consents.agree(opened.id, text, actor="borrower")
    assert desk.ledger.consent(opened.consent_id).state == "awaiting"
    desk.consents.agree(opened.id, desk.text_hash(opened), actor="borrower")
    assert desk.consents.proven(opened)


def test_a_frequency_counts_within_the_calendars_unit() -> None:
    at = datetime(2026, 11, 30, 16, 30, tzinfo=UTC)  # half past midnight in Beijing
    assert Frequency(1, "day").unit_start(at) == datetime(2026, 12, 1, tzinfo=BEIJING)
    assert Frequency(1, "month").unit_start(at) == datetime(2026, 12, 1, tzinfo=BEIJING)
