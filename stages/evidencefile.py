"""The evidence file: all that can be proved of one authorization, as a ZIP that a court can follow.

It is put together from the case file, the signed consents and the audit log, up to the first checkpoint that
covers the last record: from the same store come the same bytes. Payloads and answers are never in it, their
digests are; so it still stands when the data are destroyed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import select

from authz import facts
from authz.audit import export, reading
from authz.audit.tree import StoredTree
from authz.authorization import Authorization
from authz.consent import Consent
from authz.evidence import packed, readme
from authz.facts import Fact, instant
from schema.errors import EvidenceUnknown
from schema.taxpayer_id import masked
from stages.workshop import Workshop
from store import tables
from store.database import reading as reading_of
from verifier import evidence
from verifier.digests import DIGESTS, canonical, digests

Held = Mapping[int, tuple[str, dict[str, Any]]]
"""Action and data of the authorization's records, by their numbers."""


def exported(shop: Workshop, authorization_id: str, *, actor: str) -> bytes:
    """The evidence file, that it is handed out being on record before; the one door to it, whoever asks.

    Raises ``AuthorizationUnknown``, also once it was unlinked, ``AuditBroken`` when the log cannot be signed,
    ``ConsentAltered``.
    """
    shop.ledger.authorization(authorization_id)
    with shop.store.begin() as connection:
        shop.ledger.record(connection, authorization_id, actor, "evidence.exported", {})
    shop.checkpoints.make()
    return composed(shop, authorization_id)


def composed(shop: Workshop, authorization_id: str) -> bytes:
    """The same from what is signed already. Raises as ``exported``."""
    current = shop.ledger.authorization(authorization_id)
    files = dict(_log(shop, current))
    held = _held(files)
    files |= _consents(shop, current)
    files["authorization.json"] = _json(_described(current))
    files["attempts.json"] = _json([_attempt(each) for each in shop.attempts.of(current.id)])
    files[evidence.CHALLENGES] = _json(list(_challenges(shop, current, held)))
    found = _facts(shop, current, held)
    files |= {name: _json(_anchored(each, held, evidence.ANCHORED[name])) for name, each in found.items()}
    files |= _destructions(shop, held)
    files |= dict(export.verifier_files()) | {"README.md": readme(current.id)}
    return packed(files, current.id)


def _log(shop: Workshop, current: Authorization) -> Iterator[tuple[str, bytes]]:
    with reading_of(shop.store) as connection:
        newest = shop.checkpoints.newest()
        mine = [] if newest is None else reading.of_subject(connection, current.id, newest.size)
        note = reading.newest_checkpoint(connection, mine[-1][0].seq) if mine else None
        if note is None:
            raise EvidenceUnknown
        checkpoint = shop.checkpoints.opened(note)
        tree = StoredTree(connection, DIGESTS[checkpoint.hash])
        lines = []
        for record, opening in mine:
            path = [each.hex() for each in tree.inclusion(record.seq, checkpoint.size)]
            lines.append(canonical(export.line(record, opening) | {"path": path}))
    yield evidence.RECORDS, b"".join(line + b"\n" for line in lines)
    yield evidence.CHECKPOINT, note.encode()
    yield evidence.KEY, shop.checkpoints.public_key.encode()


def _held(files: Mapping[str, bytes]) -> Held:
    lines = (json.loads(line) for line in files[evidence.RECORDS].splitlines())
    return {each["seq"]: (each["action"], json.loads(each["opening"]["data"])) for each in lines}


def _described(current: Authorization) -> Fact:
    return {
        "id": current.id,
        "tenant": current.tenant,
        "taxpayer_id": masked(current.taxpayer_id),
        "region": current.region,
        "route": current.route,
        "state": current.state,
        "error": current.error_code,
        "runs": current.run,
        "created_at": instant(current.created_at),
    }


def _consents(shop: Workshop, current: Authorization) -> dict[str, bytes]:
    files, listed = {}, []
    for each in shop.consents.of(current.id):
        folder = f"consents/{each.id}"
        listed.append(_consent(each))
        files[f"{folder}/text.zh.txt"] = each.text.zh.encode()
        files[f"{folder}/text.en.txt"] = each.text.en.encode()
        if each.artefact_ref is None:
            continue
        signed = shop.consents.signed(current, each)
        files[f"{folder}/document.json"] = signed.document
        files[f"{folder}/signature.der"] = signed.signature
        files[f"{folder}/key.pem"] = signed.public_key.encode()
        if (stamp := shop.consents.archive.timestamp(each)) is not None:
            files[f"{folder}/timestamp.tsr"] = stamp
    return files | {evidence.CONSENTS: _json(listed)}


def _consent(each: Consent) -> Fact:
    return {
        "id": each.id,
        "party": each.party,
        "data_class": each.data_class,
        "version": each.version,
        "state": each.state,
        "purpose": each.purpose,
        "valid_from": instant(each.valid_from),
        "valid_until": instant(each.valid_until),
        "data_life_days": each.data_life_days,
        "signed": each.artefact_ref is not None,
    }


def _attempt(each: Mapping[str, Any]) -> Fact:
    names = ("id", "run", "leg", "route", "why", "outcome", "error_code")
    times = {name: each[name] and instant(each[name]) for name in ("started_at", "ended_at")}
    return {name: each[name] for name in names} | times


def _challenges(shop: Workshop, current: Authorization, held: Held) -> Iterator[Fact]:
    """What was asked and how it ended; never the question's content, and never an answer."""
    for row in _rows(shop, current, tables.challenge, tables.challenge.c.created_at):
        yield {
            "id": row.id,
            "run": row.run,
            "route": row.route,
            "kind": row.kind,
            "state": row.state,
            "asked_at": instant(row.created_at),
            "expires_at": instant(row.expires_at),
            "closed_at": row.closed_at and instant(row.closed_at),
            "records": [
                seq
                for seq, (action, data) in held.items()
                if action.startswith("challenge.") and data.get("challenge") == row.id
            ],
        }


def _facts(shop: Workshop, current: Authorization, held: Held) -> dict[str, list[Fact]]:
    """The facts of each file: of every run, in their order."""
    file = shop.casefile
    runs = range(1, current.run + 1)
    read = [facts.collection(each) for run in runs for each in file.collections(current.id, run)]
    collected = list({canonical(each): each for each in read}.values())  # one may stand for several runs
    snapshots = [each for run in runs if (each := file.snapshot(current.id, run)) and each.run == run]
    results = [data for action, data in held.values() if action == "score.kept"]
    scores = [_scored(each, results) for each in _scores(shop, current)]
    return {
        "receipts.json": [facts.grant(*row) for row in _grants(shop, current)],
        "collections.json": collected,
        "snapshots.json": [facts.snapshot(s.as_of, s.tables, s.missing, s.findings) for s in snapshots],
        "scores.json": scores,
        "notices.json": [facts.notice(row.kind, row.body["data"]) for row in _notices(shop, current)],
    }


def _scored(row: Mapping[str, Any], results: Sequence[Mapping[str, Any]]) -> Fact:
    """The score with the digests of its result, which its audit record alone holds."""
    for data in results:
        fact = facts.score(row, {name: data[f"result.{name}"] for name in DIGESTS})
        if facts.said(fact)["sha256"] == data["sha256"]:
            return fact
    return facts.score(row, {})


def _anchored(found: list[Fact], held: Held, action: str) -> list[Fact]:
    """Each fact with the number of the record that holds its digests; null where none does."""
    records: dict[str, int] = {}
    for seq, (kind, data) in held.items():
        if kind == action and "sha256" in data:
            records.setdefault(data["sha256"], seq)
    return [{"fact": fact, "record": records.get(digests(canonical(fact))["sha256"])} for fact in found]


def _destructions(shop: Workshop, held: Held) -> dict[str, bytes]:
    proofs = [
        {"record": seq, "proof": _proof(data, key_class)}
        for seq, (action, data) in held.items()
        if action == "consent.shredded"
        for key_class in sorted({name.split(".")[1] for name in data if name.startswith("proofs.")})
    ]
    key = shop.vault.proof_key().encode()
    return {evidence.DESTRUCTIONS: _json(proofs), evidence.DESTRUCTION_KEY: key}


def _proof(data: Mapping[str, Any], key_class: str) -> Fact:
    names = ("tenant", "owner", "key_class", "destroyed_at", "signature")
    return {name: data[f"proofs.{key_class}.{name}"] for name in names}


def _scores(shop: Workshop, current: Authorization) -> list[dict[str, Any]]:
    table = tables.score
    return [dict(row._mapping) for row in _rows(shop, current, table, table.c.run)]


def _grants(shop: Workshop, current: Authorization) -> Iterator[tuple[Any, ...]]:
    table = tables.grant
    for row in _rows(shop, current, table, table.c.granted_at):
        yield row.route, row.receipt, row.granted_at, row.expires_at


def _notices(shop: Workshop, current: Authorization) -> list[Any]:
    return _rows(shop, current, tables.outbox, tables.outbox.c.created_at)


def _rows(shop: Workshop, current: Authorization, table: Any, order: Any) -> list[Any]:
    query = select(table).where(table.c.authorization_id == current.id).order_by(order, table.c.id)
    with reading_of(shop.store) as connection:
        return list(connection.execute(query).all())


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"
