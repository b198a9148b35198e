"""The sandbox's own door: faults, journal, companies, phones and captcha solutions of its portals."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests


class Portals:
    """``endpoints`` is what the sandbox wrote. A portal is named ``"44.api"`` or the like."""

    def __init__(self, endpoints: Mapping[str, Mapping[str, Any]]) -> None:
        self.endpoints = endpoints
        self._http = requests.Session()
        self._http.trust_env = False
        # A kept connection may be closed just when it is used again.
        self._http.headers["Connection"] = "close"
        # A connection kept too long would break just when it is used again.
        self._http.headers["Connection"] = "close"

    def fault(
        self,
        portal: str,
        kind: str,
        *,
        path: str = "/",
        times: int | None = None,
        seconds: float = 1,
        rows: int = 0,
        share: float = 1,
        seed: int = 0,
    ) -> None:
        """Strike a portal, ``times`` times or until cleared; a ``share`` of its requests."""
        wanted = {"kind": kind, "path": path, "times": times, "seconds": seconds, "rows": rows}
        self._ask(portal, "POST", "faults", json={**wanted, "share": share, "seed": seed})

    def clear(self, *portals: str, kind: str = "") -> None:
        """No faults, or none of a kind, at these portals; at any unless named."""
        for portal in portals or self.endpoints:
            self._ask(portal, "DELETE", "faults", params={"kind": kind} if kind else {})

    def journal(self, portal: str, event: str | None = None) -> list[dict[str, str]]:
        """The portal's own log."""
        found: list[dict[str, str]] = self._ask(
            portal, "GET", "journal", params={"event": event} if event else {}
        ).json()
        return found

    def companies(self, portal: str) -> list[dict[str, Any]]:
        """Every company with its people, their phones and passwords."""
        found: list[dict[str, Any]] = self._ask(portal, "GET", "companies").json()
        return found

    def sms_code(self, number: str) -> str:
        """The code of the newest message to this phone; all portals of a sandbox share its phones."""
        portal = next(iter(self.endpoints))
        messages = self._ask(portal, "GET", f"phone/{number}.json").json()
        return str(messages[-1]["code"])

    def captcha(self, portal: str, account: str) -> dict[str, str]:
        """``{"kind", "solution"}`` of the captcha that is open for this account."""
        found: dict[str, str] = self._ask(portal, "GET", f"captcha/{account}", door="/tpass/_sandbox").json()
        return found

    def approve(self, portal: str, account: str) -> None:
        """Agree, in the tax app of this account, to everything that waits there."""
        door, path = "/app/_sandbox", account
        for id in re.findall(r'name="id" value="([^"]+)"', self._ask(portal, "GET", path, door=door).text):
            self._ask(portal, "POST", path, door=door, data={"id": id, "decision": "approve"})

    def tax_app(self, portal: str, account: str) -> list[dict[str, str]]:
        """What the unified portals' tax app shows to this account: ``{"id", "kind", "number", "state"}``."""
        found: list[dict[str, str]] = self._ask(portal, "GET", f"app/{account}.json").json()
        return found

    def decide(self, portal: str, account: str, decision: str, **what: str) -> bool:
        """Scan, confirm or refuse in that app: a task by its ``id``, a code by its ``picture`` (PNG, base64).
        False when that is not possible now."""
        url = f"{self.endpoints[portal]['base_url']}/_sandbox/app/{account}"
        answer = self._http.post(url, data={"decision": decision, **what}, timeout=10)
        if answer.status_code != 409:
            answer.raise_for_status()
        return answer.ok

    def sign_in(self, url: str, account: str, password: str) -> str:
        """Sign in and agree at a page of a portal; the query that it leads back with."""
        form = {"account": account, "password": password, "decision": "approve"}
        answer = self._http.post(url, data=form, timeout=10, allow_redirects=False)
        return urlsplit(answer.headers["Location"]).query

    def has_captcha(self, portal: str, account: str) -> bool:
        """Whether a captcha is open for this account."""
        url = f"{self.endpoints[portal]['base_url']}/tpass/_sandbox/captcha/{account}"
        return self._http.get(url, timeout=10).status_code == 200

    def shift_clock(self, seconds: float) -> None:
        """Move the time of the whole sandbox."""
        self._ask(next(iter(self.endpoints)), "POST", "clock", json={"seconds": seconds})

    def _ask(
        self, portal: str, method: str, path: str, *, door: str = "/_sandbox", **content: Any
    ) -> requests.Response:
        url = f"{self.endpoints[portal]['base_url']}{door}/{path}"
        answer = self._http.request(method, url, timeout=10, **content)
        answer.raise_for_status()
        return answer
