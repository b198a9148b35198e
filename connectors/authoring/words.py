"""Redaction by default: of a portal's texts only the words of its trade, ``words.txt``, are kept, and of its
names only what looks like code. What a person typed, or the portal knows about a person, is neither."""

from __future__ import annotations

import re
from pathlib import Path

from schema.errors import (
    AccountLocked,
    ChallengeExpired,
    ChallengeRejected,
    CredentialsRejected,
    PortalMaintenance,
    RateLimited,
    RoleNotPermitted,
    TaxlinkError,
    TaxpayerAbnormal,
    TaxpayerNotFound,
)

GAP = "…"
"""Stands for everything that is not a known word."""

_KNOWN = Path(__file__).with_name("words.txt").read_text("utf-8").split()
_WORDS = re.compile("|".join(sorted(_KNOWN, key=len, reverse=True)))
_CODE_LIKE = re.compile(r"(?!.*\d{4})[A-Za-z_][A-Za-z0-9_.:-]{0,39}")
_SEGMENT = re.compile(r"(?!.*\d{4})[A-Za-z_.~-][A-Za-z0-9_.~-]{0,39}")

_CAUSES: tuple[tuple[str, type[TaxlinkError]], ...] = (
    ("锁定|冻结", AccountLocked),
    ("维护|升级|暂停服务", PortalMaintenance),
    ("频繁", RateLimited),
    ("次数过多|超限|上限", ChallengeRejected),
    ("验证码.*(过期|失效)", ChallengeExpired),
    ("验证码.*(错误|有误|不正确)", ChallengeRejected),
    ("(账号|账户|用户|密码|口令).*(错误|有误|不正确|不匹配)", CredentialsRejected),
    ("未查询到|未找到|不存在", TaxpayerNotFound),
    ("无权|未授权|仅", RoleNotPermitted),
    ("非正常|注销|停业", TaxpayerAbnormal),
)


def known(text: str) -> str:
    """The known words in their order: ``账号张三的密码错误`` → ``账号…密码错误``; empty without any."""
    parts, end = list[str](), 0
    for found in _WORDS.finditer(text):
        if parts and found.start() > end:
            parts.append(GAP)
        parts.append(found.group())
        end = found.end()
    return "".join(parts)


def code(name: str) -> str:
    """An id, name or class as a program would write it; empty for any other, above all for long numbers."""
    return name if _CODE_LIKE.fullmatch(name) else ""


def path(raw: str) -> str:
    """A path without query and session; a segment that is no plain word is ``{}``."""
    plain = raw.partition("?")[0].partition("#")[0].partition(";")[0]
    return "/".join(part if not part or _SEGMENT.fullmatch(part) else "{}" for part in plain.split("/"))


def cause(words: str) -> str:
    """The code of the cause that known words most likely tell; empty when they tell none."""
    return next((kind.cause_code() for pattern, kind in _CAUSES if re.search(pattern, words)), "")
