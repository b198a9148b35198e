"""The log as files that are checked without a database: records as JSON lines, the checkpoints, the public
key, and the verifier itself."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from sqlalchemy import Connection

import verifier
from authz.audit import reading
from authz.audit.tree import StoredTree
from verifier import layout, notes
from verifier.chain import Opening, Record
from verifier.digests import DIGESTS


def written(connection: Connection, folder: Path, public_key: str, lines: Iterable[str]) -> None:
    """Write ``lines``, the checkpoints, the key and the verifier into a new folder. Raises
    ``FileExistsError``."""
    folder.mkdir(parents=True)
    (folder / layout.KEY).write_text(public_key)
    (folder / layout.CHECKPOINTS).write_text(
        "".join(json.dumps(note) + "\n" for _, note in reading.checkpoints(connection))
    )
    with (folder / layout.RECORDS).open("w") as records:
        records.writelines(lines)
    for name, content in verifier_files():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)


def lines(connection: Connection, size: int, *, openings: bool = False) -> Iterator[str]:
    """The first ``size`` records as JSON lines.

    What they are about, with the salts, is told on request alone: a copy of it cannot be unlinked.
    """
    for record, opening in reading.records(connection, size):
        yield json.dumps(line(record, opening, openings=openings)) + "\n"


def line(record: Record, opening: Opening | None, *, openings: bool = True) -> dict[str, object]:
    """A record as a line of an export; ``opening`` is null where nothing is known of it any more."""
    plain: dict[str, object] = {
        name: value.hex() if isinstance(value, bytes) else value for name, value in record._asdict().items()
    }
    if openings:
        plain["opening"] = opening and opening._asdict() | {"salt": opening.salt.hex()}
    return plain


def verifier_files() -> Iterator[tuple[str, bytes]]:
    """The verifier's own files, by their names in an export."""
    folder = Path(verifier.__file__).parent
    for path in sorted(folder.glob("*.py")):
        yield f"{folder.name}/{path.name}", path.read_bytes()


def inclusion(connection: Connection, seq: int, note: str, checkpoint: notes.Checkpoint) -> dict[str, object]:
    """The proof that the record is one of those that the checkpoint signed: ``{record, index, size, path,
    checkpoint}``. Raises ``ValueError`` for a record outside, ``AuditBroken``."""
    path = StoredTree(connection, DIGESTS[checkpoint.hash]).inclusion(seq, checkpoint.size)
    record, opening = next(reading.records(connection, seq, after=seq - 1))
    return {
        "record": line(record, opening),
        "index": seq - 1,
        "size": checkpoint.size,
        "path": [each.hex() for each in path],
        "checkpoint": note,
    }


def consistency(
    connection: Connection, first: notes.Checkpoint, second: notes.Checkpoint
) -> dict[str, object]:
    """The proof that the log at the second checkpoint begins with the log at the first. Raises as
    ``inclusion``."""
    tree = StoredTree(connection, DIGESTS[second.hash])
    path = tree.consistency(first.size, second.size)
    return {
        "size1": first.size,
        "size2": second.size,
        "root1": first.root.hex(),
        "root2": second.root.hex(),
        "path": [each.hex() for each in path],
    }
