"""A portfolio is scored anew beside what was decided: from seals alone, and on from where it was killed."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from schema.errors import StateConflict
from scoring.policy.loader import load
from scoring.policy.model import Policy
from stages import rescoring
from stages.rescoring import changes, rescore
from store.scoring_tables import rescored
from tests.service.conftest import Service
from tests.service.test_report import keep, result
from vault.reference import KeyClass

FIRMS = 3
stricter = load().model_copy(
    update={"sha256": "f" * 64, "scale": load().scale.model_copy(update={"decline_above_pd": 0.0})}
)


@pytest.fixture
def ids(service: Service) -> list[str]:
    """Firms with a snapshot and a score, in the order of their ids; one more has neither."""
    service.agreed()
    made: list[str] = [service.agreed()["id"] for _ in range(FIRMS)]
    for id in made:
        service.grant(id)
        keep(service, id, result())
    return sorted(made)


def rows(service: Service, name: str) -> dict[str, tuple[str | None, str | None]]:
    with service.shop.store.connect() as connection:
        found = connection.execute(select(rescored).where(rescored.c.name == name)).all()
    return {row.authorization_id: (row.decision, row.error_code) for row in found}


def test_the_whole_portfolio_is_scored_beside_what_was_decided(service: Service, ids: list[str]) -> None:
    before = {id: service.shop.casefile.score(id) for id in ids}
    assert list(rescore(service.shop, "q4", stricter))[-1] == (FIRMS, FIRMS)
    assert rows(service, "q4") == dict.fromkeys(ids, ("decline", None))
    (change,) = changes(service.shop, "q4")
    assert (change["before"], change["after"], change["firms"]) == (result().decision, "decline", FIRMS)
    assert change["limit_after_fen"] == 0
    assert {id: service.shop.casefile.score(id) for id in ids} == before


def test_one_that_was_killed_goes_on_where_it_was(
    service: Service, ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rescoring, "BATCH", 1)
    killed = rescore(service.shop, "q4", load())
    assert [next(killed) for _ in range(2)] == [(0, FIRMS), (1, FIRMS)]
    killed.close()
    assert list(rows(service, "q4")) == ids[:1]
    assert list(rescore(service.shop, "q4", load())) == [(done, FIRMS) for done in range(1, FIRMS + 1)]
    assert list(rescore(service.shop, "q4", load())) == [(FIRMS, FIRMS)]


def test_a_firm_whose_data_were_destroyed_is_named_and_the_others_go_on(
    service: Service, ids: list[str]
) -> None:
    owner = service.shop.ledger.authorization(ids[0]).vault_owner
    service.shop.vault.destroy(owner, KeyClass.DATA)
    list(rescore(service.shop, "q4", load()))
    told = rows(service, "q4")
    assert told.pop(ids[0]) == (None, "key_destroyed")
    assert [(decision is not None, error) for decision, error in told.values()] == [(True, None)] * (
        FIRMS - 1
    )


def test_a_name_belongs_to_one_policy(service: Service, ids: list[str]) -> None:
    list(rescore(service.shop, "q4", load()))
    other: Policy = stricter
    with pytest.raises(StateConflict, match="another policy"):
        list(rescore(service.shop, "q4", other))
    assert list(rescore(service.shop, "q4-strict", other))[-1] == (FIRMS, FIRMS)
    assert set(rows(service, "q4-strict")) == set(ids)


def test_firms_measured_together_or_apart_are_decided_alike(
    service: Service, ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    list(rescore(service.shop, "together", load()))
    monkeypatch.setattr(rescoring, "ROWS", 0)
    list(rescore(service.shop, "apart", load()))
    assert rows(service, "apart") == rows(service, "together")
    assert set(rows(service, "apart")) == set(ids)
