"""Phones of the sandbox: every SMS that a portal sends lands in an inbox that anybody can read. The tax
app is beside it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from sandbox.taxapp import TaxApp


@dataclass(frozen=True)
class Sms:
    """``at`` is ISO 8601; ``code`` is the verification code within ``text``."""

    at: str
    sender: str
    text: str
    code: str


class Phones:
    """Inboxes by number, newest message last, and the one tax app."""

    def __init__(self) -> None:
        self.app = TaxApp()
        self._inboxes: dict[str, list[Sms]] = {}

    def send(self, number: str, message: Sms) -> None:
        self._inboxes.setdefault(number, []).append(message)

    def inbox(self, number: str) -> list[Sms]:
        return list(self._inboxes.get(number, ()))


_PAGE = """<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta http-equiv="refresh" content="3">
<title>沙盒手机 {number}</title><style>
body{{font-family:sans-serif;max-width:26rem;margin:1rem auto;background:#f2f4f7}}
article{{background:#fff;border-radius:.8rem;padding:.8rem 1rem;margin:.6rem 0}}
small{{color:#667}}</style></head>
<body><h1>沙盒手机 <span id="number">{number}</span></h1>
<p><a href="../app/{number}">打开税务 App</a></p>{messages}</body></html>"""


def page(number: str, messages: list[Sms]) -> str:
    """The inbox as a page, newest first."""
    shown = "".join(
        f'<article class="sms" data-code="{escape(sms.code)}">'
        f"<small>{escape(sms.sender)} · {escape(sms.at)}</small><p>{escape(sms.text)}</p></article>"
        for sms in reversed(messages)
    )
    return _PAGE.format(number=escape(number), messages=shown or "<p>暂无短信</p>")


def inbox(phones: Phones, request: Request) -> Response:
    """``/_sandbox/phone/{number}`` as HTML; with ``.json`` behind it a JSON list, oldest first."""
    number = str(request.path_params["number"])
    if number.endswith(".json"):
        return JSONResponse([asdict(sms) for sms in phones.inbox(number.removesuffix(".json"))])
    return HTMLResponse(page(number, phones.inbox(number)))
