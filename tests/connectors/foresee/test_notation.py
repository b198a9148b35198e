"""What only this pattern has: objects within strings, redirects to sign-in, the owner in a list of duties."""

from __future__ import annotations

from collections.abc import Iterator

import orjson
import pytest

from connectors.families.foresee.api import PORTAL, ForeseeDesk, owner, unwrapped
from connectors.http import PortalHttp
from schema.errors import ContractChanged, DataCorrupt


@pytest.fixture
def desk() -> Iterator[ForeseeDesk]:
    made = ForeseeDesk(
        PortalHttp("http://127.0.0.1:9", private=True, timeout_seconds=1, connections=1), PORTAL
    )
    yield made
    made.close()


def test_a_string_that_holds_an_object_is_that_object(desk: ForeseeDesk) -> None:
    content = orjson.dumps('{"returnFlag":"Y","error":"","zjls":0}')
    assert desk.unpack(content).body == {"returnFlag": "Y", "error": "", "zjls": 0}


@pytest.mark.parametrize(
    ("found", "code"),
    [
        ({"returnFlag": "N", "code": "DL0002", "error": "…"}, "DL0002"),
        ({"error": "查询失败"}, "unknown"),
        ({"taxML": {"head": {"bizRtnMsg": {"code": "00"}}}}, ""),
        ({"taxML": {"head": {"bizRtnMsg": {"code": "99"}}}}, "99"),
        ({"sbList": [], "error": ""}, ""),
    ],
)
def test_each_envelope_tells_its_refusal(desk: ForeseeDesk, found: dict[str, object], code: str) -> None:
    assert desk.unpack(orjson.dumps(found)).code == code


@pytest.mark.parametrize(
    ("content", "cause"),
    [(b'"{\\"a\\":"', DataCorrupt), (b"[]", ContractChanged), (b'"[]"', ContractChanged)],
)
def test_what_holds_no_object_is_refused(content: bytes, cause: type[Exception]) -> None:
    with pytest.raises(cause):
        unwrapped(content)


def test_a_list_travels_as_json_within_its_field(desk: ForeseeDesk) -> None:
    assert desk.pack({"sqfw": [{"sjlx": "FPXX"}], "yzm": "ab"}) == (
        b"sqfw=%5B%7B%22sjlx%22%3A%22FPXX%22%7D%5D&yzm=ab"
    )


@pytest.mark.parametrize("told", [{}, {"nsrztxx": None}, {"nsrztxx": "gsDjxh:1,gsNsrsbh:"}])
def test_a_list_of_duties_of_nobody_is_refused(told: dict[str, object]) -> None:
    with pytest.raises(ContractChanged):
        owner(told)


def test_the_owner_is_one_of_the_fields_of_the_state() -> None:
    assert owner({"nsrztxx": "gsDjxh:1,gsNsrsbh:91X,gsSsdabh:92,dsNsrsbh:"}) == "91X"
