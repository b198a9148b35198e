"""``taxlink normalize`` tells the format, the rows, the sums, and what it could not read and where."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from cli.main import app
from tests.normalizers.bank.banks import BANKS
from tests.normalizers.bank.rendering import as_csv, as_workbook, entries
from tests.normalizers.bank.writing import LOCKED_WORKBOOK, ruled_pdf

GIVEN = entries([1_234_56, -34_56])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.pdf").write_bytes(as_csv(BANKS["abc"](GIVEN)))
    (tmp_path / "b.csv").write_bytes(as_workbook(BANKS["cib"](GIVEN)))
    rows = [list(row) for row in BANKS["cib"](GIVEN)]
    rows[-1][4] = "12.3.4"
    (tmp_path / "broken.csv").write_bytes(as_csv(rows))
    return tmp_path


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["normalize", *arguments])
    return done.exit_code, done.stdout


def test_format_rows_period_and_sums_are_told(folder: Path) -> None:
    code, printed = run("--json", str(folder / "a.pdf"), str(folder / "b.csv"))
    first, second = json.loads(printed)
    assert code == 0
    assert first["format"] == "bank.usual/1"
    assert first["rows"] == {"bank_account": 1, "bank_transaction": 2}
    assert first["period"] == ["2024-01-01", "2024-01-02"]
    assert first["sums"] == {"in CNY": {"amount": "1234.56"}, "out CNY": {"amount": "34.56"}}
    assert {"code": "text_row", "severity": "info", "detail": "line 6: text"} in first["findings"]
    assert second["sums"] == first["sums"]


def test_what_cannot_be_read_is_named_with_its_line_and_ends_in_failure(folder: Path) -> None:
    code, printed = run("--json", str(folder / "broken.csv"), str(folder / "a.pdf"))
    broken, read = json.loads(printed)
    assert code == 1
    assert (broken["error"], broken["where"]) == ("data_corrupt", "line 3: 发生额 is no amount of money")
    assert read["rows"]["bank_transaction"] == 2
    code, printed = run(str(folder / "broken.csv"))
    assert code == 1
    assert "line 3: 发生额 is no amount of money" in printed


def test_a_file_that_opens_with_a_password_is_named_and_keeps_no_other_back(folder: Path) -> None:
    locked = {"c.pdf": ruled_pdf(BANKS["cib"](GIVEN), password="secret"), "d.xlsx": LOCKED_WORKBOOK}
    for name, content in locked.items():
        (folder / name).write_bytes(content)
    code, printed = run("--json", *(str(folder / name) for name in (*locked, "a.pdf")))
    pdf, book, read = json.loads(printed)
    assert code == 1
    assert [each["error"] for each in (pdf, book)] == ["document_locked"] * 2
    assert "error" not in read


def test_tables_are_written_as_parquet_or_csv(folder: Path) -> None:
    out = folder / "out"
    assert run(str(folder / "a.pdf"), str(folder / "broken.csv"), "--out", str(out))[0] == 1
    assert sorted(path.name for path in out.iterdir()) == [
        "a.pdf.bank_account.parquet",
        "a.pdf.bank_transaction.parquet",
    ]
    assert pl.read_parquet(out / "a.pdf.bank_transaction.parquet")["amount_fen"].to_list() == [123456, 3456]
    run(str(folder / "b.csv"), "--out", str(out), "--format", "csv")
    assert pl.read_csv(out / "b.csv.bank_transaction.csv")["amount_fen"].to_list() == [123456, 3456]
