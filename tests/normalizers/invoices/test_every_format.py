"""Whatever an invoice is printed in, it comes out as it went in; no spoilt byte changes a figure unseen."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from normalizers.documents import Document, normalize, readers
from schema.errors import TaxlinkError
from schema.snapshot import Normalized
from tests.normalizers.invoices.rendering import FORMATS, Item, Told, invoices

NOW = datetime(2026, 11, 25, tzinfo=UTC)
SLOW = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])


ONE = Told(
    number="24440000000012345678",
    code=None,
    day=date(2024, 1, 2),
    seller=("91310000MA00000000", "甲"),
    buyer=("91310000MB00000000", "乙"),
    items=[Item("*类*货", 2, 150, 13)],
    whim=0,
)


def document(content: bytes, owner: str | None = None) -> Document:
    return Document("file.bin", content, NOW, owner)


def told_by(name: str) -> st.SearchStrategy[Told]:
    control = FORMATS[name][0]
    return st.booleans().flatmap(lambda either: invoices(control=either if control is None else control))


def figures(found: Normalized) -> dict[str, Any]:
    lines = found.tables["invoice_line"]
    return found.tables["invoice"].select("amount_fen", "tax_fen", "total_fen").to_dict(as_series=False) | {
        "lines": lines.select("amount_fen", "tax_fen").rows()
    }


@pytest.mark.parametrize("name", FORMATS)
def test_no_other_format_takes_the_file_for_its_own(name: str) -> None:
    control, render = FORMATS[name]
    content = render(replace(ONE, code="044001900111") if control else ONE)
    assert sum(reader.recognises(document(content)) for reader in readers()) == 1


@pytest.mark.parametrize("name", FORMATS)
@given(data=st.data())
@SLOW
def test_what_is_printed_comes_out(name: str, data: st.DataObject) -> None:
    told = data.draw(told_by(name))
    content = FORMATS[name][1](told)
    _, found = normalize(document(content, told.seller[0]))
    (row,) = found.tables["invoice"].to_dicts()
    assert (row["number"], row["code"], row["issued_at"].date()) == (told.number, told.code, told.day)
    assert (row["amount_fen"], row["tax_fen"], row["total_fen"]) == (told.amount, told.tax, told.total)
    assert (row["seller_id"], row["seller_name"]) == told.seller
    assert (row["buyer_id"], row["buyer_name"]) == told.buyer
    assert row["direction"] == ("in" if name == "xbrl" else "out")
    assert row["medium"] == ("digital" if told.code is None else "tax_control")
    if name != "xbrl":
        lines = found.tables["invoice_line"].select("item_name", "amount_fen", "tax_fen").rows()
        assert lines == [(item.name, item.amount, item.tax) for item in told.items]
        rates = found.tables["invoice_line"]["tax_rate"].to_list()
        assert rates == pytest.approx([item.rate / 100 for item in told.items])


@pytest.mark.parametrize("name", FORMATS)
@given(data=st.data())
@settings(SLOW, max_examples=25)
def test_a_spoilt_byte_gives_an_error_a_finding_or_the_same_figures(name: str, data: st.DataObject) -> None:
    content = FORMATS[name][1](data.draw(told_by(name)))
    _, whole = normalize(document(content))
    place = data.draw(st.integers(0, len(content) - 1))
    other = data.draw(st.sampled_from(b"0123456789-.,<>\"' \n") | st.integers(0, 255))
    try:
        _, spoilt = normalize(document(content[:place] + bytes([other]) + content[place + 1 :]))
    except TaxlinkError:
        return
    assert figures(spoilt) == figures(whole) or set(spoilt.findings) - set(whole.findings)


@pytest.mark.parametrize("name", FORMATS)
@given(data=st.data())
@SLOW
def test_half_a_file_is_an_error_or_says_what_it_lacks(name: str, data: st.DataObject) -> None:
    content = FORMATS[name][1](data.draw(told_by(name)))
    _, whole = normalize(document(content))
    cut = data.draw(st.integers(1, len(content) - 3))
    assume(name != "csv" or not content[:cut].endswith(b"\n"))  # a text of fewer rows is whole
    try:
        _, half = normalize(document(content[:cut]))
    except TaxlinkError:
        return
    assert figures(half) == figures(whole) or set(half.findings) - set(whole.findings)
