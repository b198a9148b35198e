"""What an interrupted read has left is not asked for again, unless the portal's record or the consent has
changed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from authz.application import Application
from authz.authorization import Authorization
from authz.underway import Reading
from schema.dataset import Dataset, Route
from schema.errors import DataConflict, SealBroken
from schema.period import Period
from schema.raw import RawPage
from settings import Settings
from stages.pull import Pull, described
from stages.submission import submit
from stages.workshop import Workshop
from vault.reference import KeyClass
from verifier.digests import digests

YEAR = Period(start=date(2025, 1, 1), end=date(2025, 12, 31))


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Workshop]:
    made = Workshop(Settings.from_environment({"TAXLINK_HOME": str(tmp_path)}), name="test")
    yield made
    made.close()


@pytest.fixture
def current(shop: Workshop) -> Authorization:
    application = Application("bank", "91310000MA1FL8XQ37", "31", {Dataset.INVOICE: YEAR}, "general", 1, 12)
    return submit(shop, application, {}, actor="test").authorization


def page(number: int, total: int) -> RawPage:
    return RawPage(
        Dataset.INVOICE, YEAR, "31", Route.API, "gateway.invoice", f"invoices/out#{number}", number, b"{}",
        "application/json", datetime.now(UTC), total,
    )  # fmt: skip


def sealed(shop: Workshop, current: Authorization, *pages: RawPage) -> list[dict[str, Any]]:
    refs = shop.vault.seal_many(
        current.vault_owner, "raw", [page.content for page in pages], key_class=KeyClass.DATA
    )
    return [described(page, ref, digests(page.content)) for page, ref in zip(pages, refs, strict=True)]


def pull(shop: Workshop, current: Authorization, *, token: int = 1, period: Period = YEAR) -> Pull:
    return Pull(shop, Reading(current.id, current.run, Dataset.INVOICE, period, Route.API, token))


def test_the_next_process_holds_what_was_kept_and_joins_it_with_what_comes(
    shop: Workshop, current: Authorization
) -> None:
    kept = sealed(shop, current, page(1, 250), page(2, 250))
    pull(shop, current).keep(kept)
    again = pull(shop, current)
    assert again.held == {("invoices/out#1", YEAR): 250, ("invoices/out#2", YEAR): 250}
    came = sealed(shop, current, page(2, 250), page(3, 250))
    again.check(page(3, 250))
    assert again.whole(came) == [kept[0], *came], "a page that came again stands for the one before"


def test_a_count_that_has_changed_makes_it_begin_anew(shop: Workshop, current: Authorization) -> None:
    kept = sealed(shop, current, page(1, 250))
    pull(shop, current).keep(kept)
    again = pull(shop, current)
    with pytest.raises(DataConflict):
        again.check(page(2, 251))
    again.forget()
    assert pull(shop, current).held == {}
    with pytest.raises(SealBroken):
        shop.vault.unseal(kept[0]["ref"])


def test_nothing_is_held_of_another_period_or_under_another_revision_of_the_consent(
    shop: Workshop, current: Authorization
) -> None:
    pull(shop, current).keep(sealed(shop, current, page(1, 250)))
    assert pull(shop, current, token=2).held == {}
    tomorrow = Period(start=YEAR.start, end=YEAR.end + timedelta(days=1))
    assert pull(shop, current, period=tomorrow).held == {}
