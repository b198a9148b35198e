"""Sign-in, sessions and four eyes: who comes in, how far, and for how long."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pyotp
import pytest
from sqlalchemy import select, update

from authz.access import codes, passwords
from authz.access.access import Access
from authz.access.approvals import Ask, Reason, Stand
from authz.access.roles import PERMISSIONS, Permission, Role
from authz.access.sessions import ABSOLUTE, IDLE, Session, Stage
from authz.access.throttle import FREE, wait
from authz.access.users import User
from schema.errors import (
    ApprovalImpossible,
    ApprovalUnknown,
    InvalidRequest,
    PasswordTooWeak,
    PermissionMissing,
    SignInRefused,
    SignInThrottled,
    UserExists,
)
from store.access_tables import (
    approval,
    console_session,
    console_user,
    recovery_code,
    sign_in_tries,
    unmasking,
)
from store.audit_table import audit_opening, audit_record
from store.database import now, reading
from tests.authz.conftest import Desk

PASSWORD = "correct horse battery"
HERE = "192.0.2.1"


@pytest.fixture
def access(desk: Desk) -> Access:
    return Access(desk.engine, desk.vault, desk.ledger)


@pytest.fixture
def user(access: Access) -> Callable[..., User]:
    def add(name: str = "li.na", role: Role = Role.OPERATOR, tenant: str = "bank") -> User:
        return access.users.add(tenant, name, role, PASSWORD, actor="cli")

    return add


def waiting(access: Access, name: str = "li.na") -> Session:
    session = access.sessions.find(access.sign_in.password(name, PASSWORD, HERE))
    assert session is not None
    return session


def code(access: Access, user: User, *, ahead: int = 0) -> str:
    """What the telephone shows so many steps from now."""
    return pyotp.TOTP(access.users.secret(user)).at(datetime.now(), counter_offset=ahead)


def enrolled(access: Access, user: User) -> list[str]:
    return access.sign_in.enrol(waiting(access, user.name), code(access, user), HERE)[1]


def actions(desk: Desk) -> list[str]:
    with reading(desk.engine) as connection:
        return list(connection.execute(select(audit_record.c.action).order_by(audit_record.c.seq)).scalars())


# --- passwords and users ---


def test_a_password_is_kept_as_argon2id_alone(desk: Desk, user: Callable[..., User]) -> None:
    user()
    with reading(desk.engine) as connection:
        (kept,) = connection.execute(select(console_user.c.password_hash)).scalars()
    assert kept.startswith("$argon2id$v=19$")
    assert PASSWORD not in kept
    assert passwords.matches(kept, PASSWORD)
    assert not passwords.matches(kept, PASSWORD + " ")


def test_a_password_is_hashed_anew_when_the_costs_have_risen(
    access: Access, user: Callable[..., User], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = user().password_hash
    waiting(access)
    assert access.users.by_name("li.na").password_hash == before
    monkeypatch.setattr(passwords, "outdated", lambda _: True)
    waiting(access)
    after = access.users.by_name("li.na").password_hash
    assert after != before
    assert passwords.matches(after, PASSWORD)


@pytest.mark.parametrize("weak", ["short", "aaaaaaaaaaaaaaaa", "i am li.na and nobody", "x" * 129])
def test_a_weak_password_is_refused(access: Access, weak: str) -> None:
    with pytest.raises(PasswordTooWeak):
        access.users.add("bank", "li.na", Role.ADMIN, weak, actor="cli")


def test_a_name_belongs_to_one_user(access: Access, user: Callable[..., User]) -> None:
    user()
    with pytest.raises(UserExists):
        user(tenant="other")
    with pytest.raises(InvalidRequest):
        user("Li Na")


# --- the two steps ---


def test_the_password_alone_opens_nothing_but_the_question_for_the_code(
    access: Access, user: Callable[..., User]
) -> None:
    user()
    assert waiting(access).stage is Stage.CODE_MISSING


def test_the_first_sign_in_enrols_a_telephone_and_gives_recovery_codes(
    access: Access, user: Callable[..., User], desk: Desk
) -> None:
    who = user()
    before = waiting(access)
    token, recovery = access.sign_in.enrol(before, code(access, who), HERE)
    complete = access.sessions.find(token)
    assert complete is not None
    assert (complete.stage, complete.user.id) == (Stage.COMPLETE, who.id)
    assert len(set(recovery)) == codes.RECOVERY_CODES
    with reading(desk.engine) as connection:
        kept = str(
            connection.execute(select(recovery_code)).all() + connection.execute(select(console_user)).all()
        )
    assert not any(each in kept for each in recovery)
    assert access.users.secret(who) not in kept
    assert complete.id != before.id


def test_a_token_of_the_first_step_is_dead_after_the_second(
    access: Access, user: Callable[..., User]
) -> None:
    who = user()
    first = access.sign_in.password("li.na", PASSWORD, HERE)
    session = access.sessions.find(first)
    assert session is not None
    access.sign_in.enrol(session, code(access, who), HERE)
    assert access.sessions.find(first) is None


def test_a_code_is_taken_once_and_none_older_after_it(access: Access, user: Callable[..., User]) -> None:
    who = user()
    enrolled(access, who)
    next_one = code(access, who, ahead=1)
    access.sign_in.code(waiting(access), next_one, HERE)
    for replayed in (next_one, code(access, who), code(access, who, ahead=-1)):
        with pytest.raises(SignInRefused):
            access.users.take_code(who, replayed)


def test_two_who_send_the_same_code_at_once_are_let_in_once(
    access: Access, user: Callable[..., User]
) -> None:
    who = user()
    enrolled(access, who)
    shown, results = code(access, who, ahead=1), []

    def take() -> None:
        try:
            access.users.take_code(who, shown)
            results.append("in")
        except SignInRefused:
            results.append("refused")

    threads = [threading.Thread(target=take) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(results) == ["in", "refused", "refused", "refused"]


@pytest.mark.parametrize("wrong", ["", "000000x", "12345", "abcdef", "９９９９９９"])
def test_a_wrong_code_is_refused(access: Access, user: Callable[..., User], wrong: str) -> None:
    enrolled(access, user())
    with pytest.raises(SignInRefused):
        access.sign_in.code(waiting(access), wrong, HERE)


def test_codes_beyond_a_step_of_drift_are_wrong() -> None:
    secret, at = codes.new_secret(), now()
    maker, present = pyotp.TOTP(secret), int(at.timestamp()) // codes.STEP_SECONDS
    good = {
        drift
        for drift in range(-3, 4)
        if codes.step_of(secret, maker.generate_otp(present + drift), at, after=0)
    }
    assert good == {-1, 0, 1}


def test_a_recovery_code_opens_once_and_for_its_user_alone(access: Access, user: Callable[..., User]) -> None:
    who, other = user(), user("wang.wei")
    recovery = enrolled(access, who)
    enrolled(access, other)
    with pytest.raises(SignInRefused):
        access.sign_in.code(waiting(access, "wang.wei"), recovery[0], HERE)
    assert access.sessions.find(access.sign_in.code(waiting(access), recovery[0].lower(), HERE)) is not None
    with pytest.raises(SignInRefused):
        access.sign_in.code(waiting(access), recovery[0], HERE)


def test_an_enrolled_user_cannot_be_enrolled_again_by_whoever_has_the_password(
    access: Access, user: Callable[..., User]
) -> None:
    who = user()
    enrolled(access, who)
    with pytest.raises(SignInRefused):
        access.sign_in.enrol(waiting(access), code(access, who, ahead=1), HERE)


def test_nobody_signs_in_with_a_code_before_enrolment(access: Access, user: Callable[..., User]) -> None:
    who = user()
    with pytest.raises(SignInRefused):
        access.sign_in.code(waiting(access), code(access, who), HERE)


def test_unknown_wrong_and_disabled_are_refused_alike_and_on_record(
    access: Access, user: Callable[..., User], desk: Desk
) -> None:
    user()
    access.users.disable(user("wang.wei"), actor="cli")
    messages = set()
    for name, password in (("nobody", PASSWORD), ("li.na", "wrong password!"), ("wang.wei", PASSWORD)):
        with pytest.raises(SignInRefused) as refused:
            access.sign_in.password(name, password, HERE)
        messages.add(str(refused.value))
    assert len(messages) == 1
    assert actions(desk).count("user.refused") == 3
    with reading(desk.engine) as connection:
        assert "nobody" not in str(connection.execute(select(audit_opening)).all())


# --- throttling ---


def test_waits_double_up_to_a_quarter_of_an_hour() -> None:
    assert [int(wait(tries, 5).total_seconds()) for tries in (1, 4, 5, 6, 7, 10, 99)] == [
        0,
        0,
        30,
        60,
        120,
        900,
        900,
    ]


def test_a_user_is_throttled_wherever_the_tries_come_from(access: Access, user: Callable[..., User]) -> None:
    user()
    for turn in range(FREE["user"]):
        with pytest.raises(SignInRefused):
            access.sign_in.password("li.na", "wrong password!", f"192.0.2.{turn}")
    with pytest.raises(SignInThrottled) as throttled:
        access.sign_in.password("li.na", PASSWORD, "192.0.2.99")
    assert throttled.value.retry_at is not None
    assert timedelta(0) < throttled.value.retry_at - now() <= timedelta(seconds=30)


def test_an_address_is_throttled_whatever_names_it_tries(
    access: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "matches", lambda *_: False)  # thirty real hashes would take seconds
    for turn in range(FREE["address"]):
        with pytest.raises(SignInRefused):
            access.sign_in.password(f"guess{turn}", PASSWORD, HERE)
    with pytest.raises(SignInThrottled):
        access.sign_in.password("guess", PASSWORD, HERE)
    with pytest.raises(SignInRefused):
        access.sign_in.password("guess", PASSWORD, "192.0.2.2")


def test_knowing_the_password_buys_no_more_guesses_at_the_code(
    access: Access, user: Callable[..., User]
) -> None:
    enrolled(access, user())
    session = waiting(access)
    for _ in range(FREE["user"] - 1):  # the password took one
        with pytest.raises(SignInRefused):
            access.sign_in.code(session, "000000", HERE)
    with pytest.raises(SignInThrottled):
        access.sign_in.code(session, "000000", HERE)


def test_a_good_sign_in_clears_the_users_count(access: Access, user: Callable[..., User]) -> None:
    who = user()
    for _ in range(3):
        with pytest.raises(SignInRefused):
            access.sign_in.password("li.na", "wrong password!", HERE)
    enrolled(access, who)
    for _ in range(FREE["user"]):
        with pytest.raises(SignInRefused):
            access.sign_in.password("li.na", "wrong password!", HERE)


def test_tries_of_long_ago_are_kept_by_nobody(access: Access, user: Callable[..., User], desk: Desk) -> None:
    with pytest.raises(SignInRefused):
        access.sign_in.password("guess", PASSWORD, HERE)
    with desk.engine.begin() as connection:
        connection.execute(update(sign_in_tries).values(last_at=now() - timedelta(days=2)))
    enrolled(access, user())
    with reading(desk.engine) as connection:
        assert len(connection.execute(select(sign_in_tries)).all()) == 1, "the address, of today"


# --- sessions ---


def complete(access: Access, user: User) -> tuple[str, Session]:
    token = access.sessions.begin(user, Stage.COMPLETE)
    session = access.sessions.find(token)
    assert session is not None
    return token, session


@pytest.mark.parametrize(
    ("column", "ago"), [("seen_at", IDLE), ("expires_at", timedelta(0))], ids=["idle", "absolute"]
)
def test_a_session_ends_by_itself(
    access: Access, user: Callable[..., User], desk: Desk, column: str, ago: timedelta
) -> None:
    token, _ = complete(access, user())
    with desk.engine.begin() as connection:
        connection.execute(update(console_session).values({column: now() - ago}))
    assert access.sessions.find(token) is None


def test_a_session_lasts_a_working_day_at_most(access: Access, user: Callable[..., User], desk: Desk) -> None:
    token, _ = complete(access, user())
    with desk.engine.begin() as connection:
        connection.execute(update(console_session).values(seen_at=now() - timedelta(minutes=5)))
    access.sessions.find(token)
    with reading(desk.engine) as connection:
        row = connection.execute(select(console_session)).one()
    assert now() - row.seen_at < timedelta(minutes=1), "what is used is not idle"
    assert row.expires_at <= now() + ABSOLUTE
    assert token not in str(row)


@pytest.mark.parametrize("change", ["disable", "password", "codes", "sign_out"])
def test_what_may_let_somebody_else_in_ends_every_session(
    access: Access, user: Callable[..., User], change: str
) -> None:
    who = user()
    token, session = complete(access, who)
    {
        "disable": lambda: access.users.disable(who, actor="cli"),
        "password": lambda: access.users.set_password(who, "another long password", actor="cli"),
        "codes": lambda: access.users.forget_codes(who, actor="cli"),
        "sign_out": lambda: access.sign_in.out(session),
    }[change]()
    assert access.sessions.find(token) is None


# --- roles ---


def test_the_table_of_roles_keeps_duties_apart() -> None:
    for role in (Role.OPERATOR, Role.AUDITOR):
        assert Permission.APPROVE not in PERMISSIONS[role]
    assert {role for role in Role if Permission.USERS in PERMISSIONS[role]} == {Role.ADMIN}
    changing = {
        Permission.RERUN,
        Permission.LINK,
        Permission.ASK_WITHDRAWAL,
        Permission.APPROVE,
        Permission.USERS,
    }
    assert not PERMISSIONS[Role.AUDITOR] & changing
    assert not PERMISSIONS[Role.ADMIN] & {Permission.UNMASK, Permission.EVIDENCE, Permission.ASK_EXPORT}


# --- four eyes ---


@pytest.fixture
def asker(user: Callable[..., User]) -> User:
    return user("risk.one", Role.RISK)


@pytest.fixture
def approver(user: Callable[..., User]) -> User:
    return user("risk.two", Role.RISK)


def test_what_a_second_user_granted_is_carried_out_once_by_the_asker(
    access: Access, asker: User, approver: User, desk: Desk
) -> None:
    asked = access.approvals.ask(asker, desk.open(), Ask.EXPORT_TABLE, Reason.LOAN_REVIEW, "invoice")
    with pytest.raises(ApprovalImpossible):
        access.approvals.spend(asker, asked.id)
    assert access.approvals.decide(approver, asked.id, grant=True).stand(now()) is Stand.GRANTED
    with pytest.raises(ApprovalImpossible):
        access.approvals.spend(approver, asked.id)
    done = access.approvals.spend(asker, asked.id)
    assert (done.stand(now()), done.asker, done.decider) == (Stand.EXECUTED, "risk.one", "risk.two")
    with pytest.raises(ApprovalImpossible):
        access.approvals.spend(asker, asked.id)
    assert [each for each in actions(desk) if each.startswith("approval")] == [
        "approval.asked",
        "approval.granted",
        "approval.executed",
    ]


def test_nobody_approves_their_own_request(access: Access, asker: User, desk: Desk) -> None:
    asked = access.approvals.ask(asker, desk.open(), Ask.EXPORT_EVIDENCE, Reason.COURT)
    assert not asked.decidable(asker, now())
    with pytest.raises(ApprovalImpossible):
        access.approvals.decide(asker, asked.id, grant=True)


def test_a_denied_and_an_expired_request_are_never_carried_out(
    access: Access, asker: User, approver: User, desk: Desk
) -> None:
    current = desk.open()
    denied = access.approvals.ask(asker, current, Ask.EXPORT_EVIDENCE, Reason.COURT)
    access.approvals.decide(approver, denied.id, grant=False)
    late = access.approvals.ask(asker, current, Ask.EXPORT_EVIDENCE, Reason.COURT)
    access.approvals.decide(approver, late.id, grant=True)
    with desk.engine.begin() as connection:
        connection.execute(update(approval).where(approval.c.id == late.id).values(expires_at=now()))
    for each, stand in ((denied, Stand.DENIED), (late, Stand.EXPIRED)):
        assert access.approvals.one(asker, each.id).stand(now()) is stand
        with pytest.raises(ApprovalImpossible):
            access.approvals.spend(asker, each.id)
        with pytest.raises(ApprovalImpossible):
            access.approvals.decide(approver, each.id, grant=True)


def test_asking_deciding_and_carrying_out_need_the_permission_and_the_tenant(
    access: Access, user: Callable[..., User], asker: User, desk: Desk
) -> None:
    current, operator, auditor = desk.open(), user("op", Role.OPERATOR), user("audit", Role.AUDITOR)
    with pytest.raises(PermissionMissing):
        access.approvals.ask(operator, current, Ask.EXPORT_TABLE, Reason.AUDIT, "invoice")
    with pytest.raises(PermissionMissing):
        access.approvals.ask(asker, current, Ask.WITHDRAW, Reason.BORROWER_REQUEST)
    asked = access.approvals.ask(operator, current, Ask.WITHDRAW, Reason.BORROWER_REQUEST)
    for refused in (operator, auditor):
        with pytest.raises(PermissionMissing):
            access.approvals.decide(refused, asked.id, grant=True)
    with pytest.raises(ApprovalUnknown):
        access.approvals.decide(user("stranger", Role.ADMIN, "other"), asked.id, grant=True)
    assert access.approvals.listing(asker, authorization_id=current.id) == [asked]


# --- unmasking ---


def test_masks_are_lifted_for_one_session_one_authorization_and_five_minutes(
    access: Access, user: Callable[..., User], desk: Desk
) -> None:
    who = user()
    current, other = desk.open(), desk.open()
    (_, mine), (_, later) = complete(access, who), complete(access, who)
    assert access.unmaskings.until(mine, current.id) is None
    access.unmaskings.lift(mine, current, Reason.COMPLAINT)
    until = access.unmaskings.until(mine, current.id)
    assert until is not None
    assert until - now() <= timedelta(minutes=5)
    assert access.unmaskings.until(mine, other.id) is None
    assert access.unmaskings.until(later, current.id) is None
    last = desk.ledger.events(current.id)[-1]
    assert (last["kind"], last["data"]) == ("unmasked", {"reason": "complaint"})
    with desk.engine.begin() as connection:
        connection.execute(update(unmasking).values(expires_at=now()))
    assert access.unmaskings.until(mine, current.id) is None


def test_an_administrator_lifts_no_mask(access: Access, user: Callable[..., User], desk: Desk) -> None:
    _, session = complete(access, user("root.admin", Role.ADMIN))
    with pytest.raises(PermissionMissing):
        access.unmaskings.lift(session, desk.open(), Reason.AUDIT)
