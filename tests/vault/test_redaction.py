"""What the redactor promises: nothing gets out that is not known to be harmless."""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import structlog

from schema.errors import CredentialsRejected
from vault.logs import RedactedFormatter, configure_logging
from vault.redaction import REDACTED, described, masked, redacted

CANARY = "canary-Pa55-word"
LIBRARIES = ["requests", "urllib3.connectionpool", "dbos", "uvicorn.error", "playwright", "asyncio"]


@pytest.fixture(autouse=True)
def logs(capsys: pytest.CaptureFixture[str]) -> Iterator[None]:
    """Logging, set up and put back as it was."""
    root, factory = logging.getLogger(), logging.getLogRecordFactory()
    level, hooks, loud = root.level, (sys.excepthook, threading.excepthook), logging.raiseExceptions
    configure_logging(json=True)
    yield
    logging.captureWarnings(False)
    logging.setLogRecordFactory(factory)
    logging.raiseExceptions = loud
    root.handlers[:] = [one for one in root.handlers if not isinstance(one.formatter, RedactedFormatter)]
    root.setLevel(level)
    sys.excepthook, threading.excepthook = hooks
    structlog.reset_defaults()


def _lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    captured = capsys.readouterr()
    assert captured.out == ""
    assert CANARY not in captured.err
    return [json.loads(line) for line in captured.err.splitlines()]


def test_ids_codes_and_counts_pass() -> None:
    event = {
        "event": "attempt_failed",
        "authorization_id": "auth_0b9de1b2c3d4e5f60718293a4b5c6d7e",
        "code": "portal_timeout",
        "region": "2102",
        "route": "rpa",
        "seconds": 1.5,
        "rows": 10_000,
        "datasets": ["invoice", "taxpayer"],
        "expires_at": datetime(2026, 1, 2, tzinfo=UTC),
        "ref": "vault:data/consent_1/raw.invoice/7/1",
    }
    assert redacted(event) == {**event, "expires_at": "2026-01-02T00:00:00+00:00"}


@pytest.mark.parametrize(
    "key", ["password", "text", "answer", "payload", "url", "body", "name", "anything_new"]
)
def test_a_key_that_is_not_known_says_nothing(key: str) -> None:
    assert redacted({key: "x"}) == {key: REDACTED}
    assert redacted({key: 7}) == {key: REDACTED}


@pytest.mark.parametrize(
    "value",
    [f"failed: {CANARY}", "大连某某商贸有限公司", b"bytes", object(), "x" * 200, 13_812_345_678, '{"a":1}'],
)
def test_an_allowed_key_holds_only_code_like_words(value: object) -> None:
    assert redacted({"reason": value}) == {"reason": REDACTED}


def test_the_digits_of_a_text_message_are_no_error_code() -> None:
    assert redacted({"code": "482913"}) == redacted({"code": 482913}) == {"code": REDACTED}


def test_nesting_hides_nothing() -> None:
    event = {"step": {"state": "working", "password": CANARY, "rows": [1, {"text": CANARY}]}}
    assert redacted(event) == {
        "step": {"state": "working", "password": REDACTED, "rows": [1, {"text": REDACTED}]}
    }


@pytest.mark.parametrize(
    "number",
    [
        "91210200MA0XQ1RK4Y",
        "110101199003070011",
        "11010119900307001X",
        "13812345678",
        "+86 138 1234 5678",
        "6222021234567890123",
        "6222 0212 3456 7890 123",
    ],
    ids=["uscc", "person", "person_x", "phone", "phone_spaced", "account", "account_spaced"],
)
def test_what_looks_like_a_persons_number_is_masked(number: str) -> None:
    text = masked(f"id:{number}, end")
    assert number not in text
    assert number[4:-2] not in text
    assert text.startswith("id:")
    assert text.endswith(", end")
    assert number not in str(redacted({"taxpayer_id": number}))


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-24T18:25:42.123456+00:00",
        "2025-01..2025-12",
        "auth_3f2a1b",
        "0123456789ab" * 5,
        "127.0.0.1:5432",
    ],
)
def test_dates_periods_and_ids_are_not_masked(text: str) -> None:
    assert masked(text) == text


def test_an_exception_shows_its_class_its_code_and_its_place(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        try:
            raise KeyError(CANARY)
        except KeyError as error:
            raise CredentialsRejected(CANARY) from error
    except CredentialsRejected as error:
        summary = described(error)
        structlog.get_logger().exception("sign_in_failed", detail=str(error))
    assert summary["exception"] == "CredentialsRejected"
    assert summary["code"] == "credentials_rejected"
    assert summary["causes"] == ["KeyError"]
    (line,) = _lines(capsys)
    assert line["event"] == "sign_in_failed"
    assert line["detail"] == REDACTED
    assert line["error"] == summary


def test_an_event_with_a_value_worked_into_it_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    structlog.get_logger().warning(f"password was {CANARY}")
    assert _lines(capsys)[0]["event"] == REDACTED


@pytest.mark.parametrize("name", LIBRARIES)
def test_a_library_logs_its_own_words_and_numbers_only(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    logger = logging.getLogger(name)
    logger.setLevel(logging.WARNING)  # whatever a server of another test has set
    logger.warning("Starting up.")
    logger.warning("Retry %d of %s", 3, CANARY)
    logger.warning("Read %(path)s", {"path": CANARY})
    logger.warning(f"typed {CANARY}")
    logger.warning(f"typed {CANARY} into %s", "a field")
    logger.warning("wrong %d", CANARY)
    logger.warning(ValueError(CANARY))
    events = [line["event"] for line in _lines(capsys)]
    assert events == ["Starting up.", f"Retry 3 of {REDACTED}", f"Read {REDACTED}", *[REDACTED] * 4]


def test_a_library_with_a_way_out_of_its_own_takes_ours(capsys: pytest.CaptureFixture[str]) -> None:
    logger = logging.getLogger("library.of.its.own")
    logger.addHandler(logging.StreamHandler())
    logger.propagate = False
    configure_logging(json=True)
    logger.warning(f"typed {CANARY}")
    assert [line["event"] for line in _lines(capsys)] == [REDACTED]


@pytest.mark.parametrize("name", LIBRARIES)
def test_a_librarys_traceback_loses_its_text(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        raise RuntimeError(CANARY)
    except RuntimeError:
        logging.getLogger(name).exception("Task failed", stack_info=True)
    (line,) = _lines(capsys)
    assert isinstance(line["error"], dict)
    assert line["error"]["exception"] == "RuntimeError"


def test_a_handler_that_fails_prints_no_exception(capsys: pytest.CaptureFixture[str]) -> None:
    logger = logging.getLogger("dbos")
    broken = logging.StreamHandler(open(os.devnull))  # noqa: SIM115  (closed below; writing to it fails)
    logger.addHandler(broken)
    try:
        raise RuntimeError(CANARY)
    except RuntimeError:
        logger.exception("Task failed")
    finally:
        logger.removeHandler(broken)
        broken.stream.close()
    assert len(_lines(capsys)) == 1


def test_a_handler_that_a_library_brings_sees_no_more(capsys: pytest.CaptureFixture[str]) -> None:
    logger = logging.getLogger("playwright")
    own = logging.StreamHandler(sys.stderr)
    own.setFormatter(logging.Formatter('{"own": "%(message)s"}'))
    logger.addHandler(own)
    try:
        raise RuntimeError(CANARY)
    except RuntimeError:
        logger.exception(f"typed {CANARY}")
    finally:
        logger.removeHandler(own)
    assert _lines(capsys)[0] == {"own": REDACTED}


def test_warnings_and_uncaught_exceptions_lose_their_text(capsys: pytest.CaptureFixture[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(True)
        warnings.warn(CANARY, stacklevel=1)
    error = RuntimeError(CANARY)
    sys.excepthook(RuntimeError, error, None)

    def fail() -> None:
        raise error

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    events = [line["event"] for line in _lines(capsys)]
    assert events[-2:] == ["uncaught_exception"] * 2


def test_the_console_form_is_redacted_as_well(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(json=False)
    structlog.get_logger().error("sign_in_failed", password=CANARY, region="11")
    logging.getLogger("requests").error(f"typed {CANARY}")
    written = capsys.readouterr().err
    assert CANARY not in written
    assert "sign_in_failed" in written
    assert REDACTED in written
