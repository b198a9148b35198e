"""Bring the store to the newest migration."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

_FOLDER = Path(__file__).parent / "migrations"


def config(engine: Engine) -> Config:
    """Alembic's configuration for this engine, without an ini file."""
    settings = Config()
    settings.set_main_option("script_location", str(_FOLDER))
    settings.attributes["engine"] = engine
    return settings


def migrate(engine: Engine) -> None:
    """Upgrade to the newest revision; nothing happens when it is there already."""
    settings = config(engine)
    head = ScriptDirectory.from_config(settings).get_current_head()
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    if current != head:
        command.upgrade(settings, "head")
