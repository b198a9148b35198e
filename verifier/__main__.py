"""``python -m verifier EXPORT [--key KEY.pem] [--checkpoint FILE …]``: check an export of the audit log (a
folder), or an evidence file (a ZIP, or the folder that it was unpacked into).

Exit code 0 when everything holds, 1 when something does not: each is named with its place.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from verifier import evidence, layout


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="verifier", description="Check an audit export or an evidence file."
    )
    parser.add_argument("export", type=Path, help="a folder of an audit export, or an evidence file")
    parser.add_argument("--key", type=Path, help="the log's public key (PEM) from elsewhere")
    parser.add_argument(
        "--checkpoint", type=Path, action="append", default=[], help="of an audit export: one kept elsewhere"
    )
    asked = parser.parse_args()
    keys = [asked.key.read_text()] if asked.key else []
    try:
        if asked.export.is_dir() and (asked.export / layout.RECORDS).exists():
            broken = list(_log(asked.export, keys, [path.read_text() for path in asked.checkpoint]))
        else:
            broken = evidence.problems(read(asked.export), keys)
    except (layout.BadExport, evidence.BadEvidence) as error:
        broken = [str(error)]
    for each in broken:
        print(f"BROKEN: {each}")
    if not asked.key:
        print("note: the key came with the export; compare it with one that you hold from elsewhere (--key)")
    print("broken" if broken else "intact: everything holds")
    return 1 if broken else 0


def read(place: Path) -> dict[str, bytes]:
    """The files of an evidence file, packed or unpacked. Raises ``BadEvidence``."""
    if not place.is_dir():
        return evidence.unpacked(place.read_bytes())
    inside = [path for path in place.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    return {path.relative_to(place).as_posix(): path.read_bytes() for path in inside}


def _log(folder: Path, keys: Sequence[str], kept: Sequence[str]) -> Iterator[str]:
    chain, findings = layout.verified(folder, keys, kept)
    for each in findings:
        yield f"{each.tampering}: record {each.seq} to {each.until}"
    for seq in chain.clock_back:
        print(f"note: record {seq} is dated before the one before it; a clock was set back")
    print(f"{chain.count} records")


if __name__ == "__main__":
    sys.exit(main())
