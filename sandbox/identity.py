"""Numbers of synthetic companies and persons: formally valid, given to nobody on purpose."""

from __future__ import annotations

import hashlib
from random import Random

from schema.taxpayer_id import ALPHABET, check_character

_CITIZEN_WEIGHTS = tuple(pow(2, 17 - position, 11) for position in range(17))
_CITIZEN_CHECK = "10X98765432"


def division_code(region: str, district: int) -> str:
    """A division code whose default region is ``region``: prefix, first prefecture, a district."""
    return f"{region}01"[:4] + f"{district:02d}"


def company_id(division: str, rng: Random) -> str:
    """A valid USCC of an enterprise (91) registered in the division."""
    body = f"91{division}MA" + "".join(rng.choices(ALPHABET, k=7))
    return body + check_character(body)


def company_id_of(code: str, region: str) -> str:
    """The USCC that stands for a firm known by a code only: the same code and region give the same id."""
    seed = hashlib.blake2b(f"{region}:{code}".encode(), digest_size=8).hexdigest()
    return company_id(division_code(region, 4), Random(seed))


def citizen_id(division: str, rng: Random) -> str:
    """An 18-character citizen id with the right check character (GB 11643-1999)."""
    born = f"{rng.randint(1965, 1995)}{rng.randint(1, 12):02d}{rng.randint(1, 28):02d}"
    body = f"{division}{born}{rng.randint(0, 999):03d}"
    total = sum(int(digit) * weight for digit, weight in zip(body, _CITIZEN_WEIGHTS, strict=True))
    return body + _CITIZEN_CHECK[total % 11]
