"""The form of an evidence file: a ZIP with a manifest and a README in both languages, the same bytes for the
same files."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

from verifier.digests import digests
from verifier.evidence import FORMAT, MANIFEST

_EPOCH = (1980, 1, 1, 0, 0, 0)
_README = Path(__file__).parent / "README.md"


def readme(authorization_id: str) -> bytes:
    """How to check each step, in Chinese and English."""
    return _README.read_text(encoding="utf-8").replace("{id}", authorization_id).encode()


def packed(files: Mapping[str, bytes], authorization_id: str) -> bytes:
    """The ZIP: the manifest first, then the files by their names."""
    listed = {name: {"bytes": len(content), **digests(content)} for name, content in sorted(files.items())}
    manifest = {"format": FORMAT, "authorization": authorization_id, "files": listed}
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(_entry(MANIFEST), json.dumps(manifest, indent=1).encode())
        for name in sorted(files):
            archive.writestr(_entry(name), files[name])
    return content.getvalue()


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.compress_type, entry.create_system = zipfile.ZIP_DEFLATED, 3
    entry.external_attr = 0o644 << 16
    return entry
