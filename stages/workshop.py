"""What a process needs to work on authorizations, put together once from the deployment's settings."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from authz.access.access import Access
from authz.apikeys import ApiKeys
from authz.attempts import Attempts
from authz.audit import AuditLog, Checkpoints
from authz.authorization import Authorization
from authz.casefile import CaseFile
from authz.challenges import Challenges
from authz.consent.archive import Archive
from authz.consent.timestamp import TimestampService, roots
from authz.consents import Consents
from authz.documents import Documents
from authz.due import Due
from authz.grants import Grants
from authz.ledger import Ledger
from authz.links import Links
from authz.sessions import Sessions
from authz.underway import PagesUnderWay
from connectors.breakers import Breakers
from connectors.datahub import DataHub, datahub
from connectors.drift.canaries import Canaries
from connectors.drift.changes import Changes
from connectors.evidence import Recorder
from connectors.interface import Connector
from connectors.leases import Leases
from connectors.overlay import RouteOverlay
from connectors.registry import Endpoints, Tools, connect, endpoint
from schema.dataset import Route
from settings import Settings
from store.database import open_database
from store.feed import Feed
from store.migrate import migrate
from vault.secrets import Secrets
from vault.suite import Suite
from vault.vault import Vault, VaultSettings
from verifier.digests import digests

if TYPE_CHECKING:
    from connectors.rpa.browser import Browser
    from scoring.fitted import FittedCard


class Lines:
    """Open connectors, one per authorization and route, kept for the length of a leg: a browser context
    opened to authorize serves the fetches that follow, and no other taxpayer. Each has a recorder of its
    own."""

    def __init__(self, endpoints: Callable[[], Endpoints], tools: Tools) -> None:
        self._endpoints, self._tools = endpoints, tools
        self._open: dict[tuple[str, Route], Connector] = {}
        self._recorders: dict[tuple[str, Route], Recorder] = {}
        self._lock = threading.Lock()

    def get(self, current: Authorization, route: Route) -> Connector:
        """Raises ``UnknownRegion`` or ``RouteAbsent``."""
        key = (current.id, route)
        with self._lock:
            if key not in self._open:
                tools = replace(self._tools, recorder=self._recorders.setdefault(key, Recorder()))
                self._open[key] = connect(endpoint(current.region, route, self._endpoints()), tools)
            return self._open[key]

    def recorder(self, authorization_id: str, route: Route) -> Recorder:
        """What is told of this line; it may not be open yet."""
        with self._lock:
            return self._recorders.setdefault((authorization_id, route), Recorder())

    def hang_up(self, authorization_id: str, route: Route | None = None) -> None:
        """Close what this authorization holds open, on one route or on all. Idempotent."""
        with self._lock:
            mine = [key for key in self._open if key[0] == authorization_id and route in (None, key[1])]
            ended = [self._open.pop(key) for key in mine]
            self._recorders = {
                key: each
                for key, each in self._recorders.items()
                if key[0] != authorization_id or route not in (None, key[1])
            }
        for connector in ended:
            connector.close()


class Workshop:
    """The rooms of the house, wired. One a process."""

    def __init__(self, settings: Settings, *, name: str) -> None:
        self.settings, self.name = settings, name
        self.challenger = _challenger(settings.challenger_file) if settings.challenger_file else None
        settings.home.mkdir(parents=True, exist_ok=True)
        self.store = open_database(settings.database_url)
        migrate(self.store)
        self.vault = Vault.open(
            VaultSettings(
                settings.root_key_path,
                settings.keys_url,
                settings.records_url,
                suite=Suite(settings.suite),
                root_url=settings.root_url,
            )
        )
        self.secrets = Secrets(self.vault)
        national = self.vault.suite is Suite.GM
        self.content_digests = digests if national else partial(digests, names=("sha256",))
        """Of payloads and tables, which may be large: SHA-256, and SM3 as well with the national suite."""
        self.audit = AuditLog(self.vault.service_key("audit"), "sm3" if national else "sha256")
        self.checkpoints = Checkpoints(
            self.store, self.audit, self.vault.signer("audit"), f"taxlink/{self.vault.tenant}/audit"
        )
        self.ledger = Ledger(self.store, self.audit)
        self.challenges = Challenges(self.store, self.ledger, self.vault, self.secrets)
        self.due = Due(self.store)
        self.consents = Consents(self.ledger, Archive(self.vault))
        self.attempts = Attempts(self.store, self.ledger)
        self.grants = Grants(self.store, self.ledger)
        self.casefile = CaseFile(self.store, self.ledger, self.consents)
        self.documents = Documents(self.store, self.ledger, self.consents)
        self.links = Links(self.store)
        self.sessions = Sessions(self.store, self.vault)
        self.under_way = PagesUnderWay(self.store)
        self.api_keys = ApiKeys(self.store, self.vault, self.audit)
        self.access = Access(self.store, self.vault, self.ledger)
        self.tools = Tools(browser=lambda: self.browser)
        self.lines = Lines(lambda: self.endpoints, self.tools)
        self.leases = Leases(self.store, name)
        self.breakers = Breakers(self.store)
        self.canaries = Canaries(self.store)
        self.changes = Changes(self.store)

    def rules(self, region: str, route: Route) -> RouteOverlay:
        """A route as this deployment reaches it. Raises ``UnknownRegion`` or ``RouteAbsent``."""
        return endpoint(region, route, self.endpoints).overlay

    @cached_property
    def endpoints(self) -> Endpoints:
        """The deployment's own portal addresses."""
        file = self.settings.endpoints_file
        listed: Endpoints = json.loads(file.read_text()) if file else {}
        return listed

    @cached_property
    def datahub(self) -> DataHub | None:
        """The bank's own data service, where one is listed."""
        return datahub(self.endpoints)

    @cached_property
    def timestamps(self) -> TimestampService | None:
        """The service that stamps consents, where one is set."""
        url, file = self.settings.timestamp_url, self.settings.timestamp_roots
        return TimestampService(url, roots(file.read_bytes())) if url and file else None

    @cached_property
    def feed(self) -> Feed:
        """The process's one watcher of the store, started on first use."""
        return Feed(self.store)

    @cached_property
    def browser(self) -> Browser:
        """The worker's one browser, started on first use."""
        from connectors.rpa.browser import Browser  # a process without one need not load its library

        return Browser()

    def close(self) -> None:
        """End the watcher and the browser, if they were started, and the databases."""
        self.leases.close()
        for used in ("browser", "feed"):
            if used in self.__dict__:
                self.__dict__[used].close()
        self.vault.close()
        self.store.dispose()


def _challenger(path: Path) -> FittedCard:
    """Raises as ``scoring.fitted.load``. Few deployments have one; all would pay for the import."""
    from scoring.fitted import load

    return load(path)
