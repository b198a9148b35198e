"""Files that are handed in: what is taken, under whose consent, and by which name the rest is refused."""

from __future__ import annotations

import hashlib
import io
import json
import tempfile
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import update

from authz.authorization import Progress, State, Trigger
from authz.casefile import Collected
from authz.consent import ConsentState
from schema.dataset import Dataset, Missing, Route
from schema.errors import KeyDestroyed
from service.uploads import LARGEST_UPLOAD, MOST_FILES
from stages import documents
from stages.dispatch import Dispatch
from stages.dispose import dispose
from stages.documents import LARGEST
from stages.normalize import HeadStart, normalize, opened
from stages.upkeep import Upkeep
from store import tables
from store.database import now
from tests.normalizers.bank.banks import BANKS
from tests.normalizers.bank.rendering import NAMES, as_csv, as_workbook, entries
from tests.normalizers.bank.writing import LOCKED_WORKBOOK, ruled_pdf
from tests.pipeline.test_secrets import findings
from tests.service.conftest import Service, company_id
from tests.service.test_api import refused
from verifier import evidence

GIVEN = entries([100_00, -30_00, 70_00, -5_00])
STATEMENT = as_csv(BANKS["cib"](GIVEN))
HEADINGS = [
    "发票号码",
    "销方识别号",
    "销方名称",
    "购方识别号",
    "购买方名称",
    "开票日期",
    "金额",
    "税额",
    "价税合计",
]


def invoices(seller: str = company_id(), *numbers: str) -> bytes:
    """A list of synthetic invoices that this company issued."""
    rows = [
        [each, seller, "沙盒甲", "", "沙盒乙", "2024-01-05", "1.00", "0.13", "1.13"]
        for each in numbers or ("24312000000012345678",)
    ]
    return as_csv([HEADINGS, *rows])


def packed(**files: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as made:
        for name, each in files.items():
            made.writestr(name, each)
    return content.getvalue()


@pytest.fixture
def case(service: Service) -> dict[str, Any]:
    return agreed(service)


def agreed(service: Service, **changes: Any) -> dict[str, Any]:
    """An application with a consent to tax data and one to statements, both agreed to."""
    datasets = ("taxpayer", "tax_credit_rating", "tax_return", "invoice", "bank_transaction")
    done = service.submit(scopes=[{"dataset": each} for each in datasets], **changes)
    browser = service.borrower(done["token"])
    while (text := browser.get(f"/link/{done['token']}/state").json()["text"]) is not None:
        reply = browser.post(f"/link/{done['token']}/agree", json={"text_sha256": text["sha256"]})
        assert reply.status_code == 200, reply.text
    service.shop.ledger.move(done["id"], State.WORKING, actor="pipeline")
    return done | {"browser": browser}


def give(service: Service, id: str, *files: tuple[str, bytes]) -> Any:
    return service.api.post(
        f"/v1/authorizations/{id}/documents", files=[("files", (name, content)) for name, content in files]
    )


def listed(service: Service, id: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = service.api.get(f"/v1/authorizations/{id}/documents").json()["items"]
    return items


def scored(service: Service, id: str) -> None:
    """The run is over: the portal gave its datasets, nobody gave a statement."""
    shop = service.shop
    if shop.ledger.authorization(id).state is State.WORKING:
        service.grant(id)
    read = shop.casefile.collections(id, shop.ledger.authorization(id).run)
    if not read:
        service.collect(id, Dataset.INVOICE, Missing.NOT_AVAILABLE)
        current = shop.ledger.authorization(id)
        period = shop.consents.scopes(current)[Dataset.BANK_TRANSACTION]
        revision = shop.ledger.consent(current.consent_id).revision
        gone = Collected(
            Dataset.BANK_TRANSACTION, period, Route.API, [], Missing.NOT_AVAILABLE, "route_absent", now()
        )
        shop.casefile.commit_collection(current, gone, revision)
    with HeadStart(shop, id) as ahead:
        normalize(shop, id, ahead)
    shop.ledger.set_progress(id, Progress.DONE, actor="pipeline")


def test_a_statement_is_recognised_kept_and_listed(service: Service, case: dict[str, Any]) -> None:
    reply = give(service, case["id"], ("流水6222021234567890.csv", STATEMENT))
    assert reply.status_code == 201, reply.text
    (kept,) = reply.json()["items"]
    assert kept["name"] == "流水************7890.csv"
    assert (kept["state"], kept["dataset"], kept["format"]) == ("kept", "bank_transaction", "bank.usual/1")
    assert (kept["rows"], kept["start"], kept["end"]) == (4, "2024-01-01", "2024-01-04")
    assert (kept["handed_by"], kept["error"], kept["run"]) == ("caller", None, None)
    assert listed(service, case["id"]) == [kept]


def test_a_file_is_sealed_under_the_consent_that_covers_it(service: Service, case: dict[str, Any]) -> None:
    give(service, case["id"], ("a.csv", STATEMENT), ("b.csv", invoices()))
    statement, invoice = service.shop.documents.of(case["id"])
    consents = {each.id: each.data_class for each in service.shop.consents.of(case["id"])}
    assert statement.page_ref
    assert invoice.page_ref
    assert consents[statement.page_ref.split("/")[1]] == "cash_flow"
    assert consents[invoice.page_ref.split("/")[1]] == "tax"
    assert service.shop.vault.unseal(statement.page_ref) == STATEMENT


def test_the_same_file_twice_is_one(service: Service, case: dict[str, Any]) -> None:
    first = give(service, case["id"], ("a.csv", STATEMENT))
    again = give(service, case["id"], ("renamed.csv", STATEMENT), ("a.zip", packed(inner=STATEMENT)))
    assert (first.status_code, again.status_code) == (201, 200)
    assert {each["id"] for each in again.json()["items"]} == {first.json()["items"][0]["id"]}
    assert len(listed(service, case["id"])) == 1


def test_one_bad_file_in_an_archive_keeps_no_other_back(service: Service, case: dict[str, Any]) -> None:
    reply = give(service, case["id"], ("all.zip", packed(good=STATEMENT, bad=b"?", nested=packed(a=b"b"))))
    found = [(each["state"], each["error"] and each["error"]["code"]) for each in reply.json()["items"]]
    assert found == [("kept", None), ("refused", "format_unknown"), ("refused", "data_corrupt")]


def locked() -> bytes:
    raw = bytearray(packed(a=STATEMENT))
    raw[6] |= 1
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    return bytes(raw)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"nothing that anybody knows", "format_unknown"),
        (packed(zeros=b"0" * (80 << 20)), "data_corrupt"),
        (locked(), "document_locked"),
        (ruled_pdf(BANKS["cib"](GIVEN), password="secret"), "document_locked"),
        (LOCKED_WORKBOOK, "document_locked"),
        (invoices(company_id("310115")), "document_of_another"),
        (as_csv([HEADINGS]), "data_incomplete"),
        (b"", "format_unknown"),
    ],
    ids=[
        "unknown",
        "bomb",
        "locked",
        "locked PDF",
        "locked workbook",
        "another company's",
        "no rows",
        "empty",
    ],
)
def test_what_is_not_taken_is_refused_by_name(
    service: Service, case: dict[str, Any], content: bytes, code: str
) -> None:
    refused(give(service, case["id"], ("a.bin", content)), 422, code)
    assert all(each["error"]["code"] == code and each["name"] is None for each in listed(service, case["id"]))
    assert service.shop.documents.readable(case["id"]) == []


def test_a_hundred_megabytes_are_refused_before_they_are_read(service: Service, case: dict[str, Any]) -> None:
    huge = give(service, case["id"], ("huge.csv", b"0" * (100 << 20)))
    refused(huge, 413, "body_too_large")
    refused(give(service, case["id"], ("large.csv", b"0" * (LARGEST + 1))), 413, "body_too_large")
    refused(give(service, case["id"], *[("a.csv", STATEMENT)] * (MOST_FILES + 1)), 422, "invalid_request")


def test_chunks_without_an_end_are_cut_off(service: Service, case: dict[str, Any], address: str) -> None:
    def chunks() -> Iterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\n'
        for _ in range(LARGEST_UPLOAD // (1 << 20) + 2):
            yield b"0" * (1 << 20)

    headers = {"authorization": f"Bearer {service.key}", "content-type": "multipart/form-data; boundary=x"}
    url = f"{address}/v1/authorizations/{case['id']}/documents"
    reply = httpx2.post(url, headers=headers, content=chunks(), timeout=60)
    refused(reply, 413, "body_too_large")


def test_no_consent_no_file(service: Service) -> None:
    usual = service.agreed()
    refused(give(service, usual["id"], ("a.csv", STATEMENT)), 403, "scope_denied")
    assert listed(service, usual["id"])[0]["error"]["code"] == "scope_denied"
    unanswered = service.submit()
    refused(give(service, unanswered["id"], ("a.csv", STATEMENT)), 403, "scope_denied")
    assert service.shop.documents.of(unanswered["id"]) == []


def test_days_outside_the_consent_are_not_taken(service: Service, case: dict[str, Any]) -> None:
    rows = [["交易日期", "收入", "支出", "余额"], ["2015-01-01", "5.00", "", "5.00"]]
    refused(give(service, case["id"], ("old.csv", as_csv(rows))), 403, "scope_denied")


def test_a_withdrawal_shuts_the_door_and_destroys_what_came_in(
    service: Service, case: dict[str, Any]
) -> None:
    give(service, case["id"], ("a.csv", STATEMENT), ("b.csv", invoices()))
    held = service.shop.documents.of(case["id"])
    service.intake.withdraw(case["id"], actor="borrower")
    refused(give(service, case["id"], ("c.csv", as_workbook(BANKS["cib"](GIVEN)))), 403, "consent_withdrawn")
    dispose(service.shop, case["id"])
    for ref in (ref for each in held for ref in (each.page_ref, each.name_ref)):
        assert ref is not None
        with pytest.raises(KeyDestroyed):
            service.shop.vault.unseal(ref)
    refused(service.api.get(f"/v1/authorizations/{case['id']}/documents"), 403, "consent_withdrawn")


def test_a_file_after_the_score_begins_a_run_that_stands_on_what_was_read(
    service: Service, case: dict[str, Any]
) -> None:
    shop, id = service.shop, case["id"]
    scored(service, id)
    first = shop.casefile.snapshot(id)
    assert first is not None
    assert first.missing[Dataset.BANK_TRANSACTION] is Missing.NOT_AVAILABLE
    give(service, id, ("a.csv", STATEMENT))
    begun = shop.ledger.authorization(id)
    assert (begun.run, begun.state, begun.trigger) == (2, State.REFRESHING, Trigger.DOCUMENTS)
    assert service.legs[-1].leg_key == f"{id}.2.1"
    carried, read = (shop.casefile.collections(id, run) for run in (2, 1))
    assert carried == read, "nothing is asked of the portal again"
    give(service, id, ("b.csv", as_workbook(BANKS["cib"](GIVEN[1:]))))
    assert shop.ledger.authorization(id).run == 2, "the run under way takes it"
    scored(service, id)
    held = shop.casefile.snapshot(id)
    assert held is not None
    assert Dataset.BANK_TRANSACTION not in held.missing
    table = opened(shop, begun, held).table("bank_transaction")
    assert table.height == 4, "the statements overlap"
    assert {each.run for each in shop.documents.of(id)} == {2}
    assert "overlapping_statements" in {each.code for each in held.findings}


def test_a_file_that_a_snapshot_missed_is_taken_up_by_the_sweep(
    service: Service, case: dict[str, Any]
) -> None:
    shop, id = service.shop, case["id"]
    service.grant(id)
    scored(service, id)
    shop.ledger.set_progress(id, Progress.SCORING, actor="test")
    give(service, id, ("a.csv", STATEMENT))  # and the process dies
    assert shop.documents.waiting() == []
    shop.ledger.set_progress(id, Progress.DONE, actor="test")
    assert shop.documents.waiting() == [id]
    assert shop.documents.take_up(id, actor="scheduler") is not None
    assert shop.documents.waiting() == []
    assert shop.documents.take_up(id, actor="scheduler") is None


def test_a_run_for_files_uses_up_no_refresh(service: Service) -> None:
    shop, id = service.shop, agreed(service, periodic=True)["id"]
    scored(service, id)
    assert shop.due.refreshable() == []
    yesterday = {"fetched_at": now() - timedelta(days=1)}
    with shop.store.begin() as connection:
        connection.execute(update(tables.snapshot).values(yesterday))
        connection.execute(update(tables.collection).values(yesterday))
    assert shop.due.refreshable() == [id]
    give(service, id, ("a.csv", STATEMENT))
    scored(service, id)
    shop.ledger.move(id, State.GRANTED, actor="pipeline")
    held = shop.casefile.snapshot(id)
    assert held is not None
    assert held.run == 2
    assert shop.due.refreshable() == [id]


def test_a_run_that_was_begun_and_never_handed_out_is_started_by_the_sweep(
    service: Service, case: dict[str, Any]
) -> None:
    shop, id = service.shop, case["id"]
    scored(service, id)
    documents.hand_in(shop, id, "a.csv", STATEMENT, actor="borrower")
    assert shop.documents.take_up(id, actor="borrower") is not None  # and the process dies here
    with shop.store.begin() as connection:
        connection.execute(update(tables.authorization).values(updated_at=now() - timedelta(minutes=1)))
    upkeep = Upkeep(shop, Dispatch(service.legs.append, service.disposals.append, lambda place, at: None))
    service.legs.clear()
    assert upkeep.sweep() == 1
    assert [each.leg_key for each in service.legs] == [f"{id}.2.1"]


def test_an_evidence_file_tells_what_was_handed_in_and_each_read_once(
    service: Service, case: dict[str, Any]
) -> None:
    scored(service, case["id"])
    give(service, case["id"], ("a.csv", STATEMENT))
    scored(service, case["id"])
    content = service.api.get(f"/v1/authorizations/{case['id']}/evidence").content
    files = evidence.unpacked(content)
    assert evidence.problems(files) == []
    assert hashlib.sha256(STATEMENT).hexdigest().encode() in files[evidence.RECORDS]
    told = json.loads(files["collections.json"])
    assert len(told) == len(service.shop.casefile.collections(case["id"], 2)) == 2
    assert all(each["record"] is not None for each in told)


def test_only_so_much_is_taken(
    service: Service, case: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "MOST_BYTES", len(STATEMENT) + 10)
    assert give(service, case["id"], ("a.csv", STATEMENT)).status_code == 201
    refused(give(service, case["id"], ("b.csv", invoices())), 422, "too_many_documents")


def test_invoices_handed_in_are_merged_with_the_portals(service: Service, case: dict[str, Any]) -> None:
    number = "24312000000012345678"
    give(service, case["id"], ("a.csv", invoices(company_id(), number, "24312000000012345679")))
    give(service, case["id"], ("b.csv", invoices(company_id(), number)))
    scored(service, case["id"])
    shop = service.shop
    held = shop.casefile.snapshot(case["id"])
    assert held is not None
    table = opened(shop, shop.ledger.authorization(case["id"]), held).table("invoice")
    assert sorted(table["number"]) == [number, "24312000000012345679"]
    assert set(table["direction"]) == {"out"}
    assert "source_repeats" in {each.code for each in held.findings}


def test_a_consent_that_was_used_up_shuts_out_no_other(service: Service, case: dict[str, Any]) -> None:
    scored(service, case["id"])
    service.shop.consents.end(case["id"], ConsentState.CONSUMED, actor="pipeline", reason="read_once")
    assert give(service, case["id"], ("a.csv", STATEMENT)).status_code == 201
    refused(give(service, case["id"], ("b.csv", invoices())), 403, "scope_denied")


def test_the_borrower_hands_in_on_the_page(service: Service, case: dict[str, Any]) -> None:
    path = f"/link/{case['token']}/documents"
    seen = case["browser"].get(f"/link/{case['token']}/state").json()
    assert "hand_in" in seen["can"]
    files = [("files", ("流水.csv", STATEMENT))]
    refused(case["browser"].post(path, files=files), 410, "link_used")
    shown = case["browser"].post(path, files=files, headers={"x-page": "files"}).json()
    assert (shown["files"], shown["refused"]) == ([{"name": "流水.csv", "rows": "4"}], [])
    files = [*files, ("files", ("b.txt", b"?"))]
    shown = case["browser"].post(path, files=files, headers={"x-page": "files"}).json()
    assert [(each["name"], each["zh"]) for each in shown["refused"]] == [("b.txt", "无法识别文件格式")]
    usual = service.agreed()
    assert "hand_in" not in usual["browser"].get(f"/link/{usual['token']}/state").json()["can"]


def test_nothing_of_a_file_is_in_clear_on_disk(
    service: Service, case: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))  # no upload is put aside in a file
    long = as_csv(BANKS["cib"](entries([1_00] * 20_000)))
    assert len(long) > 1 << 20
    refused(give(service, case["id"], ("沙盒机密.csv", long)), 403, "scope_denied")
    give(service, case["id"], ("沙盒机密.csv", STATEMENT), ("沙盒机密.txt", b"synthetic-canary-9753"))
    assert [each["state"] for each in listed(service, case["id"])] == ["refused", "kept", "refused"]
    canaries = {"name": "沙盒机密", "counterparty": NAMES[0], "content": "synthetic-canary-9753"}
    assert findings(tmp_path, canaries) == []


def test_who_handed_in_what_is_on_record(service: Service, case: dict[str, Any]) -> None:
    give(service, case["id"], ("a.csv", STATEMENT), ("b.txt", b"?"))
    told = [each for each in service.shop.ledger.events(case["id"]) if each["kind"].startswith("document.")]
    assert [each["kind"] for each in told] == ["document.kept", "document.refused"]
    assert told[0]["data"]["sha256"] == hashlib.sha256(STATEMENT).hexdigest()
