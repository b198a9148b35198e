"""What a deployment sets, read from the environment once. Every name begins with ``TAXLINK_``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """``home`` holds everything when no URL is set: the store, the engine's tables, the vault."""

    home: Path
    database_url: str
    engine_url: str
    keys_url: str
    records_url: str
    endpoints_file: Path | None
    """The deployment's own portal addresses (JSON), e.g. those of a sandbox."""
    regions_folder: Path | None
    """The deployment's own overlays, which go before the bundled ones route by route."""
    watchlists_file: Path | None
    """The bank's lists of abnormal companies and controlled invoices (JSON, see ``stages.bankside``)."""
    challenger_file: Path | None
    """A fitted card (JSON, ``scoring.fitted``) that is scored beside the policy and decides nothing.
    A process does not start with one that is not sound."""
    callback_hosts: frozenset[str]
    """Private hosts that a webhook may reach (``host`` or ``host:port``)."""
    public_url: str
    """Where borrowers reach this service; links begin with it."""
    bank_zh: str
    bank_en: str
    operator_zh: str
    """Who runs Taxlink for the bank, as consents name it; by default the bank itself."""
    operator_en: str
    timestamp_url: str | None
    """A time-stamp service (RFC 3161) that consents are stamped by."""
    timestamp_roots: Path | None
    """PEM file of the roots that the service's certificate leads to."""
    suite: str
    """``intl`` or ``gm``: see ``vault.suite``. Chosen once, before the first start."""
    root_url: str
    """The vault's root, when it is no file: see ``vault.roots.root``."""
    checkpoints_folder: Path | None
    """Where the audit log's checkpoints are written too, out of reach of whoever can change the store."""

    @property
    def root_key_path(self) -> Path:
        """The vault's root, when it is a file."""
        return self.home / "root.key"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Defaults are an embedded deployment under ``./var``. ``TAXLINK_DATABASE_URL`` moves all but the
        keys to PostgreSQL."""
        env = os.environ if environment is None else environment
        home = Path(env.get("TAXLINK_HOME", "var")).absolute()
        shared = env.get("TAXLINK_DATABASE_URL")
        endpoints, watchlists = env.get("TAXLINK_ENDPOINTS"), env.get("TAXLINK_WATCHLISTS")
        regions, roots = env.get("TAXLINK_REGIONS"), env.get("TAXLINK_TIMESTAMP_ROOTS")
        checkpoints, challenger = env.get("TAXLINK_CHECKPOINTS"), env.get("TAXLINK_CHALLENGER")
        bank_zh, bank_en = env.get("TAXLINK_BANK_ZH", "示例银行"), env.get("TAXLINK_BANK_EN", "Example Bank")
        return cls(
            home=home,
            database_url=_sqlalchemy(shared) if shared else f"sqlite:///{home / 'store.db'}",
            engine_url=shared or f"sqlite:///{home / 'engine.db'}",
            keys_url=_sqlalchemy(env.get("TAXLINK_KEYS_URL", f"sqlite:///{home / 'keys.db'}")),
            records_url=_sqlalchemy(shared) if shared else f"sqlite:///{home / 'vault.db'}",
            endpoints_file=Path(endpoints) if endpoints else None,
            regions_folder=Path(regions).absolute() if regions else None,
            watchlists_file=Path(watchlists) if watchlists else None,
            challenger_file=Path(challenger) if challenger else None,
            callback_hosts=frozenset(filter(None, env.get("TAXLINK_CALLBACK_HOSTS", "").split(","))),
            public_url=env.get("TAXLINK_PUBLIC_URL", "http://127.0.0.1:8470"),
            bank_zh=bank_zh,
            bank_en=bank_en,
            operator_zh=env.get("TAXLINK_OPERATOR_ZH", bank_zh),
            operator_en=env.get("TAXLINK_OPERATOR_EN", bank_en),
            timestamp_url=env.get("TAXLINK_TIMESTAMP_URL"),
            timestamp_roots=Path(roots) if roots else None,
            suite=env.get("TAXLINK_SUITE", "intl"),
            root_url=env.get("TAXLINK_ROOT", ""),
            checkpoints_folder=Path(checkpoints).absolute() if checkpoints else None,
        )


def _sqlalchemy(url: str) -> str:
    """SQLAlchemy's spelling of a PostgreSQL URL: with the driver."""
    return url.replace("postgresql://", "postgresql+psycopg://", 1)
