"""Nothing secret outside the vault: canaries in password, answers and payload, then a search of every
file."""

from __future__ import annotations

import base64
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from authz.authorization import Progress, State
from store.database import reading
from store.peer_tables import peer_trade

if TYPE_CHECKING:
    from conftest import Desk

PORTAL_SIDE = {"endpoints.json", "sandbox.log", "root.key"}
"""Files of the sandbox and the root key itself; all else belongs to the house."""


def disguises(canary: str) -> Iterator[bytes]:
    """The canary as it might lie in a file: plain, UTF-16, hex, and base64 at each of its three
    alignments."""
    raw = canary.encode()
    yield raw
    yield canary.encode("utf-16-le")
    yield raw.hex().encode()
    for shift in range(3):
        whole = base64.b64encode(b"\0" * shift + raw)
        yield whole[4 if shift else 0 : len(whole) // 4 * 4 - 4]


def files(home: Path) -> Iterator[Path]:
    yield from (path for path in home.rglob("*") if path.is_file() and path.name not in PORTAL_SIDE)


def tables(home: Path) -> Iterator[tuple[str, str]]:
    """Every value of every table, as text."""
    for path in home.glob("*.db"):
        connection = sqlite3.connect(path)
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for name in names:
            for row in connection.execute(f'SELECT * FROM "{name}"'):
                yield f"{path.name}:{name}", repr(row)
        connection.close()


def findings(home: Path, canaries: dict[str, str]) -> list[str]:
    """Where a canary was found, by its name."""
    found = []
    for path in files(home):
        content = path.read_bytes()
        found += [
            f"{what} in {path.name}"
            for what, canary in canaries.items()
            if any(each in content for each in disguises(canary))
        ]
    rows = list(tables(home))
    return found + [
        f"{what} in {where}" for where, row in rows for what, canary in canaries.items() if canary in row
    ]


def test_the_search_finds_a_canary_that_is_there(tmp_path: Path) -> None:
    canary = "沙盒-canary-1357"
    for number, disguise in enumerate(disguises(canary)):
        (tmp_path / f"{number}.bin").write_bytes(b"\x01\x02" + disguise + b"\x03")
    connection = sqlite3.connect(tmp_path / "x.db")
    connection.execute("CREATE TABLE t (v)")
    connection.execute("INSERT INTO t VALUES (?)", (canary,))
    connection.commit()
    connection.close()
    hits = findings(tmp_path, {"canary": canary})
    assert {f"canary in {number}.bin" for number in range(6)} <= set(hits)
    assert "canary in x.db:t" in hits


@pytest.mark.browser
@pytest.mark.parametrize("portal", ["31.api", "51.rpa"])
def test_no_file_and_no_table_holds_a_secret(own_desk: Callable[..., Desk], portal: str) -> None:
    desk = own_desk("--count", "3", "--invoices", "60", "--regions", portal.split(".")[0])
    desk.house.worker()
    desk.house.serve()
    person = desk.people(portal)[0]
    id = desk.submit(person).id
    wrong_code = "73519284"
    while (asked := desk.question(id)) is not None and asked.kind != "sms_code":
        desk.answer(person, asked)
        from demo.processes import wait_for

        wait_for(lambda asked=asked: desk.settled(asked), "hangs")
    assert asked is not None
    desk.answer(person, asked, code=wrong_code)
    done = desk.accompany(person, id)
    assert (done.state, done.progress) == (State.GRANTED, Progress.DONE), desk.events(id)

    snapshot = desk.shop.casefile.snapshot(id)
    assert snapshot is not None
    from stages.normalize import opened

    invoices = opened(desk.shop, done, snapshot).table("invoice")
    outgoing = invoices.filter(invoices["direction"] == "out")
    master = opened(desk.shop, done, snapshot).table("taxpayer").row(0, named=True)
    with reading(desk.shop.store) as connection:
        assert connection.scalar(select(func.count()).select_from(peer_trade)), "the firm is indexed"
    canaries = {
        "password": person.password,
        "person id": person.person_id,
        "person name": person.name,
        "phone": person.phone,
        "sms answer": wrong_code,
        "company name": outgoing["seller_name"][0],
        "counterparty": outgoing["buyer_name"][0],
        "counterparty id": outgoing["buyer_id"][0],
        "invoice number": max(invoices["number"].to_list(), key=len),
        "representative": master["legal_representative"] or person.name,
        "item": "沙盒",
    }
    assert all(canaries.values())
    assert findings(desk.house.home, canaries) == []
    desk.house.end("worker-1", "serve")
    assert findings(desk.house.home, canaries) == []
