"""The live decision sees what the bank's other firms tell: of its own tenant, under living consents, by
pseudonyms."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from authz.authorization import Authorization, State
from authz.consent.text import TEXT_VERSION
from schema.dataset import Missing
from schema.period import add_months
from scoring.decision import score
from scoring.facts import Facts
from scoring.fraud.examine import examine
from scoring.policy.loader import load
from scoring.result import ScoreResult
from stages import dispose, peerindex, terms
from stages.bankside import context
from stages.score import applied
from store import tables
from store.database import reading
from store.peer_tables import peer, peer_mark, peer_trade
from tests.pipeline.test_secrets import findings
from tests.scoring.firms import AS_OF, DECIDED, invoice, snapshot, table, uscc
from tests.scoring.test_fraud import sold, trade
from tests.service.conftest import Service, make

A, B, C, D = (uscc(number) for number in (11, 12, 13, 14))
NAME, DEVICE = "欧阳沙盒", "499099887766"
LOOP = "loop_net_ratio_12m"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    made = make(tmp_path)
    yield made
    made.shop.close()


def books(me: str, ring: tuple[str, ...]) -> list[dict[str, Any]]:
    """Ordinary trade, and this firm's part of a circle of sales."""
    place = ring.index(me)
    rows = trade(me, seed=place)
    rows.append(sold(1, ring[(place + 1) % len(ring)], 500_000, 50, me))
    rows.append(sold(2, me, 500_000, 50, ring[place - 1], direction="in"))
    return rows


def tables_of(me: str, ring: tuple[str, ...], **master: Any) -> dict[str, Any]:
    rows = [row | {"device_id": master.get("device_id")} for row in books(me, ring)]
    told = {"taxpayer_id": me, "name": "沙盒公司", "registered_on": date(2020, 1, 2)} | master
    return {"invoice": table("invoice", rows), "taxpayer": table("taxpayer", [told])}


class Bank:
    """Firms that agreed, and whose snapshots were sealed."""

    def __init__(self, service: Service) -> None:
        self.service, self.shop = service, service.shop

    def authorise(self, me: str, ring: tuple[str, ...], *, other_tenant: bool = False, **master: Any) -> str:
        """Agreed, and indexed as the normalize stage does it."""
        service, key = self.service, self.service.key
        service.key = service.other_key if other_tenant else key
        done = service.submit(taxpayer_id=me)
        service.key = key
        agreed = {"text_sha256": done["consent"]["text_sha256"]}
        assert service.borrower(done["token"]).post(f"/link/{done['token']}/agree", json=agreed).is_success
        id: str = done["id"]
        self.shop.ledger.move(id, State.WORKING, actor="pipeline")
        service.grant(id)
        peerindex.keep(self.shop, self.current(id), tables_of(me, ring, **master), AS_OF)
        return id

    def current(self, id: str) -> Authorization:
        return self.shop.ledger.authorization(id)

    def facts(self, id: str, ring: tuple[str, ...], **master: Any) -> Facts:
        current = self.current(id)
        sealed = snapshot(tables_of(current.taxpayer_id, ring, **master), taxpayer_id=current.taxpayer_id)
        return Facts(sealed, context(self.shop, current, sealed), DECIDED, load().measurement)

    def decided(self, id: str, ring: tuple[str, ...]) -> ScoreResult:
        """As the score stage decides, at a moment of the made-up invoices."""
        facts, asked = self.facts(id, ring), applied(self.current(id))
        return score(facts.snapshot, application=asked, context=facts.context, decided_at=DECIDED)

    def alter(self, id: str, **values: Any) -> None:
        """Its consents as the store holds them."""
        mine = tables.consent.c.authorization_id == id
        with self.shop.store.begin() as connection:
            connection.execute(update(tables.consent).where(mine).values(**values))

    def rows(self, id: str) -> list[int]:
        with reading(self.shop.store) as connection:
            return [
                connection.scalar(select(func.count()).select_from(each).where(each.c.authorization_id == id))
                or 0
                for each in (peer, peer_trade, peer_mark)
            ]


@pytest.fixture
def bank(service: Service) -> Bank:
    return Bank(service)


def test_the_last_of_three_firms_in_a_loop_is_decided_with_the_loop(bank: Bank) -> None:
    ring = (A, B, C)
    alone = bank.authorise(A, ring)
    assert bank.decided(alone, ring).missing[LOOP] is Missing.NOT_AVAILABLE, "no other firm tells anything"
    bank.authorise(B, ring)
    last = bank.authorise(C, ring)
    result = bank.decided(last, ring)
    assert (result.indicators[LOOP] or 0) > 0.05
    assert "loop" in {each.rule for each in examine(bank.facts(last, ring)).findings}
    told = " ".join(f"{each.zh}{each.en}{each.hint_zh}{each.hint_en}" for each in result.customer_reasons)
    assert not [word for word in ("闭环", "循环", "互开", "loop", "circular", A, B) if word in told]


def test_of_two_firms_that_trade_mutually_the_second_is_decided_with_it(bank: Bank) -> None:
    ring = (A, B)
    bank.authorise(A, ring)
    assert (bank.decided(bank.authorise(B, ring), ring).indicators[LOOP] or 0) > 0.05


def test_a_loop_of_five_is_found_over_firms_that_its_own_invoices_do_not_name(bank: Bank) -> None:
    ring = (A, B, C, D, uscc(15))
    last = [bank.authorise(each, ring) for each in ring][-1]
    (loop,) = [each for each in examine(bank.facts(last, ring)).findings if each.rule == "loop"]
    assert (loop.parties[0], loop.parties[-1]) == (A, D), "its own customer and supplier"
    assert sorted(loop.parties[1:-1]) == ["peer-1", "peer-2"], "the others are not named"


def test_each_sale_counts_once_though_both_tell_it_and_one_applied_twice(bank: Bank) -> None:
    ring = (A, B, C)
    for each in (A, A, B):
        bank.authorise(each, ring)
    edges = bank.facts(bank.authorise(C, ring), ring).context.edges
    assert edges is not None
    assert [(edge.seller, edge.buyer, edge.amount_fen) for edge in edges] == [(A, B, 50_000_000)]


def test_a_firm_whose_consent_does_not_live_or_does_not_name_this_use_is_not_seen(bank: Bank) -> None:
    ring = (A, B, C)
    first, _, last = (bank.authorise(each, ring) for each in ring)

    def sees() -> bool:
        edges = bank.facts(last, ring).context.edges
        assert edges is not None, "the other one is there still"
        return bool(edges)

    valid_until = bank.shop.ledger.consent(bank.current(first).consent_id).valid_until
    assert sees()
    bank.alter(first, valid_until=datetime.now(UTC) - timedelta(days=1))
    assert not sees()
    bank.alter(first, valid_until=valid_until, text_version="2026-11.2")
    assert not sees()
    bank.alter(first, text_version=TEXT_VERSION)
    assert sees()
    bank.shop.consents.suspend(first, actor="borrower")
    assert not sees()
    bank.shop.consents.resume(first, actor="borrower")
    assert sees()
    bank.service.intake.withdraw(first, actor="borrower")
    assert not sees()
    assert bank.decided(last, ring).indicators[LOOP] == 0


def test_a_consent_that_does_not_name_this_use_leaves_no_row(bank: Bank) -> None:
    id = bank.authorise(A, (A, B), legal_representative=NAME)
    assert bank.rows(id) == [1, 14, 1]
    bank.alter(id, text_version="2026-11.2")
    peerindex.keep(bank.shop, bank.current(id), tables_of(A, (A, B)), AS_OF)
    assert bank.rows(id) == [0, 0, 0]


def test_rows_go_with_the_data_and_none_is_kept_after_the_withdrawal(bank: Bank) -> None:
    id = bank.authorise(A, (A, B), device_id=DEVICE)
    bank.service.intake.withdraw(id, actor="borrower")
    dispose.dispose(bank.shop, id, last=True)
    assert bank.rows(id) == [0, 0, 0]
    peerindex.keep(bank.shop, bank.current(id), tables_of(A, (A, B)), AS_OF)
    assert bank.rows(id) == [0, 0, 0], "a snapshot in flight loses to the withdrawal"


def test_what_is_forgotten_at_the_end_of_its_term_takes_its_rows_along(bank: Bank) -> None:
    id = bank.authorise(A, (A, B), device_id=DEVICE)
    with bank.shop.store.begin() as connection:
        terms._delete(connection, id)
    assert bank.rows(id) == [0, 0, 0]


def test_firms_of_another_tenant_are_never_seen(bank: Bank) -> None:
    ring = (A, B, C)
    shared: dict[str, Any] = {"legal_representative": NAME, "device_id": DEVICE}
    for each in (A, B):
        bank.authorise(each, ring, other_tenant=True, **shared)
    told = bank.facts(bank.authorise(C, ring, **shared), ring, **shared).context
    assert (told.edges, told.device_firms, told.related, told.registered) == (None, None, None, None)


def test_a_shared_device_and_a_shared_representative_are_seen_and_strangers_stay_numbers(
    bank: Bank,
) -> None:
    ring = (A, B)
    bank.authorise(A, ring, legal_representative=NAME, device_id=DEVICE)
    bank.authorise(D, (D, uscc(15)), device_id=DEVICE)
    mine: dict[str, Any] = {"legal_representative": " 欧阳 沙盒", "device_id": DEVICE}
    facts = bank.facts(bank.authorise(B, ring, **mine), ring, **mine)
    told = facts.context
    assert told.device_firms == {DEVICE: frozenset({A, "peer-1"})}
    assert told.related == frozenset({A})
    assert told.registered == {A: date(2020, 1, 2)}
    assert facts.measured["shared_device_cnt_12m"][facts.firm] == 2


def test_a_short_device_number_is_each_firm_s_own_and_joins_nobody(bank: Bank) -> None:
    bank.authorise(A, (A, B), device_id="0")
    assert bank.facts(bank.authorise(B, (A, B)), (A, B), device_id="0").context.device_firms is None


def test_only_the_largest_counterparties_are_kept(bank: Bank) -> None:
    rows = [sold(n, uscc(1000 + n), 1_000 + n, 20, A) for n in range(peerindex.MOST_PARTIES + 50)]
    told = peerindex.told_by(A, {"invoice": table("invoice", rows)}, AS_OF)
    assert len(told.trades) == peerindex.MOST_PARTIES
    assert uscc(1000) not in told.trades
    assert told.trades[uscc(1249)] == (124_900, 0)


def test_void_red_old_future_and_personal_invoices_are_summed_as_the_scoring_core_sums_them() -> None:
    rows = [
        sold(1, B, 1_000, 20, A),
        sold(2, B, 500, 20, A, state="void"),
        sold(3, B, -300, 20, A),
        invoice(4, add_months(AS_OF, -12), 700, seller_id=A, buyer_id=B),
        invoice(5, AS_OF + timedelta(days=1), 700, seller_id=A, buyer_id=B),
        sold(6, "330106199001011234", 900, 20, A),
        sold(7, A, 900, 20, A),
        sold(8, A, 200, 20, f" {B.lower()}", direction="in"),
        sold(9, "", 900, 20, A),
    ]
    told = peerindex.told_by(A, {"invoice": table("invoice", rows)}, AS_OF)
    assert told.trades == {B: (70_000, 20_000)}


def test_no_table_and_no_file_holds_anything_readable(bank: Bank) -> None:
    ring = (A, B)
    id = bank.authorise(A, ring, legal_representative=NAME, device_id=DEVICE)
    assert bank.rows(id) == [1, 14, 2]
    canaries = {"counterparty": B, "customer": uscc(105), "supplier": uscc(201)}
    canaries |= {"representative": NAME, "device": DEVICE, "company name": "沙盒公司"}
    assert findings(bank.shop.settings.home, canaries) == []
