"""What single-use secrets promise."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select, update

from schema.errors import KeyDestroyed, SealBroken, SecretSpent
from vault import tables
from vault.reference import KeyClass
from vault.secrets import MOVES, Secrets, SecretState
from vault.vault import Vault

Start = Callable[[str], "subprocess.Popen[str]"]
PASSWORD = {"person_id": "110101199003070011", "password": "canary-Pa55-word"}
CODE = {"code": "canary-482913"}


@pytest.fixture
def secrets(vault: Vault) -> Secrets:
    return Secrets(vault)


def test_a_sealed_secret_opens_until_it_is_sent(secrets: Secrets) -> None:
    ref = secrets.put("consent_1", "credentials", PASSWORD)
    assert secrets.current(ref) == PASSWORD
    assert secrets.current(ref) == PASSWORD
    secrets.sending(ref)
    with pytest.raises(SecretSpent):
        secrets.current(ref)
    with pytest.raises(SecretSpent):
        secrets.sending(ref)


def test_a_secret_whose_sending_was_cut_short_is_never_sent_again(vault: Vault) -> None:
    ref = Secrets(vault).put("consent_1", "credentials", PASSWORD)
    Secrets(vault).sending(ref)
    after_restart = Secrets(vault)
    for act in (after_restart.current, after_restart.sending, after_restart.take):
        with pytest.raises(SecretSpent):
            act(ref)


def test_an_accepted_password_signs_in_again_until_its_flow_ends(secrets: Secrets) -> None:
    ref = secrets.put("consent_1", "credentials", PASSWORD)
    for _ in range(2):
        secrets.sending(ref)
        secrets.accepted(ref)
        assert secrets.current(ref) == PASSWORD
    secrets.destroy_owner("consent_1")
    with pytest.raises(SecretSpent):
        secrets.current(ref)


def test_a_rejected_password_is_destroyed_and_never_taken_again(secrets: Secrets, vault: Vault) -> None:
    ref = secrets.put("consent_1", "credentials", PASSWORD)
    secrets.sending(ref)
    secrets.rejected(ref)
    assert _sealed(vault) == [None]
    for act in (secrets.current, secrets.sending, secrets.accepted, secrets.rejected):
        with pytest.raises(SecretSpent):
            act(ref)
    secrets.destroy(ref)
    secrets.destroy_owner("consent_1")
    assert secrets.state(ref) is SecretState.REJECTED
    with pytest.raises(SecretSpent):
        secrets.put("consent_1", "credentials", PASSWORD)
    with pytest.raises(SecretSpent):
        secrets.put("consent_1", "credentials", {**PASSWORD, "person_id": " 110101199003070011 "})


def test_another_password_account_or_owner_is_taken_after_a_rejection(secrets: Secrets) -> None:
    ref = secrets.put("consent_1", "credentials", PASSWORD)
    secrets.sending(ref)
    secrets.rejected(ref)
    secrets.put("consent_1", "credentials", {**PASSWORD, "password": "canary-pa55-word"})
    secrets.put("consent_1", "credentials", {**PASSWORD, "person_id": "310101199003070011"})
    secrets.put("consent_2", "credentials", PASSWORD)


def test_a_verdict_needs_a_sending(secrets: Secrets) -> None:
    ref = secrets.put("consent_1", "credentials", PASSWORD)
    with pytest.raises(SecretSpent):
        secrets.accepted(ref)
    with pytest.raises(SecretSpent):
        secrets.rejected(ref)
    assert secrets.current(ref) == PASSWORD


def test_an_answer_is_taken_once(secrets: Secrets, vault: Vault) -> None:
    ref = secrets.put("consent_1", "sms_code", CODE)
    assert secrets.take(ref) == CODE
    assert _sealed(vault) == [None]
    with pytest.raises(SecretSpent):
        secrets.take(ref)


def test_the_same_answer_may_be_given_to_a_later_question(secrets: Secrets) -> None:
    secrets.take(secrets.put("consent_1", "picture", {"text": "x7kp"}))
    assert secrets.take(secrets.put("consent_1", "picture", {"text": "x7kp"})) == {"text": "x7kp"}


def test_of_racing_processes_exactly_one_sends(secrets: Secrets, elsewhere: Start) -> None:
    script = (
        "for line in sys.stdin:\n"
        "    try: secrets.sending(line.strip()); say('won')\n"
        "    except TaxlinkError as error: say(error.code)\n"
    )
    racers = [elsewhere(script) for _ in range(3)]
    for racer in racers:
        assert racer.stdout
        assert racer.stdout.readline() == "open\n"
    for number in range(20):
        ref = secrets.put("consent_1", "credentials", {"password": str(number)})
        for racer in racers:
            assert racer.stdin
            racer.stdin.write(ref + "\n")
            racer.stdin.flush()
        verdicts = sorted(racer.stdout.readline() for racer in racers if racer.stdout)
        assert verdicts == ["secret_spent\n", "secret_spent\n", "won\n"]


def test_destroying_the_credential_key_destroys_its_secrets(secrets: Secrets, vault: Vault) -> None:
    ref = secrets.put("consent_1", "credentials", PASSWORD)
    vault.destroy("consent_1", KeyClass.CREDENTIAL)
    with pytest.raises(SecretSpent):
        secrets.current(ref)
    with pytest.raises(KeyDestroyed):
        secrets.put("consent_1", "credentials", PASSWORD)


def test_a_secret_moved_to_another_place_does_not_open(secrets: Secrets, vault: Vault) -> None:
    ref = secrets.put("consent_1", "credentials", PASSWORD)
    moved = ref.replace("consent_1", "consent_2")
    with pytest.raises(SealBroken):
        secrets.current(moved)
    vault.keys.sealing_key("consent_2", KeyClass.CREDENTIAL)
    with vault.engine.begin() as connection:
        connection.execute(update(tables.secret).values(owner="consent_2"))
    with pytest.raises(SealBroken):
        secrets.current(moved)


def test_no_secret_is_in_any_file_while_kept_or_after(secrets: Secrets, vault: Vault, tmp_path: Path) -> None:
    sent = secrets.put("consent_1", "credentials", PASSWORD)
    taken = secrets.put("consent_1", "sms_code", CODE)
    _assert_absent(tmp_path)
    secrets.take(taken)
    secrets.sending(sent)
    secrets.rejected(sent)
    _assert_absent(tmp_path)
    vault.close()
    _assert_absent(tmp_path)


def test_every_state_has_its_moves_and_a_rejection_is_final() -> None:
    assert set(MOVES) == set(SecretState) - {SecretState.SEALED}
    assert all(SecretState.REJECTED not in sources for sources in MOVES.values())
    assert all(SecretState.DESTROYED not in sources for sources in MOVES.values())


def _sealed(vault: Vault) -> list[bytes | None]:
    with vault.engine.connect() as connection:
        return list(connection.execute(select(tables.secret.c.sealed)).scalars())


def _assert_absent(folder: Path) -> None:
    for path in folder.rglob("*"):
        content = path.read_bytes()
        for canary in (*PASSWORD.values(), *CODE.values()):
            assert canary.encode() not in content, path.name
