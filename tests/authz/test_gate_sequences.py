"""No sequence of grants, narrowings, refreshes, crashes, withdrawals, suspensions and wrong clocks lets a
fetch through that should not pass, and none that should is kept out.

A model that knows the rules in another way, days and sets instead of rows and revisions, says beforehand what
must happen; the real ledger, consents, vault and gate then do it.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import delete, update

from authz import clock
from authz.application import Application, letter, letters
from authz.authorization import Authorization, State, Trigger
from authz.casefile import CaseFile, Collected
from authz.consent import ConsentState, Frequency, Party, Terms
from authz.consent.archive import Archive
from authz.consents import Consents
from authz.ledger import Ledger
from schema.clock import BEIJING
from schema.dataset import Dataset, Route
from schema.errors import ConsentAltered, TaxlinkError
from schema.period import Period
from store import tables
from store.database import new_id
from tests.authz.conftest import COMPANY, INSTITUTIONS, Desk, opened_desk

DATASETS = (Dataset.INVOICE, Dataset.CREDIT_REPORT, Dataset.TAXPAYER)
MONTHS_WHOLE = Period(start=date(2025, 1, 1), end=date(2025, 12, 1))
MONTHS = [date(2025, month, 1) for month in range(1, 13)]
LIFE_DAYS, VALID_DAYS = 20, 30
ALTERATIONS: list[dict[str, Any]] = [
    {"data_life_days": 9000},
    {"frequency_times": 99},
    {"artefact_ref": None},
]
periods = st.tuples(st.sampled_from(MONTHS), st.sampled_from(MONTHS)).map(
    lambda ends: Period(start=min(ends), end=max(ends))
)
usually = st.integers(0, 19).map(lambda luck: luck != 13)
frequencies = st.builds(Frequency, st.integers(1, 2), st.sampled_from(["day", "month"]))


@dataclass
class Given:
    """A consent of the model."""

    id: str
    scope: Period
    frequency: Frequency
    until: datetime
    state: str = "active"
    moves: int = 0


@dataclass
class Flight:
    """A fetch between the gate and its commit, and what was so when it began."""

    token: int
    dataset: Dataset
    period: Period
    run: int
    seen: list[tuple[str, int]]
    """The consents that it relies on, and how often each had moved."""


@dataclass
class Model:
    """What the design says, with nothing of the store."""

    own: Given
    report: Given
    owners: Given
    pending: Given | None = None
    trying: bool = False
    granted: bool = True
    closed: bool = False
    run: int = 1
    reads: list[tuple[Dataset, datetime, int]] = field(default_factory=list)

    def consents_to(self, dataset: Dataset) -> list[Given]:
        used = self.pending if self.trying and self.pending else self.own
        return {Dataset.INVOICE: [used], Dataset.CREDIT_REPORT: [used, self.report, self.owners]}.get(
            dataset, []
        )

    def seen(self, dataset: Dataset) -> list[tuple[str, int]]:
        return [(each.id, each.moves) for each in self.consents_to(dataset)]

    def allows(self, dataset: Dataset, period: Period, at: datetime) -> bool:
        needed = self.consents_to(dataset)
        if self.closed or not self.granted or not needed:
            return False
        if any(each.state != "active" or at >= each.until for each in needed):
            return False
        covering = needed[:1] if dataset is Dataset.INVOICE else needed[1:]
        if any(period.start < each.scope.start or period.end > each.scope.end for each in covering):
            return False
        if self.reads and min(read for _, read, _ in self.reads) + timedelta(days=LIFE_DAYS) <= at:
            return False
        often = covering[0].frequency
        same_unit = [
            read
            for what, read, run in self.reads
            if what is dataset and run != self.run and unit(read, often) == unit(at, often)
        ]
        return len(same_unit) < often.times


def unit(at: datetime, frequency: Frequency) -> tuple[int, ...]:
    day = at.astimezone(BEIJING)
    return (day.year, day.month) if frequency.unit == "month" else (day.year, day.month, day.day)


class GateSequences(RuleBasedStateMachine):
    """One authorization from its consents on. The store is shared by all of them, as in life."""

    desk: Desk

    def __init__(self) -> None:
        super().__init__()
        self.at = self.latest = datetime(2026, 3, 30, 12, tzinfo=UTC)
        self.flights: list[Flight] = []
        self.patched = mock.patch.object(clock, "now", self.now)
        self.patched.start()
        with self.desk.engine.begin() as connection:
            connection.execute(delete(tables.clock))

    def now(self) -> datetime:
        return self.at

    @initialize(scope=periods, report=periods, frequency=frequencies, owner_agrees=usually)
    def agree(self, scope: Period, report: Period, frequency: Frequency, owner_agrees: bool) -> None:
        scopes = {Dataset.INVOICE: scope, Dataset.CREDIT_REPORT: report}
        application = Application(
            "bank", COMPANY, "31", scopes, "general", 50_000_000, 12, periodic=True,
            frequency=Frequency(1, "day"), valid_days=VALID_DAYS, data_life_days=LIFE_DAYS,
        )  # fmt: skip
        drawn = letters(application, lambda each: INSTITUTIONS, lambda: new_id("con"), self.at)
        tax = replace(drawn[0].terms, frequency=frequency)
        drawn[0] = letter(
            drawn[0].id, COMPANY, Party.BORROWER, drawn[0].data_class, INSTITUTIONS, tax, self.at
        )
        with self.desk.engine.begin() as connection:
            self.id = self.desk.ledger.open(
                connection, application, drawn, actor="test", id=new_id("auth")
            ).id
        for each in drawn[:2]:
            self.desk.consents.agree(self.id, each.text.sha256, actor="borrower")
        theirs = drawn[2]
        if owner_agrees:
            self.desk.consents.agree(self.id, theirs.text.sha256, actor="owner", party=theirs.party)
        else:
            self.desk.consents.end(
                self.id, ConsentState.REJECTED, actor="owner", reason="declined", consent_id=theirs.id
            )
        for state in (State.WORKING, State.GRANTED):
            self.desk.ledger.move(self.id, state, actor="test")
        until = self.at + timedelta(days=VALID_DAYS)
        once = Frequency(1, "day")
        self.model = Model(
            Given(drawn[0].id, scope, frequency, until),
            Given(drawn[1].id, report, once, until),
            Given(theirs.id, report, once, until, "active" if owner_agrees else "rejected"),
        )

    def teardown(self) -> None:
        self.patched.stop()

    @property
    def current(self) -> Authorization:
        return self.desk.ledger.authorization(self.id)

    @property
    def clock_is_back(self) -> bool:
        return self.at < self.latest - clock.SKEW

    @property
    def instant(self) -> datetime:
        """When a decision falls: never before an earlier one."""
        return max(self.at, self.latest)

    def decided(self) -> None:
        self.latest = self.instant

    # --- fetching ---

    @rule(dataset=st.sampled_from(DATASETS), period=periods, usual=usually)
    def begin(self, dataset: Dataset, period: Period, usual: bool) -> None:
        self.fetch(dataset, period, usual)

    def fetch(self, dataset: Dataset, period: Period, usual: bool) -> Flight | None:
        needed = self.model.consents_to(dataset)
        if usual and needed:
            period = needed[-1].scope
        may = not self.clock_is_back and self.model.allows(dataset, period, self.instant)
        try:
            token = self.desk.casefile.open_gate(self.current, dataset, period)
        except TaxlinkError:
            assert not may, f"{dataset} {period} was kept out"
            return None
        finally:
            if not self.clock_is_back:
                self.decided()
        assert may, f"{dataset} {period} was let through"
        flight = Flight(token, dataset, period, self.model.run, self.model.seen(dataset))
        self.flights.append(flight)
        return flight

    @precondition(lambda self: not self.clock_is_back)
    @rule(dataset=st.sampled_from(DATASETS[:2]))
    def read(self, dataset: Dataset) -> None:
        """From the gate to the commit in one go."""
        flight = self.fetch(dataset, MONTHS_WHOLE, True)
        if flight is not None:
            self.commit(flight)

    @precondition(lambda self: self.flights)
    @rule(data=st.data())
    def land(self, data: st.DataObject) -> None:
        """A fetch that began earlier comes to its commit. It stays under way as well, as after a crash
        between the commit and its checkpoint."""
        self.commit(data.draw(st.sampled_from(self.flights)))

    def commit(self, flight: Flight) -> None:
        model = self.model
        may = (
            not self.clock_is_back
            and flight.run == model.run
            and flight.seen == model.seen(flight.dataset)
            and model.allows(flight.dataset, flight.period, self.instant)
        )
        done = Collected(flight.dataset, flight.period, Route.API, [{"ref": "x"}], None, None, self.at)
        try:
            self.desk.casefile.commit_collection(replace(self.current, run=flight.run), done, flight.token)
        except TaxlinkError:
            assert not may, f"{flight} was lost"
            return
        assert may, f"{flight} was kept"
        self.decided()
        if not any(what is flight.dataset and run == model.run for what, _, run in model.reads):
            model.reads.append((flight.dataset, self.instant, model.run))
        if model.trying and model.pending:
            model.own.state = "superseded"
            model.own, model.pending, model.trying = model.pending, None, False

    # --- the parties ---

    @rule(who=st.sampled_from(["borrower", "owner", "bank"]), not_yet=usually)
    def withdraw(self, who: str, not_yet: bool) -> None:
        if not_yet:
            return
        self.desk.consents.withdraw(self.id, actor=who)
        self.decided()
        self.model.closed = True

    @precondition(lambda self: not self.clock_is_back and self.any_in("active"))
    @rule(resumed=usually)
    def suspend(self, resumed: bool) -> None:
        self.desk.consents.suspend(self.id, actor="bank")
        self.move("active", "suspended")
        if resumed:
            self.resume()

    @precondition(lambda self: not self.clock_is_back and self.any_in("suspended"))
    @rule()
    def resume(self) -> None:
        self.desk.consents.resume(self.id, actor="bank")
        self.move("suspended", "active")

    @precondition(lambda self: not self.clock_is_back and self.amendable)
    @rule(scope=periods, frequency=frequencies)
    def ask_for_other_terms(self, scope: Period, frequency: Frequency) -> None:
        own = self.desk.ledger.consent(self.model.own.id)
        terms = Terms("loan_application", {Dataset.INVOICE: scope}, True, frequency, VALID_DAYS, LIFE_DAYS)
        drawn = letter(
            new_id("con"), COMPANY, own.party, own.data_class, INSTITUTIONS, terms, self.instant,
            version=own.version + 1, supersedes=own.id,
        )  # fmt: skip
        with self.desk.engine.begin() as connection:
            self.desk.consents.amend(connection, self.id, drawn, actor="bank")
        if self.model.pending:
            self.decided()
        until = self.instant + timedelta(days=VALID_DAYS)
        self.model.pending = Given(drawn.id, scope, frequency, until, "awaiting")

    @precondition(lambda self: not self.clock_is_back and self.awaited and self.model.granted)
    @rule()
    def agree_to_other_terms(self) -> None:
        pending = self.model.pending
        assert pending is not None
        text = self.desk.ledger.consent(pending.id).text
        try:
            self.desk.consents.agree(self.id, text.sha256, actor="borrower")
        except TaxlinkError:
            assert self.instant >= pending.until or self.current.state is not State.GRANTED
            if self.current.state is State.GRANTED:
                self.decided()
            return
        self.decided()
        pending.state, self.model.trying = "active", True
        self.model.run += 1

    @precondition(lambda self: not self.clock_is_back and self.awaited)
    @rule()
    def decline_other_terms(self) -> None:
        assert self.model.pending is not None
        self.desk.consents.end(
            self.id, ConsentState.REJECTED, actor="borrower", reason="declined",
            consent_id=self.model.pending.id,
        )  # fmt: skip
        self.decided()
        self.model.pending = None

    # --- the work ---

    @precondition(lambda self: self.current.state is State.GRANTED)
    @rule()
    def refresh(self) -> None:
        self.desk.ledger.next_run(self.id, State.REFRESHING, actor="scheduler", trigger=Trigger.REFRESH)
        self.model.run += 1
        self.model.trying = False

    @precondition(lambda self: self.current.state is State.REFRESHING)
    @rule()
    def finish(self) -> None:
        self.desk.ledger.move(self.id, State.GRANTED, actor="pipeline")

    @precondition(lambda self: self.current.state in (State.GRANTED, State.REFRESHING))
    @rule(to=st.sampled_from([State.NEEDS_REPAIR, State.FAILED]), revoked=usually.map(lambda no: not no))
    def lose_the_grant(self, to: State, revoked: bool) -> None:
        to = State.REVOKED_AT_PORTAL if revoked else to
        self.desk.ledger.move(self.id, to, actor="portal")
        self.model.granted = False

    @precondition(lambda self: self.current.state in (State.NEEDS_REPAIR, State.FAILED))
    @rule()
    def run_again(self) -> None:
        """The borrower signs in once more."""
        self.desk.ledger.next_run(self.id, State.PLANNING, actor="borrower", trigger=Trigger.APPLICATION)
        for state in (State.WORKING, State.GRANTED):
            self.desk.ledger.move(self.id, state, actor="test")
        self.model.run += 1
        self.model.granted, self.model.trying = True, False

    @rule()
    def crash(self) -> None:
        """Every process dies; what was under way is taken up by others, who know only the store."""
        desk = self.desk
        desk.ledger = Ledger(desk.engine, desk.ledger.audit)
        desk.consents = Consents(desk.ledger, Archive(desk.vault))
        desk.casefile = CaseFile(desk.engine, desk.ledger, desk.consents)

    @precondition(lambda self: not self.clock_is_back and not self.model.closed)
    @rule()
    def expire(self) -> None:
        """What the scheduler does once a consent is over."""
        for each in (self.model.own, self.model.report, self.model.owners):
            if each.state in ("active", "suspended") and self.instant >= each.until:
                self.desk.consents.end(
                    self.id, ConsentState.EXPIRED, actor="scheduler", reason="overdue", consent_id=each.id
                )
                self.decided()
                each.state, each.moves = "expired", each.moves + 1

    # --- the world ---

    @rule(hours=st.sampled_from([1, 5, 12, 24, 24 * 5, 24 * 11]))
    def time_passes(self, hours: int) -> None:
        self.at = self.instant + timedelta(hours=hours)

    @rule(minutes=st.sampled_from([1, 4, 6, 60, 60 * 24, 60 * 24 * 31]))
    def the_clock_is_set_back(self, minutes: int) -> None:
        self.at -= timedelta(minutes=minutes)

    @precondition(lambda self: self.at < self.latest)
    @rule()
    def the_clock_is_put_right(self) -> None:
        self.at = self.latest

    @precondition(lambda self: not self.model.closed)
    @rule(column=st.sampled_from(ALTERATIONS))
    def somebody_alters_the_store(self, column: dict[str, Any]) -> None:
        """Whatever the gate would have said: what the store says now is not what was signed."""
        id = self.current.consent_id
        held = self.desk.ledger.consent(id)
        before = {"data_life_days": held.data_life_days, "frequency_times": held.frequency.times,
                  "artefact_ref": held.artefact_ref}  # fmt: skip
        with self.desk.engine.begin() as connection:
            connection.execute(update(tables.consent).where(tables.consent.c.id == id).values(**column))
        with pytest.raises(TaxlinkError) as refused:
            self.desk.casefile.open_gate(self.current, Dataset.INVOICE, held.scopes[Dataset.INVOICE])
        if held.state is ConsentState.ACTIVE:
            assert refused.type is ConsentAltered
        elif not self.clock_is_back:
            self.decided()
        with self.desk.engine.begin() as connection:
            connection.execute(update(tables.consent).where(tables.consent.c.id == id).values(**before))

    # --- what always holds ---

    @invariant()
    def the_store_holds_just_what_was_allowed(self) -> None:
        kept = [
            (each.dataset, each.fetched_at, run)
            for run in range(1, self.model.run + 1)
            for each in self.desk.casefile.collections(self.id, run)
        ]
        assert sorted(kept) == sorted(self.model.reads)

    # --- words ---

    @property
    def awaited(self) -> bool:
        return (
            not self.model.closed
            and self.model.pending is not None
            and self.model.pending.state == "awaiting"
        )

    @property
    def amendable(self) -> bool:
        free = self.model.pending is None or self.model.pending.state == "awaiting"
        return not self.model.closed and free and self.model.own.state == "active"

    @property
    def living(self) -> list[Given]:
        model = self.model
        return [each for each in (model.own, model.report, model.owners, model.pending) if each is not None]

    def any_in(self, state: str) -> bool:
        return not self.model.closed and any(each.state == state for each in self.living)

    def move(self, of: str, to: str) -> None:
        self.decided()
        for each in self.living:
            if each.state == of:
                each.state, each.moves = to, each.moves + 1


@pytest.fixture(scope="module", autouse=True)
def shared_desk() -> Any:
    with tempfile.TemporaryDirectory() as folder, opened_desk(Path(folder)) as desk:
        GateSequences.desk = desk
        yield


GateSequences.TestCase.settings = settings(max_examples=30, stateful_step_count=40, deadline=None)
TestGateSequences = GateSequences.TestCase
