"""The peer of the API route: the least Python that gets the same bytes from the gateway.

One ``requests.Session``, one page after another: sign, encrypt, post, decrypt, ``json.loads``. It authorizes
and asks for the same pages as the connector. It leaves out what a bank needs and a loop does not: answers'
signatures are not verified, nothing is retried, checked, kept, normalized or scored.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import uuid
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

import requests
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from bench.callers import session
from connectors.testing.person import Person
from schema.clock import BEIJING
from schema.period import add_months
from vault.sm2 import sm2

_SCOPES = ("NSRXX", "XYDJ", "ZZSSB", "FPXX")
_PAGE_SIZE, _MONTHS = 1000, 12


class BareGateway:
    """A loop over one gateway. ``endpoint`` is the sandbox's own entry: ``base_url`` and ``keys``."""

    def __init__(self, endpoint: Mapping[str, Any]) -> None:
        self._url, self._app = f"{endpoint['base_url']}/yspt/v1/", endpoint["keys"]["app_id"]
        keys = {name: bytes.fromhex(key) for name, key in endpoint["keys"].items() if name != "app_id"}
        self._private, self._public, self._sm4 = keys["app_private"], keys["app_public"], keys["sm4"]
        self._http: requests.Session = session()
        self.invoices = 0

    def read_all(self, person: Person, first: date, last: date) -> None:
        """Authorize by SMS code, then every page of every dataset."""
        reference, company = uuid.uuid4().hex, person.taxpayer_id
        days = {"qsrq": f"{first:%Y%m%d}", "jzrq": f"{last:%Y%m%d}"}
        self._call(
            "authorization.apply",
            {
                "ywlsh": reference,
                "nsrsbh": company,
                "sqrsfzh": person.person_id,
                "yhmc": "沙盒银行",
                "sqfw": [{"sjlx": scope, **days} for scope in _SCOPES],
            },
        )
        code = person.portals.sms_code(person.phone)
        granted = self._call("authorization.confirm", {"ywlsh": reference, "yzm": code})
        base = {"nsrsbh": company, "sqhzh": granted["sqhzh"], "fwlp": granted["fwlp"]}
        self._call("taxpayer.query", base)
        self._call("credit.query", base)
        for start, end in _years(first, last):
            self._call("vat.query", {**base, "ssqq": start, "ssqz": end})
            for side in "12":
                self._invoices({**base, "kprqq": start, "kprqz": end, "fx": side})

    def _invoices(self, asked: dict[str, Any]) -> None:
        page, left = 0, 1
        while left > 0:
            page += 1
            found = self._call("invoice.query", {**asked, "ys": page, "mys": _PAGE_SIZE})
            self.invoices += len(found["fpxx"])
            left = found["zts"] - page * _PAGE_SIZE

    def _call(self, method: str, asked: dict[str, Any]) -> Any:
        fields = {
            "appId": self._app,
            "method": method,
            "requestId": uuid.uuid4().hex,
            "timestamp": f"{datetime.now(BEIJING):%Y%m%d%H%M%S}",
            "nonce": secrets.token_hex(16),
        }
        bound = f"{self._app}|{method}|{fields['requestId']}|".encode()
        iv = os.urandom(12)
        encryptor = Cipher(algorithms.SM4(self._sm4), modes.GCM(iv)).encryptor()
        encryptor.authenticate_additional_data(bound + b"request")
        secret = encryptor.update(json.dumps(asked).encode()) + encryptor.finalize()
        fields["body"] = base64.b64encode(iv + secret + encryptor.tag).decode()
        signed = "&".join(f"{name}={fields[name]}" for name in sorted(fields)).encode()
        fields["sign"] = base64.b64encode(sm2().sign(self._private, self._public, signed)).decode()
        reply = self._http.post(self._url + method, json=fields, timeout=60)
        reply.raise_for_status()
        raw = base64.b64decode(reply.json()["body"])
        decryptor = Cipher(algorithms.SM4(self._sm4), modes.GCM(raw[:12], raw[-16:])).decryptor()
        decryptor.authenticate_additional_data(bound + b"answer")
        return json.loads(decryptor.update(raw[12:-16]) + decryptor.finalize())


def _years(first: date, last: date) -> list[tuple[str, str]]:
    parts, start = [], first
    while start <= last:
        end = min(last, add_months(start, _MONTHS) - timedelta(days=1))
        parts.append((f"{start:%Y%m%d}", f"{end:%Y%m%d}"))
        start = end + timedelta(days=1)
    return parts
