"""The tax app (电子税务局APP) on the phones of the sandbox: codes to scan, sign-ins to approve.

One app for all portals. Anybody may act for any account at its door, ``/_sandbox/app/{account}`` of a portal:

* ``GET``: what the app shows, as a page; with ``.json`` behind it a JSON list
* ``POST`` ``decision`` (scan, confirm, refuse) with ``id``, or with ``picture``, the PNG of a code in base64:
  404 for what nobody waits for, 409 for a decision that is not possible now
"""

from __future__ import annotations

import base64
import binascii
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from html import escape
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from sandbox.directory import Directory


class TaskState(StrEnum):
    WAITING = "waiting"
    SCANNED = "scanned"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    EXPIRED = "expired"


@dataclass
class Task:
    """Something that a portal's page waits for. A code (``picture``, PNG) is nobody's until it is scanned; a
    sign-in to approve has its ``account`` and the ``number`` to compare from the beginning."""

    portal: str
    born_at: datetime
    seconds: float
    account: str = ""
    number: str = ""
    picture: bytes = field(default=b"", repr=False)
    state: TaskState = TaskState.WAITING
    id: str = field(default_factory=lambda: secrets.token_urlsafe(12))

    def at(self, now: datetime) -> TaskState:
        """The state, by now."""
        over = now - self.born_at > timedelta(seconds=self.seconds)
        undecided = self.state in (TaskState.WAITING, TaskState.SCANNED)
        return TaskState.EXPIRED if over and undecided else self.state


_MOVES: dict[tuple[bool, TaskState, str], TaskState] = {
    (True, TaskState.WAITING, "scan"): TaskState.SCANNED,
    (True, TaskState.SCANNED, "confirm"): TaskState.CONFIRMED,
    (True, TaskState.SCANNED, "refuse"): TaskState.REFUSED,
    (False, TaskState.WAITING, "confirm"): TaskState.CONFIRMED,
    (False, TaskState.WAITING, "refuse"): TaskState.REFUSED,
}
"""(whether it is a code, its state, the person's decision) → its next state. Nothing else is possible."""


class TaxApp:
    """Everything that waits in the app, by id."""

    def __init__(self) -> None:
        self._tasks: dict[str, Task] = {}

    def put(self, task: Task) -> Task:
        self._tasks[task.id] = task
        return task

    def get(self, id: str) -> Task | None:
        return self._tasks.get(id)

    def pictured(self, picture: bytes) -> Task | None:
        """The code that a picture shows: what a camera would see."""
        return next((task for task in self._tasks.values() if task.picture and task.picture == picture), None)

    def shown_to(self, account: str, now: datetime) -> list[Task]:
        """What this account may decide now: its own sign-ins, the codes it has scanned, and codes to scan."""
        undecided = (TaskState.WAITING, TaskState.SCANNED)
        return [
            task
            for task in self._tasks.values()
            if task.account in ("", account) and task.at(now) in undecided
        ]

    def decide(self, task: Task, account: str, decision: str, now: datetime) -> bool:
        """Whether the decision was possible. A code becomes the account's who scans it."""
        following = _MOVES.get((bool(task.picture), task.at(now), decision))
        if following is None or task.account not in ("", account):
            return False
        task.state, task.account = following, account
        return True


async def door(app: TaxApp, directory: Directory, now: datetime, request: Request) -> Response:
    """See above. ``account`` is a person's id or phone number."""
    named = str(request.path_params["account"])
    person = directory.person(named.removesuffix(".json"))
    if person is None:
        return JSONResponse({"error": "nobody has this account"}, 404)
    account = person.person_id
    if request.method == "POST":
        form = {name: str(value) for name, value in (await request.form()).items()}
        task = app.pictured(_bytes(form["picture"])) if "picture" in form else app.get(form.get("id", ""))
        if task is None:
            return JSONResponse({"error": "nobody waits for this"}, 404)
        if not app.decide(task, account, form.get("decision", ""), now):
            return JSONResponse({"error": "not possible now"}, 409)
        return RedirectResponse(str(request.url), 303)
    shown = app.shown_to(account, now)
    if named.endswith(".json"):
        return JSONResponse([_plain(task, now) for task in shown])
    return HTMLResponse(page(person.name, shown, now))


_PAGE = """<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta http-equiv="refresh" content="3">
<title>沙盒税务 App</title><style>
body{{font-family:sans-serif;max-width:26rem;margin:1rem auto;background:#f2f4f7}}
form{{background:#fff;border-radius:.8rem;padding:.8rem 1rem;margin:.6rem 0}}
img{{display:block;width:8rem;image-rendering:pixelated}}b{{font-size:1.6rem}}
button{{font-size:1rem;margin:.3rem .3rem 0 0;padding:.4rem .8rem}}</style></head>
<body><h1>沙盒税务 App · {name}</h1>{tasks}</body></html>"""
_TASK = '<form class="task" method="post"><input type="hidden" name="id" value="{id}">{shown}{buttons}</form>'
_BUTTON = '<button name="decision" value="{value}">{label}</button>'
_LABELS = {"scan": "扫一扫", "confirm": "确认登录", "refuse": "取消"}


def page(name: str, tasks: list[Task], now: datetime) -> str:
    """The app as a page: what may be decided, with a button for each decision."""
    shown = "".join(
        _TASK.format(
            id=task.id,
            shown=f'<img alt="二维码" src="{picture_url(task.picture)}">' if task.picture else _number(task),
            buttons="".join(
                _BUTTON.format(value=decision, label=_LABELS[decision])
                for is_code, state, decision in _MOVES
                if (is_code, state) == (bool(task.picture), task.at(now))
            ),
        )
        for task in tasks
    )
    return _PAGE.format(name=escape(name), tasks=shown or "<p>暂无待办</p>")


def picture_url(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode()


def _number(task: Task) -> str:
    return f"<p>有人正在登录电子税务局，请核对数字 <b>{escape(task.number)}</b></p>"


def _plain(task: Task, now: datetime) -> dict[str, Any]:
    kind = "code" if task.picture else "sign_in"
    return {"id": task.id, "portal": task.portal, "kind": kind, "number": task.number, "state": task.at(now)}


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return b""
