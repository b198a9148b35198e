"""The wire: what is altered, replayed or misplaced is refused, by the gateway and by us."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
import requests

from connectors.families.gateway import messages
from connectors.families.gateway.messages import Keys
from sandbox.families.gateway.envelope import App
from schema.errors import ContractChanged, DataCorrupt, RouteBroken, SignatureInvalid
from tests.connectors.bank import GATEWAY, Bank

APP = App.registered()
KEYS = Keys.parse(APP.client_keys())
ASKED = {"appId": APP.app_id, "method": "health", "requestId": "r1"}


def _answer(**changes: str) -> bytes:
    content = APP.answer("0", "成功", ASKED, "20260310120000", b'{"zt":"UP"}')
    return orjson.dumps({**orjson.loads(content), **changes})


def test_a_signed_answer_opens() -> None:
    opened = messages.answer(KEYS, "r1", _answer())
    assert (opened.code, opened.body) == ("0", b'{"zt":"UP"}')


@pytest.mark.parametrize("field", ["code", "message", "timestamp", "body", "requestId", "method", "appId"])
def test_an_answer_altered_in_any_field_is_refused(field: str) -> None:
    altered = base64.b64encode(b"x" * 40).decode() if field == "body" else "x"
    with pytest.raises(SignatureInvalid):
        messages.answer(KEYS, "r1", _answer(**{field: altered}))


@pytest.mark.parametrize("sign", ["", "AAAA", "not base64!", base64.b64encode(b"\x30\x06" * 30).decode()])
def test_a_forged_signature_is_refused(sign: str) -> None:
    with pytest.raises(SignatureInvalid):
        messages.answer(KEYS, "r1", _answer(sign=sign))


def test_a_good_answer_to_another_request_is_refused() -> None:
    with pytest.raises(SignatureInvalid):
        messages.answer(KEYS, "r2", _answer())


def test_an_answer_signed_by_somebody_else_is_refused() -> None:
    stranger = App.registered()
    content = stranger.answer("0", "成功", ASKED, "20260310120000", b"{}")
    with pytest.raises(SignatureInvalid):
        messages.answer(KEYS, "r1", content)


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"", DataCorrupt),
        (b"<html></html>", DataCorrupt),
        (_answer()[:-20], DataCorrupt),
        (b"[]", ContractChanged),
        (b'{"code":"0"}', ContractChanged),
    ],
)
def test_what_is_no_envelope_is_refused(content: bytes, cause: type[Exception]) -> None:
    with pytest.raises(cause):
        messages.answer(KEYS, "r1", content)


def test_keys_never_show_in_a_repr() -> None:
    for secret in ("app_private", "sm4"):
        assert APP.client_keys()[secret] not in repr(KEYS)
        assert repr(getattr(KEYS, secret)) not in repr(KEYS)


def test_a_key_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(RouteBroken):
        Keys.parse({**APP.client_keys(), "app_private": "ab"})


class TestTheGatewayRefuses:
    """Posted by hand, as an attacker would."""

    def _post(self, bank: Bank, content: bytes) -> str:
        url = bank.sandbox.endpoints[GATEWAY.name]["base_url"] + "/yspt/v1/health"
        return str(requests.post(url, data=content, timeout=5).json()["code"])

    def _request(self, bank: Bank, **changes: Any) -> bytes:
        keys = Keys.parse(bank.sandbox.endpoints[GATEWAY.name]["keys"])
        now = changes.pop("now", datetime.now(UTC))
        _, content = messages.request(keys, "health", b"{}", now)
        return orjson.dumps({**orjson.loads(content), **changes})

    def test_accepts_a_good_request(self, bank: Bank) -> None:
        assert self._post(bank, self._request(bank)) == "0"

    @pytest.mark.parametrize("field", ["method", "requestId", "timestamp", "nonce", "body", "sign"])
    def test_an_altered_field(self, bank: Bank, field: str) -> None:
        assert self._post(bank, self._request(bank, **{field: "AAAA"})) == "40101"

    def test_an_unknown_bank(self, bank: Bank) -> None:
        assert self._post(bank, self._request(bank, appId="nobody")) == "40102"

    def test_a_replay(self, bank: Bank) -> None:
        content = self._request(bank)
        assert self._post(bank, content) == "0"
        assert self._post(bank, content) == "40103"

    @pytest.mark.parametrize("minutes", [-6, 6])
    def test_a_clock_too_far_off(self, bank: Bank, minutes: int) -> None:
        late = datetime.now(UTC) + timedelta(minutes=minutes)
        assert self._post(bank, self._request(bank, now=late)) == "40104"

    @pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"appId":5}', b"\xff"])
    def test_malformed_messages(self, bank: Bank, content: bytes) -> None:
        assert self._post(bank, content) == "40001"
