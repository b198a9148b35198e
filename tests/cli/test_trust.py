"""The audit log and the evidence at the terminal, from the signature to the check without a database."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from cli.main import app
from tests.service.conftest import company_id
from verifier import layout

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("TAXLINK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "300")

    def invoked(*arguments: object) -> Result:
        return CliRunner().invoke(app, [str(each) for each in arguments])

    return invoked


def told(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture
def id(run: Run) -> str:
    found: str = told(run("authorize", company_id(), "--json"))["id"]
    return found


def test_a_log_is_signed_proved_exported_and_checked_elsewhere(run: Run, id: str, tmp_path: Path) -> None:
    note, key = tmp_path / "note.txt", tmp_path / "key.pem"
    assert run("audit", "checkpoint", "--out", note).stdout == note.read_text()
    key.write_text(run("audit", "key").stdout)
    size = int(note.read_text().splitlines()[1])
    proof = told(run("audit", "prove", 1))
    assert (proof["record"]["opening"]["subject"], proof["size"]) == (id, size)
    assert told(run("audit", "prove", size, "--since"))["size2"] == size
    folder = tmp_path / "export"
    assert run("audit", "export", folder).exit_code == 0
    checked = ("audit", "verify", "--export", folder, "--key", key, "--checkpoint", note, "--json")
    assert told(run(*checked))["intact"] is True
    assert told(run("audit", "verify", "--checkpoint", note, "--json"))["intact"] is True
    lines = (folder / layout.RECORDS).read_text().splitlines(keepends=True)
    (folder / layout.RECORDS).write_text("".join(lines[1:]))
    broken = run(*checked)
    assert broken.exit_code == 1
    assert json.loads(broken.stdout)["findings"] == [{"found": "deleted", "seq": 1, "until": 1}]


def test_evidence_is_written_and_what_is_broken_is_named(run: Run, id: str, tmp_path: Path) -> None:
    file = tmp_path / "case.zip"
    assert run("evidence", "export", id, "--out", file).exit_code == 0
    assert told(run("evidence", "verify", file, "--json")) == {"intact": True, "broken": []}
    file.write_bytes(file.read_bytes()[:-30])
    broken = run("evidence", "verify", file, "--json")
    assert broken.exit_code == 1
    assert "no whole ZIP" in json.loads(broken.stdout)["broken"][0]
