"""A simulated borrower: knows a company's account and phone, and answers what the link page asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from connectors.testing.portals import Portals

_MAY_AUTHORIZE = ("法定代表人", "财务负责人")
_BUREAUS = ("foresee", "servyou")
"""Families whose API asks the person to sign in."""


@dataclass(frozen=True)
class Person:
    """Somebody with an account. ``password`` may be wrong on purpose. ``route`` is the one that asks, where
    it is known; else it is told from the captcha that is open."""

    portals: Portals
    region: str
    taxpayer_id: str
    person_id: str
    name: str
    phone: str
    password: str
    route: str = ""

    def answer(self, challenge: dict[str, Any]) -> dict[str, str]:
        """What this person would type, drag or choose, once the tax app has its due. ``challenge`` is as the
        link page gets it."""
        match challenge["kind"]:
            case "credentials":
                return {"person_id": self.person_id, "password": self.password}
            case "sms_code":
                return {"code": self.portals.sms_code(self.phone)}
            case "picture":
                return {"text": self._captcha(self.route or ("api" if self._signs_in_by_api() else "rpa"))}
            case "slider":
                return {"x": self._captcha("rpa")}
            case "identity":
                return {"choice": self._identity(challenge["options"])}
            case "app_approval":
                self._approve(challenge.get("hint", ""))
                return {}
            case "qr":
                for decision in ("scan", "confirm"):
                    picture = challenge["picture"]
                    self.portals.decide(f"{self.region}.rpa", self.person_id, decision, picture=picture)
                return {}
            case "redirect":
                return {"response": self.portals.sign_in(challenge["url"], self.person_id, self.password)}
            case kind:
                raise ValueError(f"nobody taught this person to answer {kind}")

    def _approve(self, number: str) -> None:
        """In the app of the platform that asks: an API's own, or the tax app, which shows the number too."""
        api = self.portals.endpoints.get(f"{self.region}.api", {})
        if api.get("family") == "oauth" and self.route != "rpa":
            self.portals.approve(f"{self.region}.api", self.person_id)
            return
        portal = f"{self.region}.rpa"
        for task in self.portals.tax_app(portal, self.person_id):
            if task["kind"] == "sign_in" and number in ("", task["number"]):
                self.portals.decide(portal, self.person_id, "confirm", id=task["id"])

    def _captcha(self, route: str) -> str:
        return self.portals.captcha(f"{self.region}.{route}", self.person_id)["solution"]

    def _signs_in_by_api(self) -> bool:
        """Whether the API of this region is a bureau that has a picture captcha open for this person."""
        portal = f"{self.region}.api"
        family = self.portals.endpoints.get(portal, {}).get("family")
        return family in _BUREAUS and self.portals.has_captcha(portal, self.person_id)

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
