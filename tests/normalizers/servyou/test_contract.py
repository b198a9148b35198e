"""A bureau that changes its answers, or contradicts itself, is told; nothing is guessed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from normalizers.registry import normalize
from schema.dataset import Dataset
from schema.errors import ContractChanged, DataCorrupt, DataIncomplete, TaxlinkError
from schema.raw import RawPage
from schema.snapshot import Finding
from tests.normalizers.servyou.test_golden import EXAMPLES, _page

FORM, INITIAL, LIST = (
    "servyou.tax_return@aa01.xml",
    "servyou.tax_return_initial@.json",
    "servyou.tax_return_list@.json",
)


def read(*names: str, change: Callable[[bytes], bytes] = bytes) -> tuple[Finding, ...]:
    """Read these examples, the first one changed."""
    files: dict[str, Path] = {file.name: file for file in EXAMPLES}
    pages: list[RawPage] = [_page(Dataset.TAX_RETURN, files[name]) for name in names]
    pages[0] = replace(pages[0], content=change(pages[0].content))
    return normalize(Dataset.TAX_RETURN, pages, [f"raw/{number}" for number in range(len(pages))]).findings


def test_a_year_that_differs_from_what_the_bureau_brings_forward_is_a_finding() -> None:
    assert not read(FORM, INITIAL)
    (found,) = read(FORM, INITIAL, change=lambda xml: xml.replace(b">5000.00<", b">5000.01<"))
    assert found.code == "year_to_date_differs"
    assert found.detail.startswith("1 of 38 lines")


def test_a_listed_return_without_its_form_is_incomplete() -> None:
    with pytest.raises(DataIncomplete, match="1 of 1"):
        read(LIST)


def test_a_new_line_is_noted() -> None:
    (found,) = read(FORM, change=lambda xml: xml.replace(b"<lmc>", b"<xzhj>1.00</xzhj><lmc>"))
    assert (found.code, found.detail) == ("new_field", "vat_general.xzhj")


@pytest.mark.parametrize(
    ("old", "new", "cause"),
    [
        (b"asysljsxse", b"xse", ContractChanged),
        (b"<ewblxh>4", b"<ewblxh>5", ContractChanged),
        (b"skssqq", b"ssqq", ContractChanged),
        (b"zzssyyybnsr_zb", b"zzsyjnssb", ContractChanged),
        (b">5000.00<", b">5000.001<", DataCorrupt),
        (b"</zbGrid>", b"", DataCorrupt),
        (b"<zzssyyybnsr_zb>", b'<!DOCTYPE z [<!ENTITY a "b">]><zzssyyybnsr_zb>', DataCorrupt),
    ],
)
def test_a_changed_document_is_refused(old: bytes, new: bytes, cause: type[TaxlinkError]) -> None:
    with pytest.raises(cause):
        read(FORM, change=lambda xml: xml.replace(old, new))
