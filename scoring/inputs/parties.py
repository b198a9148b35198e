"""Counterparties: one key for one company, and what the key alone tells about it."""

from __future__ import annotations

import re
from functools import lru_cache

from schema.taxpayer_id import is_valid

INDIVIDUAL = "个人"
"""The one key that all personal titles collapse to."""

_BRACKETS = re.compile(r"[（(\[【<《][^）)\]】>》]*[）)\]】>》]")
_NOISE = re.compile(r"[\s　·.,，。\-_*]+")
_SUFFIX = re.compile(r"(股份有限公司|有限责任公司|集团有限公司|有限公司|分公司|公司)$")
_PERSON_ID = re.compile(r"\d{17}[\dX]")
_PERSON_TITLE = re.compile(r"(先生|女士|小姐|同志)$")
_HAN_NAME = re.compile(r"[\u4e00-\u9fff]{2,3}")
_COMPANY_WORD = re.compile(
    r"(公司|厂|店|行|部|院|所|中心|社|会|局|校|馆|队|站|铺|坊|庄|场|室|处|市|县|省|区|镇|村|银行)$"
)
_PLACE = re.compile(r"^(中国|[\u4e00-\u9fff]{2,3}?省)?([\u4e00-\u9fff]{2,3}?市)?(?=[\u4e00-\u9fff]{2,})")


@lru_cache(maxsize=1 << 18)
def fold_name(name: str) -> str:
    """A company name without brackets, place prefix, company suffix and punctuation; or ``个人``."""
    plain = _NOISE.sub("", _BRACKETS.sub("", name)).upper()
    if is_personal(name, plain):
        return INDIVIDUAL
    core = _PLACE.sub("", _SUFFIX.sub("", plain), count=1)
    return core or plain or name.strip()


def is_personal(name: str, plain: str) -> bool:
    """Whether a title names a natural person: ``个人``, ``张三（个人）``, ``李先生``, ``王五``."""
    if INDIVIDUAL in name and not _COMPANY_WORD.search(plain):
        return True
    if _PERSON_TITLE.search(plain):
        return True
    return bool(_HAN_NAME.fullmatch(plain)) and not _COMPANY_WORD.search(plain)


def party_key(identifier: str | None, name: str | None) -> str | None:
    """The key of a counterparty: its id, else its folded name; ``个人`` for a natural person; None when
    nothing is told."""
    code = (identifier or "").strip().upper()
    if code:
        return INDIVIDUAL if _PERSON_ID.fullmatch(code) and not is_valid(code) else code
    return fold_name(name) if name and name.strip() else None


def province(key: str) -> str | None:
    """The two-digit province of a company id (18 characters, the older 15 or 20); None for other keys."""
    if len(key) == 18 and is_valid(key):
        return None if key[2:8] == "100000" else key[2:4]
    return key[:2] if len(key) in (15, 20) and key[:6].isdigit() else None
