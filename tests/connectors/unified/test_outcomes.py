"""What a page says, read without a browser."""

from __future__ import annotations

import pytest

from connectors.families.unified.outcomes import look, patterns
from connectors.families.unified.reading import MAX_MONTHS
from connectors.families.unified.sessions import seal, unseal
from schema.errors import (
    AccountLocked,
    CredentialsRejected,
    PageChanged,
    PortalMaintenance,
    PortalUnavailable,
    RateLimited,
    SessionExpired,
    WrongTaxpayer,
)
from schema.period import Period

KNOWN = patterns({})
SIGN_IN = "<form id='tx-login'><p id='tx-message'>{}</p></form><footer></footer>"
INSIDE = "<div id='tx-company-id'> 91440101X </div><footer></footer>"


def view(text: str, status: int = 200, retry_after: str = "", known=KNOWN):
    return look(f"<html><body>{text}</body></html>".encode(), status, known, retry_after)


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("账号或密码错误，您还可以尝试4次", CredentialsRejected),
        ("密码错误次数过多，账号已锁定，请24小时后再试", AccountLocked),
    ],
)
def test_message_of_the_form_is_a_cause(message, kind):
    assert isinstance(view(SIGN_IN.format(message)).fault, kind)


def test_words_elsewhere_on_the_page_are_no_cause():
    assert view(SIGN_IN.format("") + "<p>账号或密码错误五次后，账号已锁定</p>").fault is None


@pytest.mark.parametrize(
    ("status", "kind"), [(429, RateLimited), (503, PortalMaintenance), (500, PortalUnavailable)]
)
def test_status_is_a_cause(status, kind):
    found = view("", status, "120").fault
    assert isinstance(found, kind)
    assert found.retry_at is not None


def test_region_may_say_it_in_its_own_words():
    own = patterns({"credentials_rejected": "用户名或口令不正确", "bank": "某某银行"})
    assert own.words["bank"] == "某某银行"
    assert isinstance(view(SIGN_IN.format("用户名或口令不正确"), known=own).fault, CredentialsRejected)


def test_only_a_positive_marker_is_a_success():
    with pytest.raises(PageChanged):
        view("<h1>欢迎</h1><footer></footer>").expect("inside")
    view(INSIDE).expect("inside")


def test_the_companys_id_is_compared():
    view(INSIDE).of("91440101X")
    with pytest.raises(WrongTaxpayer):
        view(INSIDE).of("91440101Y")
    with pytest.raises(PageChanged):
        view("<footer></footer>").of("91440101X")


def test_page_that_ended_early_is_not_whole():
    assert view(INSIDE).whole
    assert not look(b"<html><body><div id='tx-company-id'>9144", 200, KNOWN).whole


def test_session_of_another_version_is_expired():
    secret = seal("R1", "91440101X", {"cookies": [], "origins": []})
    assert unseal(secret).receipt == "R1"
    with pytest.raises(SessionExpired):
        unseal(secret.replace(b"unified/1", b"unified/0"))


@pytest.mark.parametrize(
    ("start", "end", "count"),
    [
        ("2024-02-29", "2025-02-27", 1),
        ("2025-01-01", "2025-12-31", 1),
        ("2024-01-01", "2026-10-31", 3),
        ("2025-05-05", "2025-05-05", 1),
    ],
)
def test_ranges_cover_every_day_once(start, end, count):
    period = Period(start=start, end=end)
    found = list(period.parts(MAX_MONTHS))
    assert len(found) == count
    assert sum((each.end - each.start).days + 1 for each in found) == (period.end - period.start).days + 1
    assert (found[0].start, found[-1].end) == (period.start, period.end)
