"""A link opens one authorization for one browser, until it expires."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from schema.errors import LinkExpired, LinkUnknown, LinkUsed
from store import tables
from store.database import now

if TYPE_CHECKING:
    from conftest import Desk


def issued(desk: Desk) -> tuple[str, str]:
    opened = desk.open()
    with desk.engine.begin() as connection:
        return opened.id, desk.links.issue(connection, opened.id)


def test_the_first_browser_owns_the_link(desk: Desk) -> None:
    id, token = issued(desk)
    assert desk.links.open(token, "browser-1") == id
    assert desk.links.open(token, "browser-1") == id
    with pytest.raises(LinkUsed):
        desk.links.open(token, "browser-2")


def test_an_expired_link_does_not_open(desk: Desk) -> None:
    _, token = issued(desk)
    with desk.engine.begin() as connection:
        connection.execute(update(tables.link).values(expires_at=now() - timedelta(seconds=1)))
    with pytest.raises(LinkExpired):
        desk.links.open(token, "browser-1")


def test_its_owner_still_comes_in_to_withdraw_after_it_has_expired(desk: Desk) -> None:
    id, token = issued(desk)
    desk.links.open(token, "browser-1")
    with desk.engine.begin() as connection:
        connection.execute(update(tables.link).values(expires_at=now() - timedelta(seconds=1)))
    assert desk.links.open(token, "browser-1") == id
    with pytest.raises(LinkUsed):
        desk.links.open(token, "browser-2")


def test_a_preview_that_only_looks_does_not_take_the_link(desk: Desk) -> None:
    id, token = issued(desk)
    assert desk.links.look(token, "preview") == id
    assert desk.links.open(token, "browser-1") == id
    with pytest.raises(LinkUsed):
        desk.links.look(token, "preview")


def test_an_invented_link_does_not_open(desk: Desk) -> None:
    with pytest.raises(LinkUnknown):
        desk.links.open("x" * 43, "browser-1")


def test_the_store_does_not_know_the_token(desk: Desk) -> None:
    _, token = issued(desk)
    with desk.engine.connect() as connection:
        row = connection.execute(select(tables.link)).one()
    assert token not in str(row)
