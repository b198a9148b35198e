"""What is handed over is opened without trust, and one bad file keeps no other back."""

from __future__ import annotations

import gzip
import io
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from normalizers import archive, handover
from normalizers.documents import Document
from tests.normalizers.bank.banks import BANKS
from tests.normalizers.bank.rendering import as_csv, as_workbook, entries, figures, truth

GIVEN = entries([100_00, -30_00])
STATEMENT = as_csv(BANKS["cib"](GIVEN))


def packed(files: dict[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", how) as made:
        for name, each in files.items():
            made.writestr(name, each)
    return content.getvalue()


def read(content: bytes, name: str = "given.zip") -> list[handover.Outcome]:
    return handover.read(Document(name, content, datetime(2026, 11, 25, tzinfo=UTC)))


def errors(outcomes: list[handover.Outcome]) -> list[str | None]:
    return [outcome.error.code if outcome.error else None for outcome in outcomes]


def test_every_file_in_a_zip_is_read_by_itself() -> None:
    nested = packed({"inner.csv": STATEMENT})
    given = {
        "流水/一月.csv": STATEMENT,
        "b.txt": as_workbook(BANKS["cib"](GIVEN)),
        "c.zip": nested,
        "d": b"?",
    }
    outcomes = read(packed(given))
    assert errors(outcomes) == [None, None, "data_corrupt", "format_unknown"]
    assert outcomes[0].document.name == "given.zip/一月.csv"
    for outcome in outcomes[:2]:
        assert outcome.normalized is not None
        assert figures(outcome.normalized) == truth(GIVEN)


def test_a_name_in_gb18030_is_shown_as_it_was_given() -> None:
    name = "流水.csv"
    raw = packed({"1234.csv": STATEMENT}).replace(b"1234.csv", name.encode("gb18030"))
    assert read(raw)[0].document.name == f"given.zip/{name}"


@pytest.mark.parametrize(
    "how", [gzip.compress, lambda each: b"7z\xbc\xaf\x27\x1c" + each, lambda each: b"Rar!" + each]
)
def test_other_archives_are_named_and_not_opened(how) -> None:  # type: ignore[no-untyped-def]
    outcome = read(how(STATEMENT))[0]
    assert (outcome.error.code, "ZIP" in outcome.error.detail) == ("data_corrupt", True)


def test_an_archive_that_grows_beyond_its_limits_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = packed({"zeros.csv": b"0" * (archive.SMALL + 1)})
    assert errors(read(bomb)) == ["data_corrupt"]
    monkeypatch.setattr(archive, "MOST_PARTS", 2)
    assert errors(read(packed(dict.fromkeys("abc", b"")))) == ["data_corrupt"]
    monkeypatch.setattr(archive, "MOST_BYTES", 10)
    assert errors(read(packed({"a": b"0123456789A"}, zipfile.ZIP_STORED))) == ["data_corrupt"]


def test_nothing_is_written_whatever_a_name_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    outcomes = read(packed({"../../outside.csv": STATEMENT, "/etc/absolute.csv": STATEMENT}))
    assert [outcome.document.name for outcome in outcomes] == [
        "given.zip/outside.csv",
        "given.zip/absolute.csv",
    ]
    assert list(tmp_path.iterdir()) == []


def test_an_archive_cut_in_half_or_empty_is_named() -> None:
    whole = packed({"a.csv": STATEMENT})
    assert errors(read(whole[: len(whole) // 2])) == ["data_corrupt"]
    assert errors(read(packed({}))) == ["data_corrupt"]
    assert errors(read(packed({"folder/": b""}))) == ["data_incomplete"]


def test_an_encrypted_archive_is_asked_for_without_its_password(tmp_path: Path) -> None:
    """The flag of the standard, set by hand: the library writes none."""
    raw = bytearray(packed({"a.csv": STATEMENT}))
    raw[6] |= 1
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    assert errors(read(bytes(raw))) == ["document_locked"]
