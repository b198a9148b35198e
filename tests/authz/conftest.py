"""A real store and vault in a folder, and an authorization that waits for its borrower."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine

from authz.application import Application, letters
from authz.audit import AuditLog
from authz.authorization import Authorization, State
from authz.casefile import CaseFile
from authz.challenges import Challenges
from authz.consent.archive import Archive
from authz.consent.terms import Institution, Institutions
from authz.consents import Consents
from authz.due import Due
from authz.ledger import Ledger
from authz.links import Links
from schema.dataset import Dataset
from schema.period import Period
from store.database import new_id, now, open_database
from store.migrate import migrate
from vault.secrets import Secrets
from vault.vault import Vault, VaultSettings

COMPANY = "91310000MA1FL8XQ37"
PERIOD = Period(start=date(2024, 1, 1), end=date(2026, 10, 31))


INSTITUTIONS = Institutions(
    Institution("bank", "示例银行", "Example Bank"),
    Institution("tax.31", "上海税务机关", "the tax authority of Shanghai"),
    Institution("operator", "示例银行", "Example Bank"),
)


@dataclass
class Desk:
    engine: Engine
    vault: Vault
    secrets: Secrets
    ledger: Ledger
    consents: Consents
    challenges: Challenges
    casefile: CaseFile
    links: Links
    due: Due

    def open(self, *, periodic: bool = False, valid_days: int = 90) -> Authorization:
        application = Application(
            tenant="bank",
            taxpayer_id=COMPANY,
            region="31",
            scopes={Dataset.INVOICE: PERIOD},
            product="general",
            amount_fen=50_000_000,
            term_months=12,
            periodic=periodic,
            valid_days=valid_days,
        )
        drawn = letters(application, lambda each: INSTITUTIONS, lambda: new_id("con"), now())
        with self.engine.begin() as connection:
            return self.ledger.open(connection, application, drawn, actor="test", id=new_id("auth"))

    def agreed(self, *, periodic: bool = False) -> Authorization:
        opened = self.open(periodic=periodic)
        return self.consents.agree(opened.id, self.text_hash(opened), actor="borrower")

    def working(self) -> Authorization:
        return self.ledger.move(self.agreed().id, State.WORKING, actor="test")

    def granted(self, *, periodic: bool = False) -> Authorization:
        planning = self.agreed(periodic=periodic)
        self.ledger.move(planning.id, State.WORKING, actor="test")
        return self.ledger.move(planning.id, State.GRANTED, actor="test")

    def text_hash(self, current: Authorization) -> str:
        return self.ledger.consent(current.consent_id).text.sha256


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with opened_desk(tmp_path) as opened:
        yield opened


@contextmanager
def opened_desk(folder: Path) -> Iterator[Desk]:
    engine = open_database(f"sqlite:///{folder / 'store.db'}")
    migrate(engine)
    vault = Vault.open(VaultSettings.in_folder(folder))
    secrets = Secrets(vault)
    ledger = Ledger(engine, AuditLog(vault.service_key("audit")))
    consents = Consents(ledger, Archive(vault))
    yield Desk(
        engine,
        vault,
        secrets,
        ledger,
        consents,
        Challenges(engine, ledger, vault, secrets),
        CaseFile(engine, ledger, consents),
        Links(engine),
        Due(engine),
    )
    vault.close()
    engine.dispose()
