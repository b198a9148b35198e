"""Secrets of every kind, planted in every position that leaves the suite, never come out."""

from __future__ import annotations

import json
import logging
import string
from collections.abc import Callable
from typing import Any

import pytest
import structlog
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from schema.errors import CredentialsRejected, InvalidRequest
from schema.taxpayer_id import ALPHABET, check_character
from service import problems
from vault.logs import RedactedFormatter, _scrubbed_record, redact_event
from vault.redaction import ALLOWED, described, masked, place, redacted, said


def _digits(least: int, most: int) -> st.SearchStrategy[str]:
    return st.text(string.digits, min_size=least, max_size=most)


def _mixed(alphabet: str, least: int, most: int) -> st.SearchStrategy[str]:
    """With a digit after a letter somewhere, as passwords and tokens are made to have."""
    text = st.text(alphabet, min_size=least, max_size=most)
    return st.builds(lambda a, b: f"{a}q7{b}", text, text)


_CJK = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=2, max_size=4)
_COMPANY = st.text(ALPHABET, min_size=9, max_size=9).map(lambda body: f"91440106{body}")
KINDS: dict[str, st.SearchStrategy[str]] = {
    "company": _COMPANY.map(lambda body: body + check_character(body)),
    "person": st.tuples(_digits(6, 6), _digits(8, 8), st.sampled_from(string.digits + "X")).map(
        lambda parts: f"{parts[0]}19900101{parts[1][:3]}{parts[2]}"
    ),
    "phone": _digits(8, 8).map(lambda rest: f"138{rest}"),
    "account": _digits(16, 19).map(lambda rest: f"62{rest[2:]}"),
    "text message": _digits(5, 8),
    "password": _mixed(string.ascii_letters + string.digits + "!#$%&*+-=?@^_~", 3, 20),
    "token": _mixed(string.ascii_letters + string.digits + "-_", 12, 24),
    "api key": _mixed(string.ascii_letters + string.digits, 12, 24).map(lambda rest: f"tlk_{rest}"),
    "person's name": _CJK,
    "company's name": _CJK.map(lambda name: f"{name}商贸有限公司"),
    "payload": _CJK.map(lambda name: json.dumps({"gmfmc": name, "je": "1.00"}, ensure_ascii=False)),
}
secrets = st.sampled_from(sorted(KINDS)).flatmap(KINDS.__getitem__)


def _event(**fields: Any) -> str:
    return json.dumps(
        redact_event(None, "", {"event": "sign_in_failed", **fields}), default=str, ensure_ascii=False
    )


def _raised(secret: str) -> BaseException:
    try:
        try:
            raise KeyError(secret)
        except KeyError as error:
            raise CredentialsRejected(f"rejected {secret}") from error
    except CredentialsRejected as error:
        return error


def _logged(message: object, *arguments: object, error: BaseException | None = None) -> str:
    info = (type(error), error, error.__traceback__) if error else None
    record = _scrubbed_record("library", logging.ERROR, __file__, 1, message, arguments, info)
    return RedactedFormatter(structlog.processors.JSONRenderer(ensure_ascii=False)).format(record)


POSITIONS: dict[str, Callable[[str], str]] = {
    "an event's name": lambda s: _event(event=s),
    "an event with it worked in": lambda s: _event(event=f"typed {s}"),
    "an unknown key": lambda s: _event(password=s),
    "the key itself": lambda s: _event(**{s: 1}),
    "an allowed key": lambda s: _event(reason=s, subject=s, step=s, state=s, worker=s),
    "every allowed key": lambda s: json.dumps(redacted(dict.fromkeys(ALLOWED, s)), ensure_ascii=False),
    "a list": lambda s: _event(datasets=["invoice", s]),
    "a mapping": lambda s: _event(step={"reason": s, s: s, "deep": {"text": s}}),
    "bytes": lambda s: _event(reason=s.encode()),
    "an object": lambda s: _event(reason=_Speaking(s)),
    "an exception": lambda s: _event(exc_info=_raised(s)) + json.dumps(described(_raised(s))),
    "a library's message": lambda s: _logged(f"typed {s}"),
    "a library's argument": lambda s: _logged("typed %s", s),
    "a library's exception": lambda s: _logged("failed", error=_raised(s)),
    "a library's object": lambda s: _logged(_Speaking(s)),
    "a detail": said,
    "a detail's middle": lambda s: said(f"an answer lacks {s} as text"),
    "a detail's quotes": lambda s: said(f"expected '{s}', met \"{s}\" (or {s})."),
    "a detail's value": lambda s: said(f"field={s};{s}:/{s}/x"),
    "a problem": lambda s: bytes(problems.of(InvalidRequest(f"no {s} here")).response().body).decode(),
    "an address's path": lambda s: "".join(place(f"https://etax.example/a/{s}/b")),
    "an address's rest": lambda s: "".join(place(f"https://etax.example/a?p={s}#{s}")),
    "an address's user": lambda s: "".join(place(f"https://{s}:{s}@etax.example/a")),
}


class _Speaking:
    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


@pytest.mark.parametrize("position", POSITIONS)
@settings(max_examples=120, deadline=None)
@given(secret=secrets)
def test_a_secret_never_comes_out_of(position: str, secret: str) -> None:
    assume(secret not in POSITIONS[position]("x").replace("x", ""))
    assert secret not in POSITIONS[position](secret)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(["company", "person", "phone", "account"]).flatmap(KINDS.__getitem__), st.data())
def test_a_number_is_masked_between_any_words(number: str, data: st.DataObject) -> None:
    around = data.draw(st.sampled_from(["{}", "企业{}的", "id={};", "({})", "从{}到", "a {} b", "{}\n"]))
    assert number not in masked(around.format(number))


@pytest.mark.parametrize(
    "text",
    [
        "a body lacks je",
        "expected sms or captcha, met unknown page",
        "the list shows 3 of 12 returns",
        "an answer of 10485760 bytes is no JSON",
        "etax.guangdong.chinatax.gov.cn:8443/zzsxxcx did not answer in time",
        "tax_return is missing: NOT_AVAILABLE",
        "the role operator lacks ask_export",
        "valid until 2026-11-24",
    ],
)
def test_our_own_words_still_say_what_happened(text: str) -> None:
    assert said(text) == text
