"""The console's users in a demonstration, and the codes that their telephones would show.

Synthetic people with known passwords: a real deployment begins with ``taxlink user add --role admin``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pyotp
from rich.console import Console

from authz.access.roles import Role
from stages.workshop import Workshop
from store.database import now

FILE = "users.json"
_PEOPLE = {"olivia": Role.OPERATOR, "rui": Role.RISK, "wen": Role.RISK, "ada": Role.ADMIN}
_PASSWORD = "demonstration only"


def add(shop: Workshop) -> None:
    """Four users with a telephone each, whose secret is written down for ``shown``."""
    told = {}
    for name, role in _PEOPLE.items():
        user = shop.access.users.add("bank", name, role, _PASSWORD, actor="demo")
        secret = shop.access.users.secret(user)
        shop.access.users.enrol(user, pyotp.TOTP(secret).at(now(), counter_offset=-1))
        told[name] = {"role": role, "password": _PASSWORD, "secret": secret}
    (shop.settings.home / FILE).write_text(json.dumps(told))


def known(home: Path) -> dict[str, dict[str, Any]]:
    """Name to role, password and present code."""
    told: dict[str, dict[str, Any]] = json.loads((home / FILE).read_text())
    return {
        name: {"role": each["role"], "password": each["password"], "code": pyotp.TOTP(each["secret"]).now()}
        for name, each in told.items()
    }


def lines(home: Path) -> list[str]:
    """As a person reads them."""
    return [
        f"  {name:8}{each['role']:10}password: {each['password']}   code now: {each['code']}"
        for name, each in known(home).items()
    ]


if __name__ == "__main__":
    Console().print(*lines(Path(sys.argv[1])), sep="\n")
