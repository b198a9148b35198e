"""A portfolio of synthetic firms, each sealed under keys of its own, scored anew by ``taxlink rescore``:
killed once on its way, and gone on with by the same command."""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from rich.progress import track
from sqlalchemy import Engine, func, insert, select

from authz import rows
from authz.application import Application, letters
from authz.authorization import Progress, State
from authz.consent import ConsentState
from bench.figures import Figure
from bench.scoring_firms import AS_OF, DECIDED, company, firm
from settings import Settings
from stages.application import default_scopes, institutions
from stages.normalize import serialized
from stages.workshop import Workshop
from store import tables
from store.database import now, open_database
from store.scoring_tables import rescored
from vault import tables as sealed
from vault.database import open_database as open_vault
from vault.keys import class_place
from vault.record import RecordKey
from vault.reference import KeyClass, Reference
from vault.roots.root import open_root
from vault.suite import Suite
from vault.tenant import TenantKeys

FIRMS = 100_000
QUICK = 150
TEMPLATES = 100
INVOICES = 300
BATCH = 1_000
MIB_AT_MOST = 2048
_FIRST = 1_000_000
_NAME = "bench"
Content = dict[str, tuple[bytes, int]]
"""Table: its serialized form, and its rows."""
Row = dict[str, Any]


def run(*, quick: bool, firms: int | None = None) -> list[Figure]:
    """Generate, rescore, kill, go on; then what the store says of it."""
    count = QUICK if quick else firms or FIRMS
    with tempfile.TemporaryDirectory(prefix="taxlink-bench-") as folder:
        environment = {"TAXLINK_HOME": folder}
        settings = Settings.from_environment(environment)
        started = time.perf_counter()
        _fill(settings, count)
        generated = time.perf_counter() - started
        disk = sum(file.stat().st_size for file in Path(folder).iterdir()) / 2**20
        store = open_database(settings.database_url)
        killed = Rescoring(environment, count)
        killed.until(lambda: _scored(store) * 2 >= count or (quick and _scored(store) > 0))
        before = _instants(store)
        resumed = Rescoring(environment, count)
        resumed.until(lambda: False)
        after, failed = _instants(store), _failed(store)
        store.dispose()
    again = sum(after.get(id) != at for id, at in before.items())
    seconds = killed.seconds + resumed.seconds
    peak = max(killed.peak_mib, resumed.peak_mib)
    of = f"{count:,} synthetic firms of {INVOICES} invoices"
    return [
        Figure(f"{of}: rescored", len(after) / seconds, " firms/s", "none", None, f"{seconds:.3g} s in all"),
        Figure(f"{of}: peak memory", peak, " MiB", "at most 2 GiB", peak <= MIB_AT_MOST),
        Figure(
            f"{of}: left out",
            count - len(after) + failed,
            "",
            "none",
            len(after) == count and not failed and resumed.code == 0,
            f"killed with {len(before):,} kept",
        ),
        Figure(f"{of}: scored twice", again, "", "none", not again and 0 < len(before) < count),
        Figure(
            f"{of}: times progress was told",
            len(resumed.told),
            "",
            "from what was kept to the end",
            bool(resumed.told) and min(resumed.told) >= len(before) and max(resumed.told) == count,
        ),
        Figure(f"{of}: generated", generated, " s", "none", None, f"{disk:,.0f} MiB on disk"),
    ]


class Rescoring:
    """``taxlink rescore`` in a process and on a terminal of its own."""

    def __init__(self, environment: Mapping[str, str], total: int) -> None:
        self.peak_mib = self.seconds = 0.0
        self.code = 0
        self.told: set[int] = set()
        self._of = re.compile(rf"(\d+)/{total}\b")
        self._terminal, end = os.openpty()
        self._started = time.perf_counter()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "cli", "rescore", _NAME, "--json"],
            env=os.environ | environment | {"TERM": "xterm", "COLUMNS": "120"},
            stdin=subprocess.DEVNULL,
            stdout=end,
            stderr=end,
        )
        os.close(end)
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def until(self, enough: Callable[[], bool]) -> None:
        """Until this is so or it has ended; one that has not is killed, this process alone."""
        while self._process.poll() is None and not enough():
            self._weigh()
            time.sleep(0.02)
        self._process.kill()
        self.code = self._process.wait()
        self.seconds = time.perf_counter() - self._started
        self._reader.join()

    def _weigh(self) -> None:
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        kib = next((line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")), 0)
        self.peak_mib = max(self.peak_mib, int(kib) / 1024)  # one that has just ended has none

    def _read(self) -> None:
        """All that it shows, so that it never waits for us."""
        kept = ""
        with contextlib.suppress(OSError):  # the terminal's other end is closed
            while read := os.read(self._terminal, 65536):
                kept = kept[-40:] + read.decode(errors="replace")
                self.told |= {int(done) for done in self._of.findall(kept)}
        os.close(self._terminal)


def _scored(store: Engine) -> int:
    with store.connect() as connection:
        return connection.scalar(select(func.count()).select_from(rescored)) or 0


def _failed(store: Engine) -> int:
    with store.connect() as connection:
        failed = select(func.count()).where(rescored.c.error_code.is_not(None))
        return connection.scalar(failed) or 0


def _instants(store: Engine) -> dict[str, datetime]:
    """When each was scored."""
    with store.connect() as connection:
        found = connection.execute(select(rescored.c.authorization_id, rescored.c.scored_at))
        return {row.authorization_id: row.scored_at for row in found}


def _fill(settings: Settings, count: int) -> None:
    """As the product leaves them, put in by the batch; without the audit records of their making. A firm's
    tables are those of one of the templates, sealed anew under its own key."""
    Workshop(settings, name="bench").close()
    templates = [_content(number) for number in range(min(TEMPLATES, count))]
    store = open_database(settings.database_url)
    keys = open_vault(settings.keys_url, sealed.keys, secure_delete="ON")
    records = open_vault(settings.records_url, sealed.records, secure_delete="FAST")
    suite = Suite(settings.suite)
    root = open_root(settings.root_url, settings.root_key_path, suite, fresh=False)
    tenant = TenantKeys(keys, root, "bank", suite)
    for first in track(range(0, count, BATCH), "making a portfolio", transient=True):
        made = [
            _made(settings, tenant, number, templates[number % len(templates)])
            for number in range(first, min(first + BATCH, count))
        ]
        for engine, table, name in (
            (keys, sealed.class_key, "keys"),
            (records, sealed.record, "records"),
            (store, tables.authorization, "authorizations"),
            (store, tables.consent, "consents"),
            (store, tables.snapshot, "snapshots"),
        ):
            with engine.begin() as connection:
                connection.execute(insert(table), [row for each in made for row in each[name]])
    for engine in (store, keys, records):
        engine.dispose()


def _content(number: int) -> Content:
    tables_of = firm(number, INVOICES).tables
    return {name: (serialized(frame), frame.height) for name, frame in tables_of.items()}


def _made(settings: Settings, tenant: TenantKeys, number: int, content: Content) -> dict[str, list[Row]]:
    """The rows of one firm, by what they are."""
    id, at = f"aut_bench_{number:07}", now()
    taxpayer = company(_FIRST + number)
    asked = Application("bank", taxpayer, "33", default_scopes(at.date()), "tax_credit", 50_000_000, 12)
    ids = (f"con_bench_{number:07}_{place}" for place in itertools.count())
    drawn = letters(
        asked, partial(institutions, settings, "bank", "33"), lambda: next(ids), at - timedelta(days=1)
    )
    authorization = rows.new_authorization(asked, id, drawn[0].id, None, at)
    owner, key = drawn[0].id, os.urandom(32)
    lock = RecordKey(tenant.suite, key)
    references = {name: Reference(KeyClass.DATA, owner, "table", name, 1) for name in content}
    place = {"tenant": "bank", "owner": owner, "key_class": KeyClass.DATA.value}
    wrapped = tenant.wrap(key, class_place("bank", owner, KeyClass.DATA))
    return {
        "keys": [place | {"wrapped": wrapped}],
        "records": [
            place
            | {"kind": "table", "id": name, "revision": 1}
            | {"sealed": lock.seal("bank", reference, content[name][0])}
            for name, reference in references.items()
        ],
        "authorizations": [authorization | {"state": State.GRANTED, "progress": Progress.DONE}],
        "consents": [
            rows.new_consent(each, id, revision) | {"state": ConsentState.ACTIVE}
            for revision, each in enumerate(drawn, start=1)
        ],
        "snapshots": [
            {
                "id": f"snp_bench_{number:07}",
                "authorization_id": id,
                "run": 1,
                "tables": {
                    name: {"ref": str(ref), "rows": content[name][1]} for name, ref in references.items()
                },
                "missing": {},
                "findings": [],
                "as_of": AS_OF,
                "fetched_at": DECIDED,
            }
        ],
    }
