"""A simulated borrower: knows a company's account and phone, and answers what the link page asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from demo.portals import Portals

_MAY_AUTHORIZE = ("法定代表人", "财务负责人")


@dataclass(frozen=True)
class Person:
    """Somebody with an account. ``password`` may be wrong on purpose."""

    portals: Portals
    region: str
    taxpayer_id: str
    person_id: str
    name: str
    phone: str
    password: str

    def answer(self, challenge: dict[str, Any]) -> dict[str, str]:
        """What this person would type, drag or choose. ``challenge`` is as the link page gets it."""
        match challenge["kind"]:
            case "credentials":
                return {"person_id": self.person_id, "password": self.password}
            case "sms_code":
                return {"code": self.portals.sms_code(self.region, self.phone)}
            case "picture":
                return {"text": self._captcha()}
            case "slider":
                return {"x": self._captcha()}
            case "identity":
                return {"choice": self._identity(challenge["options"])}
            case kind:
                raise ValueError(f"nobody taught this person to answer {kind}")

    def _captcha(self) -> str:
        return self.portals.captcha(f"{self.region}.rpa", self.person_id)["solution"]

    def _identity(self, options: list[dict[str, str]]) -> str:
        mine = [option for option in options if self.taxpayer_id in option["label"]]
        fitting = [option for option in mine if option["role"] in _MAY_AUTHORIZE] or mine
        return fitting[0]["id"]


def people(portals: Portals, portal: str) -> list[Person]:
    """One person who may authorize for each normal company of a portal."""
    found = []
    for company in portals.companies(portal):
        if company["status"] != "正常":
            continue
        for each in company["people"]:
            if each["roles"].get(company["taxpayer_id"]) in _MAY_AUTHORIZE:
                facts = {name: each[name] for name in ("person_id", "name", "phone", "password")}
                found.append(Person(portals, portal.split(".")[0], company["taxpayer_id"], **facts))
                break
    return found
