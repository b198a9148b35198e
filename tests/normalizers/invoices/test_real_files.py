"""Real invoices against what a person read in them. TAXLINK_REAL_DATA names their folder."""

from __future__ import annotations

import io
import json
import os
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from normalizers.documents import Document, normalize, reader_of
from schema.errors import FormatUnknown
from schema.money import yuan
from schema.snapshot import Normalized

GOLDEN: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_name("golden.json").read_text("utf-8"))
REAL = Path(os.environ.get("TAXLINK_REAL_DATA", "/nowhere"))
NOW = datetime(2026, 11, 25, tzinfo=UTC)
pytestmark = pytest.mark.skipif(not REAL.is_dir(), reason="TAXLINK_REAL_DATA names no folder")


def told(normalized: Normalized) -> dict[str, Any]:
    invoice = normalized.tables["invoice"].row(0, named=True)
    lines = normalized.tables["invoice_line"]
    assert lines["invoice_key"].unique().to_list() in ([], [invoice["invoice_key"]])
    return {
        **{name: invoice[name] for name in ("code", "number", "kind", "regime")},
        **{name: str(yuan(invoice[f"{name}_fen"])) for name in ("amount", "tax", "total")},
        "issued_at": str(invoice["issued_at"]),
        "lines": lines.height,
    }


@pytest.mark.parametrize("name", GOLDEN)
def test_every_amount_and_day_is_what_stands_in_the_file(name: str) -> None:
    reader, found = normalize(Document(Path(name).name, (REAL / name).read_bytes(), NOW))
    assert told(found) | {"format": reader.format} == GOLDEN[name]


def test_every_file_that_is_an_invoice_has_its_truth_here() -> None:
    folders = ("einvoice_xml", "einvoice_ofd", "einvoice_pdf", "voucher_xbrl/invoice-precheck")
    files = {str(path.relative_to(REAL)) for folder in folders for path in (REAL / folder).iterdir()}
    assert files == set(GOLDEN)


@pytest.mark.parametrize("name", ["999.ofd", "keyword2.redacted.ofd", "v4signed.ofd"])
def test_an_ofd_without_its_attachment_is_read_from_its_tags_and_texts(name: str) -> None:
    whole = (REAL / "einvoice_ofd" / name).read_bytes()
    bare = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as given, zipfile.ZipFile(bare, "w") as made:
        for part in given.namelist():
            if "original_invoice" not in part:
                made.writestr(part, given.read(part))
    expected = {
        key: GOLDEN[f"einvoice_ofd/{name}"][key] for key in ("code", "number", "amount", "tax", "total")
    }
    found = told(normalize(Document(name, bare.getvalue(), NOW))[1])
    assert {key: found[key] for key in expected} == expected
    assert found["issued_at"] == GOLDEN[f"einvoice_ofd/{name}"]["issued_at"]


@pytest.mark.parametrize(
    "path", sorted((REAL / "voucher_xbrl" / "element_spec").rglob("*.xml")), ids=lambda p: p.stem
)
def test_a_list_of_elements_is_no_invoice(path: Path) -> None:
    with pytest.raises(FormatUnknown):
        reader_of(Document(path.name, path.read_bytes(), NOW))
