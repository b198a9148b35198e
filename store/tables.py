"""The store's tables. Names are the design's words; JSON columns hold ids, codes, counts and dates only."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)
from sqlalchemy import UniqueConstraint as Unique

from store.metadata import metadata
from store.types import Instant

_BigId = BigInteger().with_variant(Integer, "sqlite")


def _id() -> Column[str]:
    return Column("id", String(40), primary_key=True)


def _authorization_id() -> Column[str]:
    return Column("authorization_id", String(40), ForeignKey("authorization.id"), nullable=False)


authorization = Table(
    "authorization",
    metadata,
    _id(),
    Column("tenant", String(40), nullable=False),
    Column("state", String(24), nullable=False),
    Column("progress", String(24), nullable=False),  # waiting | collecting | scoring | done, under the grant
    Column("error_code", String(48)),
    Column("taxpayer_id", String(20), nullable=False),
    Column("region", String(4), nullable=False),
    Column("route", String(4)),  # the route that made the grant
    Column("consent_id", String(40), nullable=False),
    Column("amendment_id", String(40)),  # the consent that is to supersede it, once it works
    Column("amendment_run", Integer),  # the run that tries it
    Column("person_ref", String(160)),  # vault reference: name, id number and phone of the acting person
    Column("product", String(24), nullable=False),
    Column("amount_fen", BigInteger, nullable=False),
    Column("term_months", Integer, nullable=False),
    Column("as_of", Date),  # set for a back-test; else the last full month before scoring
    Column("callback_url", Text),
    Column("callback_secret_ref", String(160)),  # vault reference: what signs the notices to the callback
    Column("run", Integer, nullable=False),  # 1, then one more for each re-run, repair and refresh
    Column("leg", Integer, nullable=False),  # legs of the present run; an answer starts the next
    Column("trigger", String(16), nullable=False),  # application | refresh | operations
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Index("authorization_state", "tenant", "state"),
    Index("authorization_taxpayer", "tenant", "taxpayer_id"),
)

consent = Table(
    "consent",
    metadata,
    _id(),
    Column("authorization_id", String(40), nullable=False, index=True),
    Column("version", Integer, nullable=False),
    Column("supersedes", String(40)),
    Column("party", String(24), nullable=False),  # borrower | legal_representative
    Column("data_class", String(24), nullable=False),
    Column("institutions", JSON, nullable=False),  # {recipient, source, operator}: [code, zh, en]
    Column("revision", Integer, nullable=False),  # the fencing token: every change of state raises it
    Column("state", String(16), nullable=False),
    Column("disposal", String(16), nullable=False),  # retained | shred_pending | shredded
    Column("purpose", String(32), nullable=False),
    Column("scopes", JSON, nullable=False),  # {dataset: [first day, last day]}
    Column("periodic", Boolean, nullable=False),
    Column("frequency_times", Integer, nullable=False),
    Column("frequency_unit", String(8), nullable=False),  # day | month
    Column("valid_from", Instant, nullable=False),
    Column("valid_until", Instant, nullable=False),
    Column("data_life_days", Integer, nullable=False),
    Column("text_version", String(16), nullable=False),
    Column("text_zh", Text, nullable=False),
    Column("text_en", Text, nullable=False),
    Column("text_sha256", String(64), nullable=False),
    Column("text_sm3", String(64), nullable=False),
    Column("template_version", String(16), nullable=False),
    Column("template_sha256", String(64), nullable=False),
    Column("artefact_ref", String(160)),  # vault reference: the signed document
    Column("artefact_sha256", String(64)),
    Column("timestamp_ref", String(160)),  # vault reference: the RFC 3161 token over the signature
    Column("decided_at", Instant),
    Column("decided_by", String(64)),
    Column("reason", String(48)),
)

clock = Table(
    "clock",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # one row, 0
    Column("latest", Instant, nullable=False),  # no instant that anything was decided at is later
)

link = Table(
    "link",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    _authorization_id(),
    Column("party", String(24), nullable=False, default="borrower"),  # whose page it opens
    Column("expires_at", Instant, nullable=False),
    Column("opened_by", String(64)),  # hash of the browser's own cookie: the first one to open it owns it
    Column("opened_at", Instant),
)

attempt = Table(
    "attempt",
    metadata,
    _id(),
    _authorization_id(),
    Column("run", Integer, nullable=False),
    Column("leg", Integer, nullable=False),
    Column("route", String(4), nullable=False),
    Column("why", String(120), nullable=False),  # why the router chose this route
    Column("outcome", String(24)),  # granted | parked | failed
    Column("error_code", String(48)),
    Column("detail", Text),
    Column("evidence_ref", String(160)),  # vault reference: what was done at the portal
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Index("attempt_authorization", "authorization_id", "run"),
)

challenge = Table(
    "challenge",
    metadata,
    _id(),
    _authorization_id(),
    Column("run", Integer, nullable=False),
    Column("route", String(4), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("resume", String(16), nullable=False),
    Column(
        "state", String(16), nullable=False
    ),  # open | answered | accepted | rejected | expired | superseded
    Column("hint", String(200), nullable=False),
    Column("retry", Boolean, nullable=False),
    Column("prompt_ref", String(160)),  # vault reference: pictures and options
    Column("flow_ref", String(160)),  # vault reference: the flow's sealed state
    Column("answer_ref", String(160)),  # vault reference: a single-use secret
    Column("owner", String(40)),  # the worker that holds the live page
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("closed_at", Instant),
    Index("challenge_authorization", "authorization_id", "state"),
)

grant = Table(
    "portal_grant",
    metadata,
    _id(),
    _authorization_id(),
    Column("route", String(4), nullable=False),
    Column("receipt", String(64), nullable=False),
    Column("secret_ref", String(160), nullable=False),
    Column("granted_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("stood_at", Instant),  # when the portal last said that it stands
    Column("ended_at", Instant),
    Index("grant_authorization", "authorization_id"),
)

collection = Table(
    "collection",
    metadata,
    _id(),
    _authorization_id(),
    Column("run", Integer, nullable=False),
    Column("dataset", String(24), nullable=False),
    Column("period_start", Date, nullable=False),
    Column("period_end", Date, nullable=False),
    Column("route", String(4), nullable=False),
    Column("state", String(16), nullable=False),  # collected | missing
    Column("pages", JSON, nullable=False),  # [{ref, format, locator, sequence, type, fetched_at, total}]
    Column("missing", String(16)),
    Column("error_code", String(48)),
    Column("evidence_ref", String(160)),  # vault reference: what was done at the portal
    Column("fetched_at", Instant, nullable=False),
    Unique("authorization_id", "run", "dataset", name="collection_once_a_run"),
)

pages_under_way = Table(  # sealed pages of a dataset that is still being read
    "pages_under_way",
    metadata,
    _id(),
    _authorization_id(),
    Column("run", Integer, nullable=False),
    Column("dataset", String(24), nullable=False),
    Column("period_start", Date, nullable=False),
    Column("period_end", Date, nullable=False),
    Column("route", String(4), nullable=False),
    Column("token", Integer, nullable=False),  # the consent's revision that they were read under
    Column("pages", JSON, nullable=False),  # one batch, as in ``collection``
    Column("sealed_at", Instant, nullable=False),
    Index("pages_under_way_run", "authorization_id", "run"),
)

snapshot = Table(
    "snapshot",
    metadata,
    _id(),
    _authorization_id(),
    Column("run", Integer, nullable=False),
    Column("tables", JSON, nullable=False),  # {table: {ref, rows}}
    Column("missing", JSON, nullable=False),  # {dataset: reason}
    Column("findings", JSON, nullable=False),  # [{code, severity, dataset, detail}]
    Column("as_of", Date, nullable=False),
    Column("fetched_at", Instant, nullable=False),
    Unique("authorization_id", "run", name="snapshot_once_a_run"),
)

score = Table(
    "score",
    metadata,
    _id(),
    _authorization_id(),
    Column("run", Integer, nullable=False),
    Column("snapshot_id", String(40), nullable=False),
    Column("result_ref", String(160), nullable=False),  # vault reference: the whole result
    Column("decision", String(16), nullable=False),
    Column("points", Float),
    Column("grade", String(4)),
    Column("limit_fen", BigInteger),
    Column("annual_rate", Float),
    Column("policy_version", String(32), nullable=False),
    Column("policy_hash", String(64), nullable=False),
    Column("created_at", Instant, nullable=False),
    Unique("authorization_id", "run", name="score_once_a_run"),
)

event = Table(
    "event",
    metadata,
    Column("id", _BigId, primary_key=True, autoincrement=True),
    _authorization_id(),
    Column("at", Instant, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("data", JSON, nullable=False),
    Index("event_authorization", "authorization_id", "id"),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("tenant", String(40), primary_key=True),
    Column("key", String(128), primary_key=True),
    Column("body_sha256", String(64), nullable=False),
    Column("authorization_id", String(40), nullable=False),
    Column("created_at", Instant, nullable=False),
)

api_key = Table(
    "api_key",
    metadata,
    _id(),
    Column("tenant", String(40), nullable=False),
    Column("name", String(64), nullable=False),
    Column("key_hash", String(64), nullable=False, unique=True),
    Column("webhook_secret_ref", String(160), nullable=False),
    Column("scopes", JSON, nullable=False),  # what it may be used for
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("revoked_at", Instant),
    Column("last_used_at", Instant),  # to the minute
    Column("replaced_by", String(40)),  # the key that it was rotated to
)

outbox = Table(
    "outbox",
    metadata,
    _id(),
    _authorization_id(),
    Column("url", Text, nullable=False),
    Column("kind", String(48), nullable=False),
    Column("body", JSON, nullable=False),
    Column("secret_ref", String(160), nullable=False),
    Column("state", String(16), nullable=False),  # due | delivered | abandoned
    Column("tries", Integer, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("last_status", String(48)),
    Index("outbox_due", "state", "due_at"),
)

lease = Table(
    "lease",
    metadata,
    _id(),
    Column("region", String(4), nullable=False),
    Column("route", String(4), nullable=False),
    Column("owner", String(64), nullable=False),  # whose visit: an authorization, a disposal, a probe
    Column("worker", String(80), nullable=False),  # the process that holds it, its life included
    Column("key", String(80)),  # the engine's name of the leg that waits, to wake it by
    Column("asked_at", Instant, nullable=False),
    Column("begun_at", Instant),  # empty while it waits for a place
    Column("ended_at", Instant),
    Column("expires_at", Instant, nullable=False),  # unless its worker says that it lives
    Index("lease_route", "region", "route"),
    Index("lease_owner", "owner"),
)

breaker = Table(
    "breaker",
    metadata,
    Column("region", String(4), primary_key=True),
    Column("route", String(4), primary_key=True),
    Column("state", String(12), nullable=False),  # closed | open | half_open
    Column("faults", Integer, nullable=False),
    Column("openings", Integer, nullable=False),
    Column("until", Instant),
)

canary = Table(
    "canary",
    metadata,
    Column("region", String(4), primary_key=True),
    Column("route", String(4), primary_key=True),
    Column("accepted", JSON),  # the fingerprint that counts as right; empty until a canary came back
    Column("accepted_at", Instant),
    Column("accepted_by", String(16)),  # first_sight | person
    Column("accepted_picture", LargeBinary),  # PNG of the page behind it, its inputs masked
    Column("seen", JSON),  # the fingerprint of the last canary that came back
    Column("seen_at", Instant),
    Column("unknown", Text),  # what the connector does not know of it
    Column("drifted_since", Instant),  # when ``seen`` first differed from ``accepted`` or was unknown
    Column("picture", LargeBinary),  # PNG of what was seen
    Column("tried_at", Instant, nullable=False),  # when the last canary set out
    Column("error_code", String(48)),  # what kept it from coming back
    Column("detail", Text),
    Column("failing_since", Instant),
)

contract_change = Table(
    "contract_change",
    metadata,
    Column("region", String(4), primary_key=True),
    Column("route", String(4), primary_key=True),
    Column("dataset", String(24), primary_key=True),
    Column("source_format", String(48), primary_key=True),
    Column("kind", String(8), primary_key=True),  # new | missing | retyped | form
    Column("path", String(160), primary_key=True),  # list and field, never a value
    Column("detail", String(160), nullable=False),
    Column("first_seen", Instant, nullable=False),
    Column("last_seen", Instant, nullable=False),
    Column("times", Integer, nullable=False),  # payloads that showed it since ``first_seen``
    Column("accepted_at", Instant),  # a person knows of it
    Column("ended_at", Instant),  # a later payload was whole again
)
