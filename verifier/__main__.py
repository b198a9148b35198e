"""``python -m verifier FOLDER [--key KEY.pem] [--checkpoint FILE …]``: check an export of the audit log.

Exit code 0 when it is intact, 1 when something is broken: each is named with its place.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from verifier import layout


def main() -> int:
    parser = argparse.ArgumentParser(prog="verifier", description="Check an export of the audit log.")
    parser.add_argument("export", type=Path, help="a folder of an audit export")
    parser.add_argument("--key", type=Path, help="the log's public key (PEM) from elsewhere")
    parser.add_argument(
        "--checkpoint", type=Path, action="append", default=[], help="a checkpoint kept elsewhere"
    )
    asked = parser.parse_args()
    keys = [asked.key.read_text()] if asked.key else []
    kept = [path.read_text() for path in asked.checkpoint]
    try:
        chain, findings = layout.verified(asked.export, keys, kept)
    except layout.BadExport as error:
        print(f"BROKEN: {error}")
        return 1
    for each in findings:
        print(f"BROKEN: {each.tampering}: record {each.seq} to {each.until}")
    for seq in chain.clock_back:
        print(f"note: record {seq} is dated before the one before it; a clock was set back")
    if not asked.key:
        print("note: the key came with the export; compare it with one that you hold from elsewhere (--key)")
    print(f"{chain.count} records, {'broken' if findings else 'intact'}")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
