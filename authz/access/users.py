"""Console users in the store: added, enrolled with a second factor, reset, disabled. All of it on record."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from authz.access import codes, passwords
from authz.access.roles import Permission, Role, check
from authz.audit import AuditLog
from authz.links import hashed
from schema.errors import InvalidRequest, SignInRefused, UserExists, UserUnknown
from store.access_tables import console_session, console_user, recovery_code
from store.database import new_id, now, reading
from vault.reference import KeyClass
from vault.vault import Vault

OWNER = "console"
"""The vault owner of what the users' codes are made from."""
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,31}")


@dataclass(frozen=True)
class User:
    """One person of the bank."""

    id: str
    tenant: str
    name: str
    role: Role
    created_at: datetime
    enrolled_at: datetime | None
    disabled_at: datetime | None
    password_hash: str = field(repr=False)

    @property
    def actor(self) -> str:
        return f"user:{self.id}"

    def check(self, permission: Permission) -> None:
        """Raises ``PermissionMissing``."""
        check(self.role, permission)


class Users:
    """Keeps them. A change that could let somebody else in ends the user's sessions."""

    def __init__(self, engine: Engine, vault: Vault, audit: AuditLog) -> None:
        self._engine, self._vault, self._audit = engine, vault, audit

    def add(self, tenant: str, name: str, role: Role, password: str, *, actor: str) -> User:
        """A user who enrols a second factor at the first sign-in. Raises ``UserExists``,
        ``PasswordTooWeak``, ``InvalidRequest`` for a name that is none."""
        if not _NAME.fullmatch(name):
            raise InvalidRequest("a name has 2 to 32 of a-z, 0-9, dot, underscore and hyphen")
        row = {
            "id": new_id("user"), "tenant": tenant, "name": name, "role": role, "code_step": 0,
            "password_hash": passwords.hashed(passwords.checked(password, name)), "created_at": now(),
        }  # fmt: skip
        try:
            with self._engine.begin() as connection:
                connection.execute(insert(console_user).values(row))
                self._record(connection, actor, "user.added", str(row["id"]), {"role": role})
        except IntegrityError:
            raise UserExists from None
        return self.by_id(str(row["id"]))

    def by_id(self, id: str) -> User:
        """Raises ``UserUnknown``."""
        return self._one(console_user.c.id == id)

    def by_name(self, name: str) -> User:
        """Raises ``UserUnknown``."""
        return self._one(console_user.c.name == name)

    def listing(self, tenant: str | None = None) -> list[User]:
        """By name."""
        query = select(console_user).order_by(console_user.c.name)
        if tenant is not None:
            query = query.where(console_user.c.tenant == tenant)
        with reading(self._engine) as connection:
            return [_user(row) for row in connection.execute(query)]

    def set_password(self, user: User, password: str, *, actor: str) -> None:
        """Raises ``PasswordTooWeak``."""
        encoded = passwords.hashed(passwords.checked(password, user.name))
        self._change(user, actor, "user.password_set", password_hash=encoded)

    def renew_hash(self, user: User, password: str) -> None:
        """The same password at the present costs."""
        with self._engine.begin() as connection:
            connection.execute(
                update(console_user)
                .where(console_user.c.id == user.id)
                .values(password_hash=passwords.hashed(password))
            )

    def disable(self, user: User, *, actor: str) -> None:
        """For good: what the user did stays on record under the id."""
        self._change(user, actor, "user.disabled", disabled_at=now())

    def forget_codes(self, user: User, *, actor: str) -> None:
        """The telephone is lost: another one is enrolled at the next sign-in."""
        ref = self._change(user, actor, "user.codes_reset", enrolled_at=None, code_secret_ref=None)
        if ref is not None:
            self._vault.forget(ref)

    # --- the second factor ---

    def secret(self, user: User) -> str:
        """What this user's codes are made from; made anew while no telephone is enrolled."""
        table = console_user
        with self._engine.begin() as connection:
            ref = connection.execute(
                select(table.c.code_secret_ref).where(table.c.id == user.id).with_for_update()
            ).scalar_one()
            if ref is None:
                made = codes.new_secret()
                ref = self._vault.seal(OWNER, "totp", made.encode(), key_class=KeyClass.EVIDENCE)
                connection.execute(update(table).where(table.c.id == user.id).values(code_secret_ref=ref))
        return self._vault.unseal(ref).decode()

    def take_code(self, user: User, code: str) -> None:
        """A code is taken once, and none older than the last. Raises ``SignInRefused``."""
        table, secret = console_user, self.secret(user)
        with self._engine.begin() as connection:
            taken = connection.execute(
                select(table.c.code_step).where(table.c.id == user.id).with_for_update()
            ).scalar_one()
            step = codes.step_of(secret, code, now(), after=taken)
            if step is None:
                raise SignInRefused
            connection.execute(update(table).where(table.c.id == user.id).values(code_step=step))

    def enrol(self, user: User, code: str) -> list[str]:
        """The first code proves the telephone; gives the recovery codes, shown once. Raises
        ``SignInRefused``."""
        self.take_code(user, code)
        fresh = codes.recovery_codes()
        with self._engine.begin() as connection:
            connection.execute(delete(recovery_code).where(recovery_code.c.user_id == user.id))
            connection.execute(
                insert(recovery_code), [{"code_hash": _of(user, each), "user_id": user.id} for each in fresh]
            )
            connection.execute(
                update(console_user).where(console_user.c.id == user.id).values(enrolled_at=now())
            )
            self._record(connection, user.actor, "user.enrolled", user.id, {})
        return fresh

    def take_recovery_code(self, user: User, code: str) -> None:
        """Good once. Raises ``SignInRefused``."""
        table = recovery_code
        with self._engine.begin() as connection:
            used = connection.execute(
                update(table)
                .where(table.c.code_hash == _of(user, code), table.c.used_at.is_(None))
                .values(used_at=now())
            )
            if used.rowcount != 1:
                raise SignInRefused
            self._record(connection, user.actor, "user.recovery_code_used", user.id, {})

    def _change(self, user: User, actor: str, action: str, **values: Any) -> str | None:
        """The reference that the user's codes were made from before."""
        former = select(console_user.c.code_secret_ref).where(console_user.c.id == user.id)
        with self._engine.begin() as connection:
            ref: str | None = connection.execute(former.with_for_update()).scalar_one()
            connection.execute(update(console_user).where(console_user.c.id == user.id).values(values))
            connection.execute(delete(console_session).where(console_session.c.user_id == user.id))
            self._record(connection, actor, action, user.id, {})
        return ref

    def _one(self, condition: Any) -> User:
        with reading(self._engine) as connection:
            row = connection.execute(select(console_user).where(condition)).one_or_none()
        if row is None:
            raise UserUnknown
        return _user(row)

    def _record(
        self, connection: Connection, actor: str, action: str, subject: str, data: dict[str, str]
    ) -> None:
        told = {name: str(value) for name, value in data.items()}
        self._audit.append(connection, actor=actor, action=action, subject=subject, data=told)


def _of(user: User, code: str) -> str:
    """What is kept of a recovery code: 50 random bits, tied to their user and tried through the throttle."""
    return hashed(f"{user.id}:{code.strip().upper()}")


def _user(row: Row[Any]) -> User:
    return User(
        row.id, row.tenant, row.name, Role(row.role), row.created_at, row.enrolled_at, row.disabled_at,
        row.password_hash,
    )  # fmt: skip
