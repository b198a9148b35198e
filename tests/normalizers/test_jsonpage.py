"""Pages of JSON lists: the quick way and the long way agree, and whatever differs from the contract shows."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from normalizers.contract import COUNT, TEXT, Shape
from normalizers.jsonpage import HEAD, Listed
from normalizers.jsonrecords import RecordList
from normalizers.registry import Page
from schema.dataset import Dataset, Route
from schema.errors import ContractChanged, DataCorrupt
from schema.period import Period
from schema.raw import RawPage

INNER = Shape("list.lines", {"n": COUNT, "amount": TEXT}, nullable={"unit": TEXT, "longest_of_names": TEXT})
RECORD = Shape("list", {"number": TEXT}, nullable={"code": TEXT}, lists=frozenset({"lines"}))
LISTED = Listed(Shape("page", HEAD | {"total": COUNT}, lists=frozenset({"list"})), RECORD, INNER)


def line(**other: Any) -> dict[str, Any]:
    return {"n": 1, "amount": "1.50", "unit": None, "longest_of_names": None} | other


def record(*lines: dict[str, Any], **other: Any) -> dict[str, Any]:
    return {"number": "7", "code": None, "lines": list(lines)} | other


def page(*records: Any, **head: Any) -> Page:
    body = {"nsrsbh": "91", "total": len(records), "list": list(records)} | head
    return raw(json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode())


def raw(content: bytes) -> Page:
    period = Period.model_validate({"start": "2025-01-01", "end": "2025-03-31"})
    fetched = datetime(2025, 4, 1, tzinfo=UTC)
    place = (Dataset.INVOICE, period, "31", Route.API, "test.invoice", "page", 0)
    return Page(RawPage(*place, content, "application/json", fetched), "raw/0")


def test_rows_know_their_page_and_place() -> None:
    found = LISTED.read([page(record(line(), line(n=2)), record()), page(), page(record(line(n=9)))])
    assert found.counts == [2, 0, 1]
    assert found.rows.select("page", "row", "nsrsbh").rows() == [(0, 0, "91"), (0, 1, "91"), (2, 0, "91")]
    assert found.nested.select("page", "row", "place", "n").rows() == [
        (0, 0, 0, 1),
        (0, 0, 1, 2),
        (2, 0, 0, 9),
    ]
    assert not found.findings


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (lambda it: it.pop("number"), "lacks number"),
        (lambda it: it.pop("code"), "lacks code"),
        (lambda it: it["lines"][0].pop("unit"), "lacks unit"),
        (lambda it: it["lines"][0].update(amount=1.5), "amount is Float64, not String"),
        (lambda it: it["lines"][0].update(n=1.5), "n is Float64, not Int64"),
        (lambda it: it["lines"][0].update(n="1"), "n is String, not Int64"),
        (lambda it: it.update(code=True), "code is Boolean, not String"),
        (lambda it: it.update(code={"a": 1}), "code is Struct"),
        (lambda it: it.update(lines={"a": 1}), "lines is no list"),
        (lambda it: it.update(lines=["a"]), "are no objects"),
        (lambda it: it.update(number=None), "number is Null, not String"),
    ],
)
def test_a_field_that_is_missing_or_of_another_type_stops_the_page(
    changed: Callable[[dict[str, Any]], object], told: str
) -> None:
    one = record(line())
    changed(one)
    with pytest.raises(ContractChanged, match=told):
        LISTED.read([page(one)])


@pytest.mark.parametrize(
    ("one", "path"),
    [
        (record(line(), news="x"), "list.news"),
        (record(line(news=None)), "list.lines.news"),
        # As many keys as ever: a new one in the place of one that is null elsewhere.
        (record(line(), **{"codes": "5"}), "list.codes"),
    ],
)
def test_a_new_field_is_reported_even_where_another_is_left_out(one: dict[str, Any], path: str) -> None:
    if path == "list.codes":
        del one["code"]
    found = LISTED.read([page(record(line(), code="1"), record(line()), one)])
    assert [finding.detail for finding in found.findings] == [path]
    assert found.rows["number"].to_list() == ["7"] * 3


def test_records_that_are_no_objects_stop_the_page() -> None:
    with pytest.raises(ContractChanged):
        LISTED.read([page("a", "b")])


@pytest.mark.parametrize("cut", [1, 20, 60, -2])
def test_half_a_page_is_corrupt(cut: int) -> None:
    whole = page(record(line()), record(line())).raw.content
    with pytest.raises(DataCorrupt):
        LISTED.read([raw(whole[:cut])])


@pytest.mark.parametrize("separators", [(", ", ": "), (",", ":")])
def test_blanks_and_the_order_of_keys_make_no_difference(separators: tuple[str, str]) -> None:
    body = {"list": [{"lines": [dict(reversed(line().items()))], "code": "1", "number": "7"}], "total": 1}
    content = json.dumps(body | {"nsrsbh": "91"}, separators=separators).encode()
    found = LISTED.read([raw(content)])
    assert_frame_equal(found.rows, LISTED.read([page(record(line(), code="1"))]).rows)


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=6) | st.sampled_from(
    ['":', '"unit":', '\\":"', "]", "[", '"list":[']
)
LINES = st.fixed_dictionaries(
    {
        "n": st.integers(-99, 99),
        "amount": TEXTS,
        "unit": st.none() | TEXTS,
        "longest_of_names": st.none() | TEXTS,
    }
)
RECORDS = st.fixed_dictionaries(
    {"number": TEXTS, "code": st.none() | TEXTS, "lines": st.lists(LINES, max_size=3)}
)


@given(st.lists(RECORDS, max_size=4))
@settings(deadline=None, max_examples=60)
def test_whatever_the_texts_hold_the_rows_are_the_records(records: list[dict[str, Any]]) -> None:
    found = LISTED.read([page(*records)])
    rows, lines = found.rows.to_dicts(), found.nested.to_dicts()
    assert [{name: row[name] for name in ("number", "code")} for row in rows] == [
        {name: each[name] for name in ("number", "code")} for each in records
    ]
    assert [{name: row[name] for name in INNER.names} for row in lines] == [
        each for one in records for each in one["lines"]
    ]


@given(st.data(), st.lists(RECORDS, min_size=1, max_size=3))
@settings(deadline=None, max_examples=60)
def test_the_quick_way_is_never_taken_with_other_keys(
    data: st.DataObject, records: list[dict[str, Any]]
) -> None:
    """One key of one record gets another name: the long way must be taken."""
    spots = [each for one in records for each in (one, *one["lines"])]
    spot = data.draw(st.sampled_from(spots))
    name = data.draw(st.sampled_from(sorted(spot)))
    other = data.draw(st.sampled_from(["x" + name, name + "x", name[1:], name.upper(), "number", "unit"]))
    spot[other] = spot.pop(name)
    content = json.dumps(records, ensure_ascii=False, separators=(",", ":")).encode()
    assert other == name or RecordList(RECORD, INNER)._expected(content) is None


def test_the_quick_way_is_taken_with_the_contracts_keys() -> None:
    content = page(record(line(), code="1"), record(line(unit="件"))).raw.content
    content = content[content.index(b"[") : -1]
    found = RecordList(RECORD, INNER)._expected(content)
    assert found is not None
    assert found.within.schema["n"] == pl.Int64
