"""The relay of challenges: from the connector to the person they are meant for, and the answer back, once."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Engine, Row, func, insert, select, update

from authz import answers
from authz.authorization import Authorization, State
from authz.ledger import Ledger
from connectors.interface import Answer, Challenge, ChallengeKind, Resume
from schema.dataset import Route
from schema.errors import ChallengeClosed, ChallengeExpired, ChallengeNotYours
from store import tables
from store.database import new_id, now, reading
from vault.reference import KeyClass
from vault.secrets import Secrets
from vault.vault import Vault


class ChallengeState(StrEnum):
    OPEN = "open"
    ANSWERED = "answered"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"


@dataclass(frozen=True)
class Relayed:
    """A challenge as the store holds it. The pictures, the options, the flow's state and the answer are in
    the vault."""

    id: str
    authorization_id: str
    run: int
    route: Route
    kind: ChallengeKind
    resume: Resume
    state: ChallengeState
    hint: str
    retry: bool
    prompt_ref: str | None
    flow_ref: str | None
    answer_ref: str | None
    owner: str | None
    created_at: datetime
    expires_at: datetime


class Challenges:
    """Puts questions, takes answers. An answer is sealed on arrival and opened once."""

    def __init__(self, engine: Engine, ledger: Ledger, vault: Vault, secrets: Secrets) -> None:
        self._engine, self._ledger, self._vault, self._secrets = engine, ledger, vault, secrets

    def put(
        self, current: Authorization, route: Route, asked: Challenge, *, flow_state: bytes | None, owner: str
    ) -> Relayed:
        """Ask the person; whatever was open before is superseded. The authorization becomes
        ``challenged``."""
        prompt_ref = flow_ref = None
        if asked.picture or asked.options or asked.url or asked.poll_seconds:
            prompt_ref = self._sealed(current.vault_owner, asked)
        if flow_state is not None:
            flow_ref = self._vault.seal(
                current.vault_owner, "flow", flow_state, key_class=KeyClass.CREDENTIAL
            )
        id, at = new_id("chg"), now()
        with self._engine.begin() as connection:
            self._supersede(connection, current.id)
            connection.execute(
                insert(tables.challenge).values(
                    id=id,
                    authorization_id=current.id,
                    run=current.run,
                    route=route,
                    kind=asked.kind,
                    resume=asked.resume,
                    state=ChallengeState.OPEN,
                    hint=asked.hint[:200],
                    retry=asked.retry,
                    prompt_ref=prompt_ref,
                    flow_ref=flow_ref,
                    owner=owner if asked.resume is Resume.LIVE_PAGE else None,
                    created_at=at,
                    expires_at=at + timedelta(seconds=asked.seconds),
                )
            )
            live = self._ledger.read(connection, current.id)
            if live.state is not State.CHALLENGED:
                self._ledger.move(current.id, State.CHALLENGED, actor="portal", connection=connection)
            self._ledger.record(
                connection,
                current.id,
                "portal",
                "challenge.opened",
                {"challenge": id, "kind": asked.kind, "retry": asked.retry},
            )
        return self.get(id)

    def change(self, relayed: Relayed, asked: Challenge) -> None:
        """Show the open question as the portal's page now has it: another picture or hint, within the same
        life."""
        owner = self._ledger.authorization(relayed.authorization_id).vault_owner
        table, prompt_ref = tables.challenge, self._sealed(owner, asked)
        with self._engine.begin() as connection:
            changed = connection.execute(
                update(table)
                .where(table.c.id == relayed.id, table.c.state == ChallengeState.OPEN)
                .values(prompt_ref=prompt_ref, hint=asked.hint[:200])
            )
            if changed.rowcount == 1:
                about = {"challenge": relayed.id, "kind": relayed.kind}
                self._ledger.record(
                    connection, relayed.authorization_id, "portal", "challenge.changed", about
                )

    def get(self, id: str) -> Relayed:
        """Raises ``ChallengeClosed`` for an id that does not exist."""
        with reading(self._engine) as connection:
            row = connection.execute(
                select(tables.challenge).where(tables.challenge.c.id == id)
            ).one_or_none()
        if row is None:
            raise ChallengeClosed("no such challenge")
        return _relayed(row)

    def latest(self, authorization_id: str) -> Relayed | None:
        """The newest challenge of an authorization, whatever its state."""
        table = tables.challenge
        query = select(table).where(table.c.authorization_id == authorization_id)
        with reading(self._engine) as connection:
            row = connection.execute(query.order_by(table.c.created_at.desc()).limit(1)).one_or_none()
        return _relayed(row) if row else None

    def credentials_ref(self, authorization_id: str, run: int) -> str | None:
        """The vault reference of the account and password that the person entered last in this run."""
        table = tables.challenge
        query = select(table.c.answer_ref).where(
            table.c.authorization_id == authorization_id,
            table.c.run == run,
            table.c.kind == ChallengeKind.CREDENTIALS,
        )
        with reading(self._engine) as connection:
            return connection.scalar(query.order_by(table.c.created_at.desc()).limit(1))

    def open_one(self, authorization_id: str) -> Relayed | None:
        """The challenge that waits for an answer now, or None."""
        newest = self.latest(authorization_id)
        return (
            newest if newest and newest.state is ChallengeState.OPEN and newest.expires_at > now() else None
        )

    def replaces_unfinished(self, relayed: Relayed) -> bool:
        """Whether the challenge before it, in the same run, was superseded: the person is asked once more
        though nothing was refused."""
        table = tables.challenge
        earlier = (
            (table.c.authorization_id == relayed.authorization_id)
            & (table.c.run == relayed.run)
            & (table.c.created_at < relayed.created_at)
        )
        query = select(table.c.state).where(earlier).order_by(table.c.created_at.desc()).limit(1)
        with reading(self._engine) as connection:
            return connection.scalar(query) == ChallengeState.SUPERSEDED

    def refused(self, authorization_id: str, run: int, kind: ChallengeKind) -> int:
        """How many answers of this kind the portal has refused in a run."""
        table = tables.challenge
        query = select(func.count()).where(
            table.c.authorization_id == authorization_id,
            table.c.run == run,
            table.c.kind == kind,
            table.c.state == ChallengeState.REJECTED,
        )
        with reading(self._engine) as connection:
            return connection.scalar(query) or 0

    def prompt(self, relayed: Relayed) -> dict[str, Any]:
        """``{picture, piece, piece_y, options, url, watched}`` for the page; pictures as base64 PNG."""
        return json.loads(self._vault.unseal(relayed.prompt_ref)) if relayed.prompt_ref else {}

    def answer(self, authorization_id: str, challenge_id: str, fields: Answer) -> Relayed:
        """Seal the person's answer and mark the challenge answered; for a parked run that names its next leg.
        One that is watched takes none: the empty answer changes nothing, whatever became of it.

        Raises ``ChallengeNotYours``, ``ChallengeClosed``, ``ChallengeExpired``, ``AnswerInvalid``, and
        ``SecretSpent`` for a password that the portal rejected before.
        """
        asked = self.get(challenge_id)
        if asked.authorization_id != authorization_id:
            raise ChallengeNotYours
        if not answers.FIELDS[asked.kind] and self.prompt(asked).get("watched"):
            answers.check(asked.kind, fields)
            return asked
        if asked.state is not ChallengeState.OPEN:
            raise ChallengeExpired if asked.state is ChallengeState.EXPIRED else ChallengeClosed
        if asked.expires_at <= now():
            self.close(asked, ChallengeState.EXPIRED)
            raise ChallengeExpired
        offered = self.prompt(asked)["options"] if asked.kind is ChallengeKind.IDENTITY else []
        answers.check(asked.kind, fields, [option["id"] for option in offered])
        answer_ref = self._secrets.put(
            self._ledger.authorization(authorization_id).vault_owner, asked.kind, fields
        )
        if not self._turn(asked, ChallengeState.OPEN, ChallengeState.ANSWERED, answer_ref=answer_ref):
            self._secrets.destroy(answer_ref)
            raise ChallengeClosed
        return self.get(challenge_id)

    def take(self, relayed: Relayed) -> Answer:
        """The answer, opened once and destroyed. Raises ``SecretSpent``."""
        assert relayed.answer_ref is not None, "nothing was answered"
        return self._secrets.take(relayed.answer_ref)

    def close(self, relayed: Relayed, state: ChallengeState) -> None:
        """Record how an open or answered challenge ended; one that has ended already stays as it is."""
        for before in (ChallengeState.OPEN, ChallengeState.ANSWERED):
            if self._turn(relayed, before, state, closed_at=now()):
                return

    def overdue(self) -> list[Relayed]:
        """Open challenges whose life is over."""
        return self._where(ChallengeState.OPEN, tables.challenge.c.expires_at <= now())

    def unheard(self) -> list[Relayed]:
        """Serializable challenges answered and not yet settled: their leg runs, or a crash kept it from
        starting."""
        parked = tables.challenge.c.resume == Resume.SERIALIZABLE
        return self._where(ChallengeState.ANSWERED, parked)

    def _sealed(self, owner: str, asked: Challenge) -> str:
        return self._vault.seal(owner, "prompt", _prompt(asked), key_class=KeyClass.CREDENTIAL)

    def _where(self, state: ChallengeState, *conditions: Any) -> list[Relayed]:
        query = select(tables.challenge).where(tables.challenge.c.state == state, *conditions)
        with reading(self._engine) as connection:
            return [_relayed(row) for row in connection.execute(query)]

    def _turn(self, relayed: Relayed, before: ChallengeState, after: ChallengeState, **changes: Any) -> bool:
        table = tables.challenge
        with self._engine.begin() as connection:
            changed = connection.execute(
                update(table)
                .where(table.c.id == relayed.id, table.c.state == before)
                .values(state=after, **changes)
            )
            if changed.rowcount != 1:
                return False
            answered = after is ChallengeState.ANSWERED
            if answered and relayed.resume is Resume.SERIALIZABLE:
                self._ledger.next_leg(relayed.authorization_id, connection)
            actor = "borrower" if answered else "portal"
            self._ledger.record(
                connection,
                relayed.authorization_id,
                actor,
                f"challenge.{after}",
                {"challenge": relayed.id, "kind": relayed.kind},
            )
        return True

    def _supersede(self, connection: Connection, authorization_id: str) -> None:
        table = tables.challenge
        unfinished = table.c.state.in_((ChallengeState.OPEN, ChallengeState.ANSWERED))
        mine = (table.c.authorization_id == authorization_id) & unfinished
        for row in connection.execute(select(table.c.id, table.c.kind).where(mine)).all():
            connection.execute(
                update(table)
                .where(table.c.id == row.id)
                .values(state=ChallengeState.SUPERSEDED, closed_at=now())
            )
            self._ledger.record(
                connection,
                authorization_id,
                "portal",
                "challenge.superseded",
                {"challenge": row.id, "kind": row.kind},
            )


def _prompt(asked: Challenge) -> bytes:
    def encoded(picture: bytes | None) -> str | None:
        return base64.b64encode(picture).decode() if picture else None

    options = [{"id": option.id, "label": option.label, "role": option.role} for option in asked.options]
    shown = {
        "picture": encoded(asked.picture),
        "piece": encoded(asked.piece),
        "piece_y": asked.piece_y,
        "options": options,
        "url": asked.url,
        "watched": asked.poll_seconds > 0,
    }
    return json.dumps(shown, ensure_ascii=False).encode()


def _relayed(row: Row[Any]) -> Relayed:
    fields = {name: value for name, value in row._mapping.items() if name != "closed_at"}
    fields |= {"route": Route(row.route), "kind": ChallengeKind(row.kind), "resume": Resume(row.resume)}
    return Relayed(**(fields | {"state": ChallengeState(row.state)}))
