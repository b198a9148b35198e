"""A real PostgreSQL of the tests' own, on loopback, from the system's package."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from demo.processes import free_port


def binaries() -> Path | None:
    """The folder of ``initdb`` and ``pg_ctl``, the newest first; None where PostgreSQL is not installed."""
    if found := shutil.which("initdb"):
        return Path(found).parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    return folders[0].parent if folders else None


@contextmanager
def server(bin: Path) -> Iterator[str]:
    """A URL prefix ``postgresql://…:port`` of a fresh server; it refuses to run as root, so it takes the
    system's user, who cannot reach into pytest's own folders."""
    with tempfile.TemporaryDirectory(prefix="taxlink-postgresql-") as folder:
        Path(folder).chmod(0o711)
        yield from _served(bin, Path(folder) / "pg", free_port())


def _served(bin: Path, data: Path, port: int) -> Iterator[str]:
    user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    become = ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups"] if os.geteuid() == 0 else []
    data.mkdir()
    if become:
        shutil.chown(data, user, user)

    def run(*command: str) -> None:
        subprocess.run([*become, *command], check=True, cwd="/", stdout=subprocess.DEVNULL)

    run(str(bin / "initdb"), "-D", str(data), "-U", "taxlink", "-A", "trust", "-E", "UTF8", "--no-sync")
    options = f"-h 127.0.0.1 -p {port} -k {data} -c fsync=off"
    run(str(bin / "pg_ctl"), "-D", str(data), "-o", options, "-l", str(data / "log"), "-w", "start")
    try:
        yield f"postgresql://taxlink@127.0.0.1:{port}"
    finally:
        run(str(bin / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop")
