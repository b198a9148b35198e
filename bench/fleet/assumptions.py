"""What the fleet experiment takes for granted: each number once, with where it comes from."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any


def _taken(value: float, what: str, origin: str) -> Any:
    return field(default=value, metadata={"what": what, "origin": origin})


@dataclass(frozen=True)
class Assumptions:
    """Seconds of people, faults and rests are those of a real day; the experiment runs them ``scale`` times
    as fast."""

    scale: float = _taken(20, "real seconds of people, outages and rests in one of ours", "chosen")
    arrival_seconds: float = _taken(
        14,
        "an application arrives every so many seconds, evenly over the day",
        "what two cores take in: 0.7 of our seconds each",
    )
    patience_minutes: float = _taken(
        200,
        "minutes after the day's last application that one may still be under way",
        "chosen: to the end of the evening, ten of our minutes",
    )
    slow_share: float = _taken(0.05, "share of requests answered slowly", "given")
    slow_seconds: float = _taken(
        10, "how late a slow answer is", "chosen: a person waits, a script's timeout does too"
    )
    error_share: float = _taken(0.05, "share of requests answered with HTTP 500", "given; taken by request")
    lost_share: float = _taken(
        0.003, "share of requests on a session that end it", "chosen: about one authorization in twenty"
    )
    outages: int = _taken(
        1, "outages of each portal (a region's route) in the day", "given; their number chosen"
    )
    outage_least: float = _taken(
        1 / 60, "shortest outage, of the day", "chosen: some eight minutes of 7.8 hours"
    )
    outage_most: float = _taken(1 / 20, "longest outage, of the day", "chosen: some 23 minutes of 7.8 hours")
    layouts: int = _taken(
        2,
        "regions with both routes where one changes its form for good, in the middle of the day",
        "given",
    )
    dead: int = _taken(1, "regions of one route that is down all day: not achievable", "given")
    wrong_password: float = _taken(
        0.02,
        "share of applications with a wrong password, where every route asks for one: not achievable",
        "chosen",
    )
    wrong_captcha: float = _taken(0.2, "how often a person gets a captcha wrong", "given")
    credentials_seconds: float = _taken(20, "a person takes to type an account and a password", "chosen")
    captcha_seconds: float = _taken(8, "… to solve a captcha", "chosen")
    other_seconds: float = _taken(15, "… for a code from the phone, a scan, an approval, a choice", "chosen")
    timeout_seconds: float = _taken(
        120, "a portal has for an answer, in all arms", "chosen: six seconds of ours"
    )
    tries: int = _taken(3, "tries of the whole authorization with retry, by the person anew", "chosen")
    first_pause: float = _taken(30, "seconds before the second try, doubled before the third", "chosen")
    rest_seconds: float = _taken(30, "first rest of a circuit breaker", "the product's default")
    longest_rest_seconds: float = _taken(600, "longest rest of a circuit breaker", "the product's default")

    def ours(self, seconds: float) -> float:
        """Seconds of the real day in the experiment's."""
        return seconds / self.scale


def table(taken: Assumptions) -> str:
    """All of it, as rows of Markdown."""
    rows = [
        f"| {each.metadata['what']} | {getattr(taken, each.name):.3g} | {each.metadata['origin']} |"
        for each in fields(taken)
    ]
    return "\n".join(["| assumed | value | from |", "|---|---|---|", *rows])
