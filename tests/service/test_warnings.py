"""Warnings over time, as a loan system and the console read them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import select

from authz.access.roles import Role
from scoring.policy.loader import load
from scoring.result import WarningSignal
from scoring.warnings import check_warnings
from stages import warnings
from stages.notify import notice
from store.scoring_tables import warning
from tests.scoring.test_warnings import known
from tests.service.conftest import Service, make
from vault.reference import KeyClass

POLICY = load()


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    service = make(tmp_path_factory.mktemp("watched"))
    yield service
    service.shop.close()


def scored(service: Service, id: str, **facts: float | str) -> None:
    """A score that raises what the figures raise, sealed and kept for the present run."""
    shop, current = service.shop, service.shop.ledger.authorization(id)
    raised: list[WarningSignal] = check_warnings(POLICY, known(facts), "general", quarterly=False)
    whole = {"indicators": facts, "warnings": [signal.model_dump() for signal in raised]}
    ref = shop.vault.seal(current.vault_owner, "score", json.dumps(whole).encode(), key_class=KeyClass.DATA)
    summary = {
        "snapshot_id": "x", "result_ref": ref, "decision": "refer", "points": 600.0, "grade": "G3",
        "limit_fen": 0, "annual_rate": 0.05, "policy_version": POLICY.version, "policy_hash": POLICY.sha256,
    }  # fmt: skip
    shop.casefile.keep_score(current, summary, {})
    warnings.keep(shop, current, raised, POLICY)


def granted(service: Service) -> str:
    """An authorization with a grant."""
    id: str = service.agreed()["id"]
    service.grant(id)
    return id


def test_the_loan_system_and_the_console_read_what_is_open(watched: Service) -> None:
    id = granted(watched)
    scored(watched, id, out_days_since_last=46.0)
    (one,) = watched.api.get(f"/v1/authorizations/{id}/warnings").json()["items"]
    assert (one["signal"], one["severity"], one["closed_at"]) == ("W03", "amber", None)
    assert one["evidence"] == {"out_days_since_last": 46.0}
    assert one["does_en"] == "The limit is cut or reviewed"
    assert one["first_seen"] == one["last_seen"] < one["deadline"]
    assert watched.other_api.get(f"/v1/authorizations/{id}/warnings").status_code == 404
    page = watched.console(Role.AUDITOR).get(f"/console/{id}/warnings", params={"lang": "en"}).text
    assert "No invoice for over 45 days" in page
    assert "out_days_since_last" in page


def test_the_figures_stay_in_the_vault(watched: Service) -> None:
    id = granted(watched)
    scored(watched, id, arrears_cur=98765.0)
    with watched.shop.store.connect() as connection:
        rows = connection.execute(select(warning).where(warning.c.authorization_id == id)).all()
    assert len(rows) == 1
    assert "98765" not in str(rows)
    current = watched.shop.ledger.authorization(id)
    watched.shop.vault.destroy(current.vault_owner, KeyClass.DATA)
    (one,) = warnings.shown(watched.shop, current)
    assert one.evidence is None


def test_a_refresh_closes_what_is_gone_and_tells_of_each_change(watched: Service) -> None:
    id = granted(watched)
    scored(watched, id, out_days_since_last=46.0)
    scored(watched, id, out_days_since_last=46.0)
    scored(watched, id, out_days_since_last=46.0, lost_buyer_cnt=1.0)
    scored(watched, id)
    happened = [
        (event["kind"], event["data"])
        for event in watched.shop.ledger.events(id)
        if event["kind"].startswith("warning.")
    ]
    assert happened == [
        ("warning.raised", {"signal": "W03", "severity": "amber"}),
        ("warning.raised", {"signal": "W07", "severity": "red"}),
        ("warning.escalated", {"signal": "W03", "severity": "red"}),
        ("warning.closed", {"signal": "W03", "severity": "red"}),
        ("warning.closed", {"signal": "W07", "severity": "red"}),
    ]


def test_the_notice_to_the_loan_system_names_open_warnings_without_figures(watched: Service) -> None:
    id = granted(watched)
    scored(watched, id, out_days_since_last=46.0)
    told = notice(watched.shop, watched.shop.ledger.authorization(id))["warnings"]
    assert isinstance(told, list)
    assert [(each["signal"], each["severity"]) for each in told] == [("W03", "amber")]
    assert set(told[0]) == {"signal", "severity", "first_seen", "deadline"}


def test_a_change_is_measured_from_the_first_score(watched: Service) -> None:
    id = granted(watched)
    scored(watched, id, cust_top1_share_12m=0.3)
    first = watched.shop.ledger.authorization(id)
    assert warnings.granted(watched.shop, first) is None
    later = replace(first, run=first.run + 1)
    assert warnings.granted(watched.shop, later) == {"cust_top1_share_12m": 0.3}
