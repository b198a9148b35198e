"""Reports: of one firm and of the portfolio, masked, on record, in both languages, on paper."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authz.access.roles import Role
from authz.apikeys import Scope
from authz.authorization import Progress
from schema.dataset import Dataset, Missing
from schema.period import add_months
from scoring.decision import Application, score
from scoring.facts import Facts
from scoring.policy.loader import load
from scoring.result import ScoreResult
from service.report import charts
from service.report.firm import MONTHS, Firm, seen
from service.report.pages import POLICY, STYLE, of_firm
from service.report.portfolio import psi
from service.report.words import CAPS, TERMS, spoken
from stages.normalize import serialized
from store import tables
from store.database import now
from tests.scoring.firms import DECIDED, snapshot
from tests.scoring.rich_firm import rich_context, rich_tables
from tests.service.conftest import Service
from tests.service.test_api import refused
from tests.service.test_console import press
from vault.reference import KeyClass
from verifier.digests import digests

ASKED = Application(requested_amount_fen=100_000_000, term_months=12)
RICH = rich_tables()
NAME = next(name for name in RICH["invoice"]["buyer_name"] if name)


def result() -> ScoreResult:
    return score(snapshot(RICH), application=ASKED, context=rich_context(), decided_at=DECIDED)


@pytest.fixture(scope="module")
def whole() -> Firm:
    return seen(Facts(snapshot(RICH), rich_context(), DECIDED, load().measurement), result())


@pytest.fixture
def id(service: Service) -> str:
    """An authorization whose snapshot and score are those of the rich firm."""
    shop = service.shop
    id: str = service.agreed()["id"]
    service.grant(id)
    service.collect(id, Dataset.INVOICE)
    keep(service, id, result())
    shop.ledger.set_progress(id, Progress.DONE, actor="pipeline")
    return id


def keep_tables(service: Service, id: str) -> None:
    """The rich firm's snapshot."""
    shop, current = service.shop, service.shop.ledger.authorization(id)
    frames = list(RICH.values())
    refs = shop.vault.seal_many(
        current.vault_owner, "table", [serialized(frame) for frame in frames], key_class=KeyClass.DATA
    )
    kept = {
        name: {"ref": ref, "rows": frame.height} for name, ref, frame in zip(RICH, refs, frames, strict=True)
    }
    shop.casefile.keep_snapshot(current, kept, {}, (), snapshot(RICH).as_of)


def keep(service: Service, id: str, told: ScoreResult) -> None:
    keep_tables(service, id)
    shop, current = service.shop, service.shop.ledger.authorization(id)
    held = shop.casefile.snapshot(id)
    assert held is not None
    content = told.model_dump_json().encode()
    ref = shop.vault.seal(current.vault_owner, "score", content, key_class=KeyClass.DATA)
    summary = {
        "snapshot_id": held.id, "result_ref": ref, "decision": told.decision, "points": told.score,
        "grade": told.grade, "limit_fen": told.limit.limit_fen, "annual_rate": told.rate.annual_rate,
        "policy_version": told.policy_version, "policy_hash": told.policy_hash,
    }  # fmt: skip
    shop.casefile.keep_score(current, summary, digests(content))


class Tags(HTMLParser):
    """Every tag with its attributes; balanced, or it raises."""

    VOID = frozenset({"meta", "br"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(page)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_needs_nothing_beside_it_and_runs_nothing(whole: Firm, lang: str) -> None:
    page = of_firm(whole, lang)
    tags = Tags(page).seen
    assert not {tag for tag, _ in tags} & {"script", "link", "img", "iframe", "object", "form"}
    assert not {name for _, told in tags for name in told} & {"style", "src", "href", "onload"}
    assert page.count("<svg") == 4
    assert f"<style>{STYLE}</style>" in page


def test_the_page_tells_every_cap_sub_model_reason_control_and_check(whole: Firm) -> None:
    page = of_firm(whole, "zh")
    told = whole.result
    for name in told.limit.caps:
        assert spoken(CAPS, name, "zh") in page
    assert "约束" in page
    for reason in told.reasons:
        assert reason.code in page
    for check in whole.checks:
        assert check.check.zh in page
    for rule in (*whole.examination.figures, *whole.examination.missing):
        assert spoken(TERMS, rule, "zh") in page


def test_counterparties_and_the_company_are_masked_unless_in_clear(whole: Firm) -> None:
    hidden, clear = of_firm(whole, "zh"), of_firm(whole, "zh", clear=True)
    secrets = {whole.taxpayer_id, *(each.key for each in (*whole.customers, *whole.suppliers))}
    assert not [each for each in secrets if each in hidden]
    assert whole.taxpayer_id in clear
    assert whole.customers[0].key in clear
    assert NAME not in hidden


def test_months_before_the_first_invoice_are_gaps_and_later_ones_without_are_zero() -> None:
    few = {name: RICH[name] for name in ("taxpayer", "invoice")}
    invoices = few["invoice"]
    last = snapshot(few).as_of
    recent = invoices["issued_at"].dt.date() >= add_months(last.replace(day=1), -5)
    gap = invoices["issued_at"].dt.month() == add_months(last, -2).month
    part = snapshot(few | {"invoice": invoices.filter(recent & ~gap)})
    told = seen(
        Facts(part, rich_context(), DECIDED, load().measurement),
        score(part, application=ASKED, decided_at=DECIDED),
    )
    assert told.sold[: MONTHS - 6] == [None] * (MONTHS - 6)
    assert told.sold[-3] == 0
    assert all(value is not None for value in told.sold[-6:])


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_an_empty_firm_has_a_report_that_says_what_is_missing(lang: str) -> None:
    none = replace(snapshot({}), missing={Dataset.INVOICE: Missing.NOT_AVAILABLE})
    told = seen(
        Facts(none, rich_context(), DECIDED, load().measurement),
        score(none, application=ASKED, decided_at=DECIDED),
    )
    page = of_firm(told, lang)
    Tags(page)
    assert ("没有可用的发票" if lang == "zh" else "There are no invoices") in page


def test_names_cannot_break_out_of_the_page() -> None:
    evil = '"><script>alert(1)</script>'
    picture = charts.meters([(evil, 1.0, evil, "plain")], evil) + charts.radar([(evil, 1.0)] * 3, evil)
    assert "<script" not in picture
    Tags(picture)


@given(st.lists(st.one_of(st.none(), st.floats(-1e12, 1e12, allow_subnormal=False)), min_size=1, max_size=24))
def test_charts_draw_any_figures(values: list[float | None]) -> None:
    labels = [str(place) for place in range(len(values))]
    for chart in (charts.bars, charts.lines):
        picture = chart(labels, [("sold", values)], "x")
        Tags(picture)
        assert "nan" not in picture
        assert "inf" not in picture


def test_the_api_gives_the_page_to_keys_with_both_scopes_and_keeps_a_record(
    service: Service, id: str
) -> None:
    reply = service.api.get(f"/v1/authorizations/{id}/report", params={"lang": "en"})
    assert reply.status_code == 200
    assert reply.headers["content-security-policy"] == POLICY
    assert reply.headers["cache-control"] == "no-store"
    assert "Business profile" in reply.text
    assert service.shop.ledger.events(id)[-1]["kind"] == "report.viewed"
    narrow, _ = service.shop.api_keys.issue("bank", "narrow", scopes=[Scope.SCORES])
    denied = service.browser(headers={"authorization": f"Bearer {narrow}"})
    refused(denied.get(f"/v1/authorizations/{id}/report"), 403, "key_scope_missing")
    refused(service.other_api.get(f"/v1/authorizations/{id}/report"), 404, "authorization_unknown")


def test_before_a_score_there_is_no_report(service: Service) -> None:
    id = service.agreed()["id"]
    refused(service.api.get(f"/v1/authorizations/{id}/report"), 409, "state_conflict")
    service.grant(id)
    service.finish(id)
    refused(service.api.get(f"/v1/authorizations/{id}/report"), 409, "state_conflict")


def test_a_withdrawn_firm_has_no_report(service: Service, id: str) -> None:
    service.intake.withdraw(id, actor="borrower")
    refused(service.api.get(f"/v1/authorizations/{id}/report"), 403, "consent_withdrawn")


def test_the_console_shows_it_masked_until_the_session_unmasks(service: Service, id: str) -> None:
    browser = service.console(Role.RISK)
    assert f"/console/{id}/report" in browser.get(f"/console/{id}").text
    key = service.shop.ledger.authorization(id).taxpayer_id
    assert key not in browser.get(f"/console/{id}/report").text
    press(browser, f"/console/{id}/unmask", reason="loan_review")
    assert key in browser.get(f"/console/{id}/report").text
    assert service.shop.ledger.events(id)[-1]["data"] == {"clear": True}


def test_it_prints_to_paper(service: Service, id: str) -> None:
    reply = service.api.get(f"/v1/authorizations/{id}/report", params={"form": "pdf"})
    assert reply.headers["content-type"] == "application/pdf"
    assert reply.content.startswith(b"%PDF-")


def test_the_portfolio_counts_scores_and_hits_of_its_tenant(service: Service, id: str) -> None:
    month = now().strftime("%Y-%m")
    page = service.console(Role.RISK).get("/console/portfolio", params={"lang": "en"}).text
    Tags(page)
    assert "1 <small>firms" in page
    for control in result().controls:
        assert control.id in page
    old = service.console(Role.RISK).get("/console/portfolio", params={"month": "2020-01"})
    assert "0 <small>" in old.text, f"nothing was scored then, but in {month}"
    other = service.console(Role.RISK, tenant="other").get("/console/portfolio")
    assert "0 <small>" in other.text
    assert service.console(Role.ADMIN).get("/console/portfolio").status_code == 403


def test_the_portfolio_compares_with_a_former_month(service: Service, id: str) -> None:
    with service.shop.store.begin() as connection:
        connection.execute(tables.score.update().values(created_at=datetime(2026, 1, 15, tzinfo=UTC)))
    keep_again(service)
    page = service.console().get("/console/portfolio", params={"against": "2026-01"}).text
    assert "PSI" in page
    assert "对比月没有评分" not in page


def keep_again(service: Service) -> None:
    second = service.agreed()["id"]
    service.grant(second)
    service.collect(second, Dataset.INVOICE)
    keep(service, second, result())


def test_the_stability_index_is_zero_for_the_same_scores_and_grows_with_the_shift() -> None:
    base = [float(score) for score in range(300, 900)]
    assert psi(base, base) == pytest.approx(0)
    shifts = [psi(base, [score + shift for score in base]) or 0.0 for shift in (20, 60, 200)]
    assert 0 < shifts[0] < shifts[1] < shifts[2]
    assert psi(base, []) is None
    assert psi([], base) is None
    assert psi([500.0] * 9, [500.0] * 4) == pytest.approx(0)
