"""Which Chromium to drive, and how it is started."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from schema.errors import RouteBroken

VARIABLE = "TAXLINK_CHROMIUM"
MEMO = "chromium-path"
"""A file in ``sys.prefix`` that set-up writes: the path of the browser it found or installed."""
NAMES = (
    "google-chrome",
    "google-chrome-stable",
    "chromium",
    "chromium-browser",
    "chromium-headless-shell",
)
ARGUMENTS = (
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-sync",
    "--metrics-recording-only",
)


def find(environment: Mapping[str, str] = os.environ, prefix: Path = Path(sys.prefix)) -> str:
    """The configured path, then what set-up noted, then a browser on the machine. Raises ``RouteBroken``."""
    if configured := environment.get(VARIABLE):
        if not os.access(configured, os.X_OK):
            raise RouteBroken(f"{VARIABLE} names a file that cannot be run")
        return configured
    memo = prefix / MEMO
    if memo.is_file() and os.access(noted := memo.read_text().strip(), os.X_OK):
        return noted
    search = os.pathsep.join((environment.get("PATH", ""), "/usr/bin"))
    for name in NAMES:
        if found := shutil.which(name, path=search):
            return found
    raise RouteBroken(f"no Chromium on this machine: set {VARIABLE} or install chromium-headless-shell")


def sandboxed() -> bool:
    """Whether the browser's own sandbox is on: always, unless the process is root, where it cannot be."""
    return os.geteuid() != 0
