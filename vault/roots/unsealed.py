"""The secret of a root key file that two persons opened together, kept in the machine's memory until it is
sealed again or the machine restarts.

It is a file in ``TAXLINK_UNSEALED_FOLDER`` (default ``/dev/shm``), which must lie on ``tmpfs``: never on a
disk.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from schema.errors import RootKeyUnavailable

FOLDER_VARIABLE = "TAXLINK_UNSEALED_FOLDER"
_MEMORY = ("tmpfs", "ramfs")


def keep(root_key_path: Path, secret: bytes) -> None:
    """Keep the secret for every process of this user. Raises ``RootKeyUnavailable`` when it would be on
    disk."""
    place = _place(root_key_path)
    if _file_system(place.parent) not in _MEMORY:
        raise RootKeyUnavailable(f"{place.parent} is not in memory; set {FOLDER_VARIABLE} to a tmpfs")
    forget(root_key_path)
    handle = os.open(place, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(secret)


def secret(root_key_path: Path) -> bytes:
    """Raises ``RootKeyUnavailable`` while the vault is sealed."""
    place = _place(root_key_path)
    try:
        about = place.stat()
        if about.st_mode & 0o077 or about.st_uid != os.geteuid():
            raise RootKeyUnavailable("the unsealed secret is open to other users")
        return place.read_bytes()
    except FileNotFoundError:
        raise RootKeyUnavailable("the vault is sealed: two persons must `taxlink vault unseal` it") from None


def forget(root_key_path: Path) -> None:
    """Overwrite and remove the secret. Idempotent."""
    place = _place(root_key_path)
    try:
        with place.open("r+b") as file:
            file.write(bytes(os.fstat(file.fileno()).st_size))
    except FileNotFoundError:
        return
    place.unlink()


def _place(root_key_path: Path) -> Path:
    which = hashlib.sha256(str(root_key_path.absolute()).encode()).hexdigest()[:16]
    return Path(os.environ.get(FOLDER_VARIABLE, "/dev/shm")) / f"taxlink-{os.geteuid()}-{which}"


def _file_system(folder: Path) -> str:
    """The kind of file system that the folder is mounted from, by the longest mount point above it."""
    mounts = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
    resolved = folder.resolve()
    above = [(fields[1], fields[2]) for fields in mounts if resolved.is_relative_to(fields[1])]
    return max(above, key=lambda mount: len(mount[0]))[1] if above else ""
