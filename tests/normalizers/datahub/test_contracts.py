"""What the hub writes comes back as it was; what it changes is told with its place."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import orjson
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from normalizers.registry import normalize
from schema.catalogue import TABLES_OF
from schema.dataset import Dataset, Route
from schema.errors import ContractChanged, DataConflict, DataCorrupt, TaxlinkError
from schema.hubcontract import VERSIONS, answer, contract, fields, json_schema
from schema.period import Period
from schema.raw import RawPage
from schema.tables import PROVENANCE, rows, unfilled
from tests.schema.test_tables import made_rows

COMPANY = "91110101MA0SHAHE01"
DAYS = date(2024, 1, 1), date(2025, 12, 31)
SENT: dict[str, Any] = {
    "case_number": "（2025）沙盒民初1号",
    "party": "company",
    "role": "defendant",
    "kind": "civil",
    "cause": "sale",
    "event_date": date(2025, 3, 1),
    "amount_fen": 12345,
}


def page(dataset: Dataset, content: bytes) -> RawPage:
    return RawPage(
        dataset=dataset,
        period=Period(start=DAYS[0], end=DAYS[1]),
        region="11",
        route=Route.API,
        source_format=f"datahub.{dataset}",
        locator=f"hub/{dataset}",
        sequence=0,
        content=content,
        content_type="application/json",
        fetched_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


def read(dataset: Dataset, found: Any) -> Any:
    return normalize(dataset, [page(dataset, orjson.dumps(found))], ["raw/0"])


def cases(change: Callable[[dict[str, Any]], object] = lambda found: None) -> Any:
    """Two cases of one company, the answer changed."""
    found = answer(Dataset.JUDICIAL_RECORD, COMPANY, DAYS, {"judicial_case": [SENT, SENT]})
    change(found)
    return read(Dataset.JUDICIAL_RECORD, found)


@pytest.mark.parametrize("dataset", VERSIONS)
@settings(max_examples=8, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(data=st.data())
def test_every_record_comes_back_as_it_was_written(dataset: Dataset, data: st.DataObject) -> None:
    sent = {name: data.draw(st.lists(made_rows(name), max_size=2)) for name in TABLES_OF[dataset]}
    plain = {name: [row.model_dump() for row in given_rows] for name, given_rows in sent.items()}
    written = answer(dataset, COMPANY, DAYS, plain)
    Draft202012Validator(json_schema(dataset)).validate(orjson.loads(orjson.dumps(written)))
    found = read(dataset, written)
    assert not found.findings
    assert set(found.tables) == set(TABLES_OF[dataset])
    for name, frame in found.tables.items():
        assert not unfilled(name, frame)
        back = [row.model_dump(exclude=set(PROVENANCE)) for row in rows(name, frame)]
        assert back == [row.model_dump(exclude=set(PROVENANCE)) for row in sent[name]]
        assert frame["pointer"].to_list() == [f"/tables/{name}/{place}" for place in range(frame.height)]


@pytest.mark.parametrize("dataset", VERSIONS)
def test_an_empty_answer_gives_every_table_without_rows(dataset: Dataset) -> None:
    found = read(dataset, answer(dataset, COMPANY, DAYS, {}))
    assert {name: frame.height for name, frame in found.tables.items()} == dict.fromkeys(
        TABLES_OF[dataset], 0
    )


@pytest.mark.parametrize("key", [each.key for each in fields("judicial_case")])
def test_a_field_that_is_missing_is_told_with_its_pointer(key: str) -> None:
    with pytest.raises(ContractChanged, match=f"/tables/judicial_case/1 lacks {key}"):
        cases(lambda found: found["tables"]["judicial_case"][1].pop(key))


@pytest.mark.parametrize(
    ("key", "value", "how"),
    [
        ("amount_yuan", 123.45, "is no amount in yuan"),
        ("amount_yuan", "1,234.50", "is no amount in yuan"),
        ("amount_yuan", "1.234", "is no amount in yuan"),
        ("event_date", "2025/03/01", "is no date"),
        ("event_date", "2025-02-30", "is no date"),
        ("event_date", None, "is no date"),
        ("cause", "divorce", "is none of its words"),
        ("case_number", 7, "is no text"),
        ("court", False, "is no text"),
    ],
)
def test_a_retyped_value_is_told_with_its_pointer(key: str, value: object, how: str) -> None:
    with pytest.raises(ContractChanged, match=f"/tables/judicial_case/1/{key} {how}"):
        cases(lambda found: found["tables"]["judicial_case"][1].update({key: value}))


def test_a_new_field_is_a_finding_and_no_more() -> None:
    found = cases(lambda found: found["tables"]["judicial_case"][0].update({"judge": "甲"}))
    assert [(each.code, each.detail) for each in found.findings] == [("new_field", "judicial_case.judge")]
    assert found.tables["judicial_case"]["amount_fen"].to_list() == [12345, 12345]


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (lambda found: found.update(contract="judicial_record/2"), ContractChanged),
        (lambda found: found.pop("tables"), ContractChanged),
        (lambda found: found["tables"].pop("enforcement"), ContractChanged),
        (lambda found: found["tables"].update(enforcement={}), ContractChanged),
        (lambda found: found["tables"]["judicial_case"].pop(), DataConflict),
    ],
)
def test_another_shape_is_refused(
    change: Callable[[dict[str, Any]], object], cause: type[TaxlinkError]
) -> None:
    with pytest.raises(cause):
        cases(change)


CONTENT = orjson.dumps(answer(Dataset.JUDICIAL_RECORD, COMPANY, DAYS, {"judicial_case": [SENT]}))


@settings(max_examples=300, deadline=None)
@given(place=st.integers(0, len(CONTENT) - 1), byte=st.integers(0, 255))
def test_a_changed_byte_gives_an_error_or_the_same_figure(place: int, byte: int) -> None:
    """A digit for a digit is another figure, which no reader can know; every other change is caught."""
    if chr(CONTENT[place]).isdigit() and chr(byte).isdigit():
        return
    mutated = CONTENT[:place] + bytes([byte]) + CONTENT[place + 1 :]
    try:
        found = normalize(Dataset.JUDICIAL_RECORD, [page(Dataset.JUDICIAL_RECORD, mutated)], ["raw/0"])
    except (ContractChanged, DataCorrupt, DataConflict):
        return
    assert found.tables["judicial_case"]["amount_fen"].to_list() == [12345]


def test_versions_are_told_in_every_row() -> None:
    assert set(cases().tables["judicial_case"]["parser"]) == {f"datahub.{contract(Dataset.JUDICIAL_RECORD)}"}
