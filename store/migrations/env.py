"""Alembic's entry: runs the migrations on the engine that ``store.migrate`` hands over."""

from alembic import context

from store import (  # noqa: F401  (declares the tables on the metadata)
    access_tables,
    audit_table,
    document_table,
    peer_tables,
    scoring_tables,
    tables,
)
from store.metadata import metadata

engine = context.config.attributes["engine"]
with engine.connect() as connection:
    # Processes that start together take turns; on SQLite its own lock sees to that.
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(1635018092)")
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
