"""An evidence file: one authorization, from the consent to the decision and the end, held against the log.

Every file is in the manifest with its digests. Facts are repeated in full; the audit record of each holds its
digests; the records are proved to be in the log of the checkpoint, which is signed. So whoever trusts the
checkpoint can trust every fact. ``problems`` names what does not hold, by its file.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from verifier import layout, notes
from verifier.chain import Opening, Record, commitment, entry
from verifier.digests import DIGESTS, Digest, canonical, digests
from verifier.merkle import included, leaf_hash

FORMAT = "taxlink.evidence/1"
MANIFEST, RECORDS, CHECKPOINT, KEY = (
    "manifest.json",
    "audit/records.jsonl",
    "audit/checkpoint.txt",
    "audit/key.pem",
)
ANCHORED = {
    "receipts.json": "grant.kept",
    "collections.json": "dataset.collected",
    "snapshots.json": "snapshot.kept",
    "scores.json": "score.kept",
    "notices.json": "notice.written",
}
"""Files of facts, and the action of the records that hold the digests of each."""
CONSENTS, CHALLENGES, DESTRUCTIONS, DESTRUCTION_KEY = (
    "consents.json", "challenges.json", "destructions.json", "destruction-key.pem",
)  # fmt: skip
_MOST_BYTES, _MOST_FILES = 256 << 20, 10_000

Files = Mapping[str, bytes]
Found = Iterator[str]
_DAMAGE = (KeyError, TypeError, ValueError, IndexError, AttributeError, RecursionError)
"""What reading an altered file can end in."""


class BadEvidence(ValueError):
    """It is no evidence file at all."""


def unpacked(content: bytes) -> dict[str, bytes]:
    """The files of the ZIP. Raises ``BadEvidence``."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            if len(entries) > _MOST_FILES or sum(each.file_size for each in entries) > _MOST_BYTES:
                raise BadEvidence("it is larger than an evidence file can be")
            names = [each.filename for each in entries]
            if len(set(names)) != len(names) or any(_strays(name) for name in names):
                raise BadEvidence("a name stands twice or leads out of the folder")
            return {each.filename: archive.read(each) for each in entries}
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError, zlib.error) as error:
        raise BadEvidence(f"it is no whole ZIP file ({type(error).__name__})") from None


def problems(files: Files, keys: Sequence[str] = ()) -> list[str]:
    """What does not hold, each with its file; empty when everything does. ``keys`` (PEM) are the log's, from
    elsewhere, in place of the one that came along."""
    found: list[str] = []
    for check in (_listed, _told_of_the_log, _facts, _consents, _challenges, _destructions):
        try:
            found += check(files, keys)
        except _DAMAGE as error:
            found.append(
                f"{check.__name__.strip('_')}: a file is missing or unreadable ({type(error).__name__})"
            )
    return found


def _listed(files: Files, _: Sequence[str]) -> Found:
    manifest = _json(files, MANIFEST)
    if manifest["format"] != FORMAT:
        yield f"{MANIFEST}: of an unknown format"
    listed = manifest["files"]
    for name in sorted({*listed, *files} - {MANIFEST}):
        if name not in files:
            yield f"{name}: is missing"
        elif name not in listed:
            yield f"{name}: is not in the manifest"
        elif listed[name] != {"bytes": len(files[name]), **digests(files[name])}:
            yield f"{name}: is not what the manifest lists"


def _told_of_the_log(files: Files, keys: Sequence[str]) -> Found:
    checkpoint = _checkpoint(files, keys)
    if isinstance(checkpoint, str):
        yield f"{CHECKPOINT}: {checkpoint}"
        return
    digest, of = DIGESTS[checkpoint.hash], _json(files, MANIFEST)["authorization"]
    last = 0
    for plain in _lines(files):
        record, opening = layout.record(plain)
        path = [bytes.fromhex(each) for each in plain["path"]]
        place = f"{RECORDS}: record {record.seq}"
        yield from (f"{place} {what}" for what in _record(digest, record, opening, of))
        if not included(digest, record.hash, record.seq - 1, checkpoint.size, path, checkpoint.root):
            yield f"{place} is not proved to be in the log"
        if record.seq <= last:
            yield f"{place} is out of order"
        last = record.seq


def _record(digest: Digest, record: Record, opening: Opening | None, of: str) -> Found:
    if leaf_hash(digest, entry(*record[:6])) != record.hash:
        yield "was altered"
    if opening is None or commitment(digest, opening) != record.commitment:
        yield "is about something else than it tells"
    elif opening.subject != of:
        yield "is about another authorization"


def _facts(files: Files, _: Sequence[str]) -> Found:
    held = _records(files)
    for name, action in ANCHORED.items():
        told = set()
        for number, item in enumerate(_json(files, name), 1):
            known = held.get(item["record"])
            said = digests(canonical(item["fact"]))
            told.add(said["sha256"])
            if known is None or known[0] != action:
                yield f"{name}: fact {number} has no record in the log"
            elif {each: known[1].get(each) for each in DIGESTS} != said:
                yield f"{name}: fact {number} is not what record {item['record']} holds"
        for seq, (kind, data) in held.items():
            if kind == action and data.get("sha256") not in told:
                yield f"{name}: what record {seq} holds is left out"


def _consents(files: Files, _: Sequence[str]) -> Found:
    held = _records(files)
    of = _json(files, MANIFEST)["authorization"]
    for item in _json(files, CONSENTS):
        folder = f"consents/{item['id']}"
        text = files[f"{folder}/text.zh.txt"] + b"\f" + files[f"{folder}/text.en.txt"]
        moves = [
            data for kind, data in held.values() if kind == "consent.moved" and data["consent"] == item["id"]
        ]
        if {each["text_sha256"] for each in moves} - {digests(text)["sha256"]}:
            yield f"{folder}: the text is not the one that the log holds"
        agreed = [each for each in moves if each["to"] == "active" and each["reason"] == "agreed"]
        if not item["signed"]:
            if agreed:
                yield f"{folder}: it was agreed to, and the signed document is left out"
            continue
        document, key = files[f"{folder}/document.json"], files[f"{folder}/key.pem"].decode()
        if not notes.signature_holds(key, document, files[f"{folder}/signature.der"]):
            yield f"{folder}/signature.der: does not sign the document under the key beside it"
        if [each["artefact_sha256"] for each in agreed] != [hashlib.sha256(document).hexdigest()]:
            yield f"{folder}/document.json: is not the one that the log holds"
        said = json.loads(document)["agreement"]
        if (said["consent_id"], said["authorization_id"]) != (item["id"], of):
            yield f"{folder}/document.json: is of another authorization"
        if {name: said["text"][name] for name in DIGESTS} != digests(text):
            yield f"{folder}: the text is not the one that was signed"


def _challenges(files: Files, _: Sequence[str]) -> Found:
    held = {seq: known for seq, known in _records(files).items() if known[0].startswith("challenge.")}
    told = set()
    for item in _json(files, CHALLENGES):
        about = {seq: known for seq, known in held.items() if known[1].get("challenge") == item["id"]}
        told |= set(about)
        if list(about) != item["records"] or {data["kind"] for _, data in about.values()} != {item["kind"]}:
            yield f"{CHALLENGES}: {item['id']} is not what the log holds of it"
        elif item["state"] != "open" and f"challenge.{item['state']}" not in {
            kind for kind, _ in about.values()
        }:
            yield f"{CHALLENGES}: {item['id']} did not end so"
    yield from (f"{CHALLENGES}: what record {seq} holds is left out" for seq in held if seq not in told)


def _destructions(files: Files, _: Sequence[str]) -> Found:
    held = _records(files)
    told = set()
    for item in _json(files, DESTRUCTIONS):
        proof, known = item["proof"], held.get(item["record"])
        told.add(item["record"])
        place = f"{DESTRUCTIONS}: {proof['key_class']} of {proof['owner']}"
        inside = f"proofs.{proof['key_class']}.signature"
        if known is None or known[0] != "consent.shredded" or known[1].get(inside) != proof["signature"]:
            yield f"{place} has no record in the log"
        key = files[DESTRUCTION_KEY].decode()
        message = canonical(
            {name: value for name, value in proof.items() if name != "signature"} | {"public_key": key}
        )
        if not notes.signature_holds(key, message, bytes.fromhex(proof["signature"])):
            yield f"{place}: the signature does not hold"
    for seq, (kind, _data) in held.items():
        if kind == "consent.shredded" and seq not in told:
            yield f"{DESTRUCTIONS}: what record {seq} holds is left out"


def _checkpoint(files: Files, keys: Sequence[str]) -> notes.Checkpoint | str:
    try:
        return notes.opened(files[CHECKPOINT].decode(), keys or [files[KEY].decode()])
    except (ValueError, KeyError) as error:
        return str(error)


def _records(files: Files) -> dict[int, tuple[str, dict[str, Any]]]:
    """Action and data of each record by its number."""
    return {each["seq"]: (each["action"], json.loads(each["opening"]["data"])) for each in _lines(files)}


def _lines(files: Files) -> list[dict[str, Any]]:
    return [json.loads(line) for line in files[RECORDS].splitlines()]


def _json(files: Files, name: str) -> Any:
    return json.loads(files[name])


def _strays(name: str) -> bool:
    return name.startswith("/") or "\\" in name or ".." in PurePosixPath(name).parts
