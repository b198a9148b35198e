"""A vault of its own for each test, and other processes that share it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from vault.vault import Vault, VaultSettings

ROOT = Path(__file__).parents[2]


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    opened = Vault.open(VaultSettings.in_folder(tmp_path))
    yield opened
    opened.close()


Start = Callable[[str], "subprocess.Popen[str]"]


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Start]:
    """Run a script in another process, with ``vault`` and ``secrets`` open on this test's folder."""
    started: list[subprocess.Popen[str]] = []
    prelude = (
        "import sys, pathlib\n"
        "from schema.errors import TaxlinkError\n"
        "from vault.reference import KeyClass\n"
        "from vault.secrets import Secrets\n"
        "from vault.vault import Vault, VaultSettings\n"
        "vault = Vault.open(VaultSettings.in_folder(pathlib.Path(sys.argv[1])))\n"
        "secrets = Secrets(vault)\n"
        "def say(text): print(text, flush=True)\n"
        "say('open')\n"
    )

    def start(script: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", prelude + script, str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()
