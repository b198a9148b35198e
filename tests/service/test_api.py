"""What a loan system is promised, and what it is refused."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import polars as pl
import pytest
from sqlalchemy import select

from authz.authorization import State
from connectors.interface import ChallengeKind
from schema.dataset import USUAL, Dataset, Missing
from store import tables
from tests.service.conftest import Service, company_id, make


def refused(reply: Any, status: int, code: str) -> None:
    """A problem with its code and both languages."""
    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"] == "application/problem+json"
    told = reply.json()
    assert told["code"] == code
    assert told["message_zh"]
    assert told["message_en"] == told["title"]
    assert "Traceback" not in reply.text


def post(service: Service, body: Any, key: str = "k1") -> Any:
    return service.api.post("/v1/authorizations", json=body, headers={"idempotency-key": key})


def count(service: Service) -> int:
    with service.shop.store.connect() as connection:
        return len(connection.execute(select(tables.authorization.c.id)).all())


# --- submission ---


def test_a_submission_gives_an_id_a_link_and_the_consent_as_issued(service: Service) -> None:
    done = service.submit()
    assert done["state"] == "requested"
    assert done["region"] == {"code": "44", "zh": "广东", "en": "Guangdong"}
    assert done["link_url"].startswith(service.shop.settings.public_url)
    assert done["amount"] == "300000.00"
    held = service.shop.ledger.consent(service.shop.ledger.authorization(done["id"]).consent_id)
    assert (done["consent"]["text_zh"], done["consent"]["text_sha256"]) == (held.text.zh, held.text.sha256)
    assert {scope["dataset"] for scope in done["consent"]["scopes"]} == set(USUAL)


def test_the_person_is_sealed_and_nowhere_in_the_store(service: Service) -> None:
    done = service.submit()
    assert service.shop.ledger.authorization(done["id"]).person_ref
    with service.shop.store.connect() as connection:
        rows = connection.execute(select(tables.authorization)).all()
        events = connection.execute(select(tables.event)).all()
    assert "440106199001011234" not in str(rows) + str(events)
    assert "13800138000" not in str(rows) + str(events)


def test_the_same_key_and_body_give_the_same_authorization(service: Service) -> None:
    first = post(service, service.body(amount="300000"))
    again = post(service, service.body(amount=300000.00))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    assert count(service) == 1


def test_the_same_key_with_another_body_is_refused(service: Service) -> None:
    post(service, service.body())
    refused(post(service, service.body(amount="300000.01")), 409, "idempotency_conflict")
    assert count(service) == 1


def test_the_same_submission_many_times_at_once_is_one_authorization(service: Service) -> None:
    with ThreadPoolExecutor(6) as pool:
        replies = list(pool.map(lambda _: post(service, service.body()), range(6)))
    assert sorted(reply.status_code for reply in replies) == [200] * 5 + [201]
    assert len({reply.json()["id"] for reply in replies}) == 1
    assert count(service) == 1


def test_a_submission_without_a_key_is_refused(service: Service) -> None:
    refused(service.api.post("/v1/authorizations", json=service.body()), 422, "invalid_request")


def test_a_wrong_check_character_is_refused(service: Service) -> None:
    good = company_id()
    wrong = good[:-1] + ("0" if good[-1] != "0" else "1")
    for id in (
        wrong,
        good[:-1],
        good + "0",
        "9144010IMA5XXXXX1F",
        "",
        "统一社会信用代码" * 2,
    ):
        refused(post(service, service.body(taxpayer_id=id)), 422, "invalid_taxpayer_id")


def test_an_unknown_region_is_refused(service: Service) -> None:
    for region in ("99", "", "广东", "4403 OR 1=1"):
        refused(post(service, service.body(region=region)), 422, "unknown_region")


def test_a_company_of_the_national_register_must_name_its_region(service: Service) -> None:
    national = company_id("100000")
    refused(post(service, service.body(taxpayer_id=national)), 422, "region_undecided")
    named = post(service, service.body(taxpayer_id=national, region="31"), key="k2")
    assert named.json()["region"]["code"] == "31"


def test_an_unknown_scope_is_refused(service: Service) -> None:
    refused(post(service, service.body(scopes=[{"dataset": "dreams"}])), 422, "unknown_scope")


@pytest.mark.parametrize(
    "scopes",
    [
        [],
        [{"dataset": "invoice"}, {"dataset": "invoice"}],
        [{"dataset": "invoice", "from": "2026-02-01", "to": "2026-01-01"}],
        [{"dataset": "invoice", "from": "yesterday"}],
    ],
)
def test_scopes_that_make_no_sense_are_refused(service: Service, scopes: Any) -> None:
    refused(post(service, service.body(scopes=scopes)), 422, "invalid_request")


@pytest.mark.parametrize(
    "change",
    [
        {"amount": "0.001"},
        {"amount": "-1"},
        {"amount": 0},
        {"amount": "1e9"},
        {"amount": "much"},
        {"amount": True},
        {"amount": None},
        {"term_months": 0},
        {"product": "Tax Credit"},
        {"surprise": 1},
        {"valid_days": 100_000},
    ],
)
def test_a_malformed_field_is_refused_without_being_quoted(service: Service, change: dict[str, Any]) -> None:
    reply = post(service, service.body(**change) | {"person": {"person_id": "440106199001011234"}})
    refused(reply, 422, "invalid_request")
    assert "440106199001011234" not in reply.text


@pytest.mark.parametrize(
    "url",
    [
        "http://203.0.113.9/hook",
        "https://127.0.0.1/hook",
        "https://10.0.0.8/hook",
        "https://2130706433/",
        "https://[::ffff:127.0.0.1]/hook",
        "https://localhost/hook",
        "https://user:pw@8.8.8.8/hook",
    ],
)
def test_a_callback_to_a_private_address_is_refused(service: Service, url: str) -> None:
    refused(post(service, service.body(callback_url=url)), 422, "callback_forbidden")
    assert count(service) == 0


def test_a_callback_that_the_deployment_lists_is_kept_with_the_callers_secret(tmp_path: Any) -> None:
    service = make(tmp_path, callback_hosts=frozenset({"127.0.0.1:9"}))
    done = service.submit(callback_url="http://127.0.0.1:9/hook")
    current = service.shop.ledger.authorization(done["id"])
    assert current.callback_secret_ref
    assert service.shop.vault.unseal(current.callback_secret_ref).startswith(b"whsec_")
    service.shop.close()


# --- keys and tenants ---


@pytest.mark.parametrize("header", [{}, {"authorization": "Bearer tlk_no"}, {"authorization": "Basic eDp5"}])
def test_a_call_without_a_valid_key_is_refused(service: Service, header: dict[str, str]) -> None:
    reply = service.browser().get("/v1/authorizations", headers=header)
    refused(reply, 401, "api_key_invalid")
    assert reply.headers["www-authenticate"] == "Bearer"


def test_another_tenants_authorization_is_unknown(service: Service) -> None:
    id = service.submit()["id"]
    other = service.other_api
    for method, path in (
        ("GET", ""), ("GET", "/events"), ("GET", "/datasets"), ("GET", "/datasets/invoice"),
        ("GET", "/score"), ("POST", "/rerun"), ("POST", "/withdraw"),
    ):  # fmt: skip
        refused(other.request(method, f"/v1/authorizations/{id}{path}"), 404, "authorization_unknown")
    assert other.get("/v1/authorizations").json()["items"] == []
    refused(other.get("/v1/authorizations", params={"after": id}), 404, "authorization_unknown")


def test_the_same_key_of_two_tenants_is_two_keys(service: Service) -> None:
    mine = post(service, service.body())
    theirs = service.other_api.post(
        "/v1/authorizations", json=service.body(amount="1"), headers={"idempotency-key": "k1"}
    )
    assert mine.json()["id"] != theirs.json()["id"]


# --- reading ---


def test_the_listing_pages_by_cursor_and_filters_by_state(service: Service) -> None:
    ids = [service.submit()["id"] for _ in range(3)]
    service.fail(ids[0], "portal_timeout")
    first = service.api.get("/v1/authorizations", params={"limit": 2}).json()
    rest = service.api.get("/v1/authorizations", params={"limit": 2, "after": first["next"]}).json()
    assert [each["id"] for each in first["items"] + rest["items"]] == ids[::-1]
    assert rest["next"] is None
    failed = service.api.get("/v1/authorizations", params={"state": "failed"}).json()["items"]
    assert [each["id"] for each in failed] == [ids[0]]


def test_an_authorization_shows_what_the_borrower_is_asked_and_why_it_failed(service: Service) -> None:
    id = service.agreed()["id"]
    service.ask(id, ChallengeKind.SMS_CODE, hint="138****8000")
    shown = service.api.get(f"/v1/authorizations/{id}").json()
    assert (shown["state"], shown["challenge"]["kind"]) == ("challenged", "sms_code")
    service.fail(id, "account_locked")
    error = service.api.get(f"/v1/authorizations/{id}").json()["error"]
    assert (error["code"], error["actor"], error["action"]) == ("account_locked", "borrower", "stop")
    assert error["zh"]
    assert error["en"]


def test_events_come_in_order_and_after_a_number(service: Service) -> None:
    id = service.agreed()["id"]
    events = service.api.get(f"/v1/authorizations/{id}/events").json()["items"]
    assert events[0]["kind"] == "authorization.requested"
    later = service.api.get(f"/v1/authorizations/{id}/events", params={"after": events[0]["id"]}).json()
    assert later["items"] == events[1:]


def test_a_finished_authorization_gives_tables_money_and_score(service: Service) -> None:
    id = _finished(service)
    datasets = service.api.get(f"/v1/authorizations/{id}/datasets").json()
    assert datasets["tables"] == {"invoice": 3}
    assert datasets["missing"] == {"tax_return": "NOT_AVAILABLE"}
    assert datasets["findings"][0]["code"] == "unknown_field"
    page = service.api.get(f"/v1/authorizations/{id}/datasets/invoice", params={"limit": 2}).json()
    assert (page["total"], len(page["rows"])) == (3, 2)
    assert [(row["amount_fen"], row["amount_yuan"]) for row in page["rows"]] == [
        (12345, "123.45"),
        (-5, "-0.05"),
    ]
    assert service.api.get(f"/v1/authorizations/{id}/score").json()["score"] == 612.0


def test_a_table_comes_as_csv_without_formulas_and_as_parquet(service: Service) -> None:
    path = f"/v1/authorizations/{_finished(service)}/datasets/invoice"
    csv = service.api.get(path, headers={"accept": "text/csv"})
    assert csv.headers["content-type"] == "text/csv; charset=utf-8"
    assert ",'=cmd()," in csv.text
    assert ",-5,-0.05," in csv.text
    parquet = service.api.get(path, headers={"accept": "application/vnd.apache.parquet"})
    frame = pl.read_parquet(io.BytesIO(parquet.content))
    assert frame["amount_fen"].to_list() == [12345, -5, None]
    assert frame["amount_yuan"].to_list() == ["123.45", "-0.05", None]


def test_a_missing_table_says_why_and_an_unknown_one_is_refused(service: Service) -> None:
    id = _finished(service)
    reply = service.api.get(f"/v1/authorizations/{id}/datasets/tax_return")
    refused(reply, 409, "state_conflict")
    assert "NOT_AVAILABLE" in reply.json()["detail"]
    refused(service.api.get(f"/v1/authorizations/{id}/datasets/passwords"), 422, "unknown_scope")


def test_nothing_is_read_before_there_is_something(service: Service) -> None:
    id = service.submit()["id"]
    assert service.api.get(f"/v1/authorizations/{id}/datasets").json()["tables"] == {}
    refused(service.api.get(f"/v1/authorizations/{id}/datasets/invoice"), 409, "state_conflict")
    refused(service.api.get(f"/v1/authorizations/{id}/score"), 409, "state_conflict")


def test_data_are_closed_from_the_moment_of_the_withdrawal(service: Service) -> None:
    """Even before a worker has destroyed the keys."""
    id = _finished(service)
    assert service.api.post(f"/v1/authorizations/{id}/withdraw").json()["state"] == "closed"
    assert [each.id for each in service.disposals] == [id]
    refused(service.api.get(f"/v1/authorizations/{id}/datasets/invoice"), 403, "consent_withdrawn")
    refused(service.api.get(f"/v1/authorizations/{id}/score"), 403, "consent_withdrawn")


# --- acting ---


def test_a_failed_authorization_is_re_run_under_its_id(service: Service) -> None:
    id = service.agreed()["id"]
    service.fail(id, "portal_unavailable")
    reply = service.api.post(f"/v1/authorizations/{id}/rerun")
    assert reply.status_code == 202
    assert (reply.json()["id"], reply.json()["run"], reply.json()["state"]) == (id, 2, "planning")
    assert service.legs[-1].leg_key == f"{id}.2.1"


def test_what_goes_well_is_not_re_run(service: Service) -> None:
    id = service.agreed()["id"]
    refused(service.api.post(f"/v1/authorizations/{id}/rerun"), 409, "state_conflict")


def test_a_withdrawn_authorization_is_not_re_run(service: Service) -> None:
    id = service.agreed()["id"]
    service.fail(id, "portal_unavailable")
    service.api.post(f"/v1/authorizations/{id}/withdraw")
    refused(service.api.post(f"/v1/authorizations/{id}/rerun"), 409, "state_conflict")


def test_a_closed_authorization_gives_no_link(service: Service) -> None:
    id = service.agreed()["id"]
    service.api.post(f"/v1/authorizations/{id}/withdraw")
    refused(service.api.post(f"/v1/authorizations/{id}/link"), 409, "state_conflict")
    refused(service.other_api.post(f"/v1/authorizations/{id}/link"), 404, "authorization_unknown")


def test_the_interface_describes_itself(service: Service) -> None:
    described = service.browser().get("/openapi.json").json()
    fields = described["components"]["schemas"]["AuthorizationIn"]["properties"]
    assert fields["scopes"]["description"]
    assert {"type": "string"} in fields["amount"]["anyOf"]


def _finished(service: Service) -> str:
    id: str = service.agreed()["id"]
    service.grant(id)
    for dataset in USUAL:
        missing = Missing.NOT_AVAILABLE if dataset is Dataset.TAX_RETURN else None
        service.collect(id, dataset, missing)
    service.finish(id)
    assert service.shop.ledger.authorization(id).state is State.GRANTED
    return id
