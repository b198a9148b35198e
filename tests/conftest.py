"""Fixtures that every room's tests share: sandbox portals as a process of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from connectors.testing.portals import Portals

ROOT = Path(__file__).parents[1]


@contextmanager
def started(folder: Path, *arguments: str) -> Iterator[Portals]:
    """``python -m sandbox`` with these arguments, ended by SIGTERM."""
    endpoints = folder / "endpoints.json"
    command = [sys.executable, "-m", "sandbox", "--endpoints", str(endpoints), *arguments]
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        deadline = time.monotonic() + 60
        while not endpoints.exists():
            assert process.poll() is None, "the sandbox ended before it listened"
            assert time.monotonic() < deadline, "the sandbox does not listen"
            time.sleep(0.02)
        yield Portals(json.loads(endpoints.read_text()))
    finally:
        process.terminate()
        process.wait(timeout=20)


@pytest.fixture(scope="session")
def start_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Portals]]:
    """``start_sandbox("--families", "gateway", …)`` starts one more, which lives until the session ends."""
    with ExitStack() as stack:
        yield lambda *arguments: stack.enter_context(started(tmp_path_factory.mktemp("sandbox"), *arguments))


@pytest.fixture(scope="session")
def sandbox(start_sandbox: Callable[..., Portals]) -> Portals:
    """All regions and families, twelve generated companies each."""
    return start_sandbox("--seed", "7")


@pytest.fixture(scope="session")
def real_invoices() -> Path:
    """The folder ``sme_invoices`` of real invoices, or skip."""
    if (folder := os.environ.get("TAXLINK_REAL_DATA")) is None:
        pytest.skip("TAXLINK_REAL_DATA is not set")
    return Path(folder) / "sme_invoices"
