"""What a bank does with a policy of its own."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from typer.testing import CliRunner

from cli.policy import app
from schema.errors import InvalidRequest
from scoring.policy import loader

runner = CliRunner()


def test_an_edited_table_is_exported_and_has_another_hash(tmp_path: Path) -> None:
    folder = tmp_path / "ours"
    shutil.copytree(Path(loader.__file__).parent / loader.DEFAULT, folder)
    table = folder / "routes.toml"
    table.write_text(table.read_text(encoding="utf-8").replace("1_000_000", "500_000"), encoding="utf-8")
    exported = json.loads(runner.invoke(app, ["routes", str(folder)]).stdout)
    first = exported["nodes"][1]["content"]["rules"][0]
    assert first["in-limit"] == "<= 500000"
    version, hashed = runner.invoke(app, ["check", str(folder)]).stdout.split()
    assert (version, hashed == loader.load().sha256) == (loader.DEFAULT, False)
    assert runner.invoke(app, ["check"]).stdout.split()[1] == loader.load().sha256


def test_an_unsound_policy_is_refused_with_its_cause(tmp_path: Path) -> None:
    assert isinstance(runner.invoke(app, ["check", str(tmp_path)]).exception, InvalidRequest)
