"""统一社会信用代码 (unified social credit code, USCC), GB 32100-2015.

18 characters: registering department (1), kind (1), division code of the registering authority (6),
subject code (9), check character (1). Weights are 3^(i-1) mod 31, check = (31 - sum mod 31) mod 31.
"""

from __future__ import annotations

from schema.errors import InvalidTaxpayerId

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_VALUE = {character: value for value, character in enumerate(ALPHABET)}
_WEIGHTS = tuple(pow(3, position, 31) for position in range(17))


def check_character(body: str) -> str:
    """The check character of the first 17 characters. Raises ``InvalidTaxpayerId`` for a foreign
    character."""
    try:
        total = sum(_VALUE[character] * weight for character, weight in zip(body, _WEIGHTS, strict=True))
    except (KeyError, ValueError):
        raise InvalidTaxpayerId from None
    return ALPHABET[(31 - total % 31) % 31]


def parse(text: str) -> str:
    """Upper-case, trimmed, checked USCC. Raises ``InvalidTaxpayerId``."""
    code = text.strip().upper()
    if len(code) != 18 or check_character(code[:17]) != code[17]:
        raise InvalidTaxpayerId
    return code


def is_valid(text: str) -> bool:
    """Whether ``text`` is a USCC with the right check character."""
    try:
        parse(text)
    except InvalidTaxpayerId:
        return False
    return True


def division(code: str) -> str:
    """The six-digit division code of the registering authority (``100000`` is the national register)."""
    return code[2:8]


def masked(code: str) -> str:
    """For display and logs: the first eight and the last two characters."""
    return f"{code[:8]}{'*' * max(0, len(code) - 10)}{code[-2:]}" if len(code) > 10 else "*" * len(code)
