"""An evidence file holds together by itself, and whatever is changed in it is named."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from authz.authorization import State
from authz.challenges import ChallengeState
from authz.evidence import packed
from connectors.interface import ChallengeKind
from schema.dataset import Dataset, Missing, Route
from schema.errors import AuditBroken, AuthorizationUnknown
from schema.period import Period
from schema.raw import RawPage
from stages import dispose, notify
from stages.evidencefile import composed, exported
from stages.pull import described
from store import tables
from store.audit_table import audit_record
from store.database import now
from tests.service.conftest import Service, make
from vault.reference import KeyClass
from verifier import evidence
from verifier.digests import digests

PAYLOAD = "销售方：沙盒有限公司".encode()


@dataclass
class Case:
    """One authorization, scored and told of; ``file`` was exported before its withdrawal, ``after`` after."""

    service: Service
    id: str
    file: bytes
    again: bytes
    after: bytes


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    service = make(tmp_path_factory.mktemp("house"), callback_hosts=frozenset({"127.0.0.1:9"}))
    shop = service.shop
    done = service.submit(callback_url="http://127.0.0.1:9/hook")
    browser, id = service.borrower(done["token"]), done["id"]
    agreed = {"text_sha256": done["consent"]["text_sha256"]}
    assert browser.post(f"/link/{done['token']}/agree", json=agreed).status_code == 200
    service.shop.ledger.move(id, State.WORKING, actor="pipeline")
    asked = service.ask(id, ChallengeKind.SMS_CODE)
    service.intake.answer(id, asked.id, {"code": "735192"})
    shop.challenges.close(asked, ChallengeState.ACCEPTED)
    shop.ledger.move(id, State.WORKING, actor="pipeline")
    service.grant(id)
    owner = shop.ledger.authorization(id).vault_owner
    page = RawPage(
        Dataset.INVOICE,
        Period(start=date(2026, 1, 1), end=date(2026, 10, 31)),
        "44",
        Route.API,
        "gateway.invoice",
        "invoices#1",
        1,
        PAYLOAD,
        "application/json",
        now(),
        1,
    )
    ref = shop.vault.seal(owner, "raw", PAYLOAD, key_class=KeyClass.DATA)
    service.collect(id, Dataset.INVOICE, pages=[described(page, ref, digests(page.content))])
    service.collect(id, Dataset.TAX_RETURN, Missing.NOT_AVAILABLE)
    for _ in range(2):  # a worker that died after a step, before its checkpoint, does it again
        service.finish(id)
        notify.notify(shop, id)
    file = exported(shop, id, actor="auditor")
    again = composed(shop, id)
    service.intake.withdraw(id, actor="borrower")
    dispose.dispose(shop, id, last=True)
    yield Case(service, id, file, again, exported(shop, id, actor="auditor"))
    shop.close()


def opened(content: bytes) -> dict[str, bytes]:
    return evidence.unpacked(content)


def listing(content: bytes, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(opened(content)[name])
    return found


def test_it_holds_together_and_the_same_store_gives_the_same_bytes(case: Case) -> None:
    key = case.service.shop.checkpoints.public_key
    assert evidence.problems(opened(case.file), [key]) == []
    assert case.again == case.file


def test_it_tells_the_whole_way_and_no_payload_answer_or_secret(case: Case) -> None:
    files = opened(case.file)
    assert [(each["kind"], each["state"]) for each in listing(case.file, "challenges.json")] == [
        ("sms_code", "accepted")
    ]
    collected = {each["fact"]["dataset"]: each["fact"] for each in listing(case.file, "collections.json")}
    (payload,) = collected["invoice"]["payloads"]
    assert {name: payload[name] for name in ("sha256", "sm3")} == digests(PAYLOAD)
    assert collected["tax_return"]["missing"] == Missing.NOT_AVAILABLE
    (score,) = listing(case.file, "scores.json")
    assert (score["fact"]["decision"], score["fact"]["policy_hash"]) == ("refer", "0" * 64)
    assert [each["fact"]["kind"] for each in listing(case.file, "notices.json")] == ["authorization.scored"]
    assert [each["fact"]["receipt"] for each in listing(case.file, "receipts.json")] == ["SQ2026112400001"]
    (consent,) = [each for each in listing(case.file, "consents.json") if each["signed"]]
    document = json.loads(files[f"consents/{consent['id']}/document.json"])
    assert document["agreement"]["authorization_id"] == case.id
    whole = b"".join(files.values())
    for secret in (PAYLOAD, b"735192", b"440106199001011234", b"13800138000", "张三".encode()):
        assert secret not in whole


def test_after_a_withdrawal_it_still_holds_and_proves_the_destruction(case: Case) -> None:
    assert evidence.problems(opened(case.after)) == []
    assert {each["proof"]["key_class"] for each in listing(case.after, "destructions.json")} == {
        "data",
        "credential",
    }
    assert listing(case.after, "collections.json") == listing(case.file, "collections.json")


def test_it_checks_itself_without_the_house(case: Case, tmp_path: Path) -> None:
    path = tmp_path / "evidence.zip"
    path.write_bytes(case.after)
    shutil.unpack_archive(path, tmp_path / "unpacked")
    for place in ("unpacked", "evidence.zip"):
        done = subprocess.run(
            [sys.executable, "-m", "verifier", str(tmp_path / place)],
            capture_output=True,
            text=True,
            cwd=tmp_path / "unpacked",
            env={},
        )
        assert (done.returncode, "intact" in done.stdout) == (0, True), done.stdout + done.stderr


def openssl(content: bytes, command: str, folder: Path) -> str:
    """What openssl says of the signed consent, by a command of the README."""
    files = opened(content)
    (consent,) = [each for each in listing(content, "consents.json") if each["signed"]]
    for name in ("document.json", "signature.der", "key.pem"):
        (folder / name).write_bytes(files[f"consents/{consent['id']}/{name}"])
    assert command in " ".join(files["README.md"].decode().split())
    return subprocess.run(
        command.split(), capture_output=True, text=True, cwd=folder, check=True
    ).stdout.strip()


def test_openssl_checks_the_consent_as_the_readme_says(case: Case, tmp_path: Path) -> None:
    command = "openssl dgst -sha256 -verify key.pem -signature signature.der document.json"
    assert openssl(case.file, command, tmp_path) == "Verified OK"


def test_with_the_national_suite_it_holds_as_well_and_openssl_agrees(tmp_path: Path) -> None:
    service = make(tmp_path / "house", suite="gm")
    id = service.agreed()["id"]
    content = exported(service.shop, id, actor="auditor")
    key = service.shop.checkpoints.public_key
    service.shop.close()
    assert evidence.problems(opened(content), [key]) == []
    assert b"\nhash sm3\n" in opened(content)[evidence.CHECKPOINT]
    command = (
        "openssl pkeyutl -verify -pubin -inkey key.pem -rawin -digest sm3 -pkeyopt distid:1234567812345678 "
        "-sigfile signature.der -in document.json"
    )
    assert openssl(content, command, tmp_path) == "Signature Verified Successfully"


def repacked(case: Case, change: Callable[[dict[str, bytes]], None]) -> list[str]:
    """What is found when somebody changes a file and makes the manifest fit."""
    files = opened(case.after)
    del files["manifest.json"]
    change(files)
    return evidence.problems(opened(packed(files, case.id)))


def edited(name: str, edit: Callable[[Any], Any]) -> Callable[[dict[str, bytes]], None]:
    def change(files: dict[str, bytes]) -> None:
        value = json.loads(files[name])
        edited = edit(value)
        files[name] = json.dumps(value if edited is None else edited).encode()

    return change


def _set(value: Any, *path: Any) -> None:
    *steps, last, new = path
    for step in steps:
        value = value[step]
    value[last] = new


@pytest.mark.parametrize(
    ("name", "edit", "told"),
    [
        ("collections.json", lambda v: _set(v, 0, "fact", "payloads", 0, "sm3", "0" * 64), "fact 1 is not"),
        ("collections.json", lambda v: _set(v, 0, "record", 1), "fact 1 has no record"),
        ("collections.json", lambda v: v[1:], "is left out"),
        ("receipts.json", lambda v: _set(v, 0, "fact", "receipt", "SQ0"), "receipts.json: fact 1"),
        ("scores.json", lambda v: _set(v, 0, "fact", "policy_hash", "1" * 64), "scores.json: fact 1"),
        ("scores.json", lambda v: [], "scores.json: what record"),
        ("snapshots.json", lambda v: _set(v, 0, "fact", "as_of", "2020-01-01"), "snapshots.json: fact 1"),
        ("notices.json", lambda v: _set(v, 0, "fact", "data", "state", "failed"), "notices.json: fact 1"),
        ("challenges.json", lambda v: _set(v, 0, "state", "rejected"), "did not end so"),
        ("challenges.json", lambda v: v[1:], "challenges.json: what record"),
        ("destructions.json", lambda v: _set(v, 0, "proof", "destroyed_at", "2020"), "does not hold"),
        ("consents.json", lambda v: _set(v, 0, "signed", False), "is left out"),
    ],
)  # fmt: skip
def test_a_changed_fact_is_named(case: Case, name: str, edit: Callable[[Any], Any], told: str) -> None:
    found = repacked(case, edited(name, edit))
    assert any(told in each for each in found), found


def test_a_changed_consent_text_document_signature_or_key_is_named(case: Case) -> None:
    (consent,) = [each for each in listing(case.after, "consents.json") if each["signed"]]
    folder = f"consents/{consent['id']}"
    for name in ("text.zh.txt", "document.json", "signature.der", "key.pem"):

        def change(files: dict[str, bytes], name: str = name) -> None:
            content = files[f"{folder}/{name}"]
            files[f"{folder}/{name}"] = content.replace(b"91", b"92", 1) if b"91" in content else content[:-9]

        assert any(folder in each or "consents" in each for each in repacked(case, change)), name


def test_a_changed_record_opening_proof_or_checkpoint_is_named(case: Case) -> None:
    lines = [json.loads(line) for line in opened(case.after)[evidence.RECORDS].splitlines()]

    def with_line(number: int, **changes: Any) -> list[str]:
        changed = [each | (changes if at == number else {}) for at, each in enumerate(lines)]
        return written(changed)

    def written(changed: list[dict[str, Any]]) -> list[str]:
        content = b"".join(json.dumps(each).encode() + b"\n" for each in changed)
        return repacked(case, lambda files: files.update({evidence.RECORDS: content}))

    seq = lines[3]["seq"]
    assert f"{evidence.RECORDS}: record {seq} was altered" in with_line(3, actor="nobody")
    told = lines[3]["opening"] | {"salt": "00" * 32}
    assert f"{evidence.RECORDS}: record {seq} is about something else than it tells" in with_line(
        3, opening=told
    )
    assert f"{evidence.RECORDS}: record {seq} is not proved to be in the log" in with_line(3, path=[])
    assert any("out of order" in each for each in written([lines[1], lines[0], *lines[2:]]))
    altered = repacked(
        case,
        lambda files: files.update(
            {evidence.CHECKPOINT: files[evidence.CHECKPOINT].replace(b"taxlink/", b"taxlinx/")}
        ),
    )
    assert any(each.startswith(evidence.CHECKPOINT) for each in altered)


def test_files_beside_the_manifest_are_named(case: Case) -> None:
    files = opened(case.after)
    files["extra.txt"] = b"x"
    del files["scores.json"]
    files["attempts.json"] += b" "
    found = evidence.problems(files)
    for told in (
        "extra.txt: is not in the manifest",
        "scores.json: is missing",
        "attempts.json: is not what the manifest lists",
    ):
        assert told in found


@pytest.mark.parametrize("cut", [0, 10, 1000, -10])
def test_what_is_no_whole_file_is_refused(case: Case, cut: int) -> None:
    with pytest.raises(evidence.BadEvidence):
        opened(case.file[:cut])


def test_damaged_json_is_named_and_nothing_raises(case: Case) -> None:
    for name in opened(case.after):
        for content in (b"", b"[]", b"{}", b"nonsense", b"[[1]]", b'{"a": null}'):
            files = opened(case.after) | {name: content}
            assert evidence.problems(files) != [], (name, content)


def test_nothing_is_exported_of_what_is_unknown_or_of_a_broken_log(case: Case) -> None:
    shop = case.service.shop
    with pytest.raises(AuthorizationUnknown):
        exported(shop, "auth_unknown", actor="auditor")
    shop.checkpoints.make()
    with shop.store.begin() as connection:
        held = connection.execute(audit_record.select().where(audit_record.c.seq == 1)).one()
        connection.execute(audit_record.update().where(audit_record.c.seq == 1).values(hash=bytes(32)))
    try:
        with pytest.raises(AuditBroken):
            exported(shop, case.id, actor="auditor")
    finally:
        with shop.store.begin() as connection:
            connection.execute(audit_record.update().where(audit_record.c.seq == 1).values(hash=held.hash))


def test_a_score_altered_in_the_store_is_named_in_the_file(case: Case) -> None:
    shop, table = case.service.shop, tables.score
    mine = table.c.authorization_id == case.id
    with shop.store.begin() as connection:
        connection.execute(table.update().where(mine).values(limit_fen=99))
    try:
        found = evidence.problems(opened(composed(shop, case.id)))
    finally:
        with shop.store.begin() as connection:
            connection.execute(table.update().where(mine).values(limit_fen=25_000_000))
    assert "scores.json: fact 1 has no record in the log" in found
    assert any("scores.json: what record" in each for each in found)
