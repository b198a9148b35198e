"""What an answer must look like before it is sealed, by the kind of its challenge."""

from __future__ import annotations

import re
from collections.abc import Collection

from connectors.interface import Answer, ChallengeKind
from schema.errors import AnswerInvalid

FIELDS: dict[ChallengeKind, dict[str, str]] = {
    ChallengeKind.CREDENTIALS: {"person_id": r"[0-9A-Za-z]{6,32}", "password": r"(?s).{1,128}"},
    ChallengeKind.SMS_CODE: {"code": r"[0-9]{4,8}"},
    ChallengeKind.PICTURE: {"text": r"\w{1,12}"},
    ChallengeKind.SLIDER: {"x": r"[0-9]{1,4}(\.[0-9]{1,3})?"},
    ChallengeKind.IDENTITY: {"choice": r"[\w.:-]{1,64}"},
    ChallengeKind.APP_APPROVAL: {},
    ChallengeKind.QR: {},
    ChallengeKind.REDIRECT: {"response": r"[\x21-\x7e]{1,4096}"},
}
"""The fields of an answer by kind, with the pattern that the whole value must match."""


def check(kind: ChallengeKind, fields: Answer, offered: Collection[str] = ()) -> None:
    """Raises ``AnswerInvalid``. ``offered`` are the options of an identity challenge, by id."""
    expected = FIELDS[kind]
    if set(fields) != set(expected):
        raise AnswerInvalid(f"expected {', '.join(sorted(expected))}")
    if not all(
        isinstance(fields[name], str) and re.fullmatch(rule, fields[name]) for name, rule in expected.items()
    ):
        raise AnswerInvalid
    if kind is ChallengeKind.IDENTITY and fields["choice"] not in offered:
        raise AnswerInvalid("not among the options")
