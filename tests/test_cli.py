"""The ``taxlink`` command: thin, honest exit codes, JSON everywhere."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from connectors.breaker import Signal
from connectors.overlay import BreakerRules, Limits
from connectors.places import Place
from schema.dataset import Route
from settings import Settings
from stages.workshop import Workshop
from store import audit_table

COMPANY = "91310000MA1FL8XQ37"
ROOT = Path(__file__).parents[1]


class Terminal:
    """Runs the command in a folder of its own."""

    def __init__(self, home: Path) -> None:
        self.environment = {"TAXLINK_HOME": str(home), "PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)}

    def run(self, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "cli", *arguments]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, input=typed)

    def json(self, *arguments: str) -> Any:
        done = self.run(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path / "home")


def test_an_authorization_is_asked_for_shown_and_listed(terminal: Terminal) -> None:
    asked = terminal.json("authorize", COMPANY, "--amount", "300000.50")
    assert "/link/" in asked["link"]
    shown = terminal.json("show", asked["id"])
    assert (shown["state"], shown["region"], shown["amount"]) == ("requested", "31", "300000.50")
    assert [each["id"] for each in terminal.json("list")] == [asked["id"]]
    assert terminal.json("withdraw", asked["id"])["state"] == "closed"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("authorize", "91310000MA1FL8XQ38"), "invalid_taxpayer_id"),
        (("authorize", COMPANY, "--region", "99"), "unknown_region"),
        (("show", "auth_unknown"), "authorization_unknown"),
        (("rerun", "auth_unknown"), "authorization_unknown"),
        (("score", "auth_unknown"), "authorization_unknown"),
    ],
)
def test_a_wrong_call_ends_with_a_named_error_and_no_traceback(
    terminal: Terminal, arguments: tuple[str, ...], code: str
) -> None:
    done = terminal.run(*arguments)
    assert done.returncode == 1
    assert code in done.stderr
    assert "Traceback" not in done.stderr + done.stdout


def test_what_cannot_be_rerun_is_refused(terminal: Terminal) -> None:
    id = terminal.json("authorize", COMPANY)["id"]
    done = terminal.run("rerun", id)
    assert done.returncode == 1
    assert "state_conflict" in done.stderr


def test_the_regions_are_listed_with_their_routes(terminal: Terminal) -> None:
    routes = {(each["code"], each["route"], each["family"]) for each in terminal.json("regions")}
    assert {
        ("44", "api", "gateway"),
        ("44", "rpa", "unified"),
        ("31", "api", "gateway"),
        ("51", "rpa", "unified"),
    } <= routes
    assert len({code for code, *_ in routes}) == 36


def test_a_route_is_listed_with_its_health(terminal: Terminal) -> None:
    shop = Workshop(Settings.from_environment(terminal.environment), name="test")
    for _ in range(5):
        shop.breakers.note(Place("44", Route.API), Signal.FAULT, BreakerRules())
    shop.leases.take(Place("51", Route.RPA), "somebody", Limits())
    shop.close()
    listed = {(each["code"], each["route"]): each for each in terminal.json("regions")}
    assert {each["breaker"] for key, each in listed.items() if key != ("44", "api")} == {"closed"}
    assert listed["44", "api"]["breaker"] == "open"
    assert listed["51", "rpa"]["visits"].startswith("1/")
    assert listed["51", "rpa"]["verified"] == "no"


def test_a_regions_overlay_is_written_and_not_replaced_unasked(terminal: Terminal, tmp_path: Path) -> None:
    asked = ("connector", "new", "53", "--family", "gateway", "--into", str(tmp_path / "regions"))
    assert terminal.run(*asked).returncode == 0
    assert {each.name for each in (tmp_path / "regions").iterdir()} == {"53.toml", "test_53.py"}
    again = terminal.run(*asked)
    assert (again.returncode, "--force" in again.stderr, "Traceback" in again.stderr) == (1, True, False)


def test_the_audit_log_verifies_until_somebody_alters_it(terminal: Terminal) -> None:
    terminal.json("authorize", COMPANY)
    assert terminal.json("audit", "verify")["intact"] is True
    shop = Workshop(Settings.from_environment(terminal.environment), name="test")
    with shop.store.begin() as connection:
        connection.execute(update(audit_table.audit_record).values(actor="nobody"))
    shop.close()
    done = terminal.run("audit", "verify", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["intact"] is False


def test_a_key_is_shown_once_and_kept_as_a_hash(terminal: Terminal, tmp_path: Path) -> None:
    issued = terminal.json("key", "issue", "core")
    assert issued["bearer"].startswith("tlk_")
    assert issued["webhook_secret"].startswith("whsec_")
    for path in (tmp_path / "home").iterdir():
        content = path.read_bytes()
        assert issued["bearer"].encode() not in content
        assert issued["webhook_secret"].removeprefix("whsec_").encode() not in content


def test_a_key_is_issued_for_less_listed_rotated_and_revoked(terminal: Terminal) -> None:
    options = ("--scope", "authorizations:read", "--scope", "scores:read", "--expires", "2099-01-01")
    terminal.json("key", "issue", "board", *options)
    (listed,) = terminal.json("key", "list")
    assert listed["scopes"] == ["authorizations:read", "scores:read"]
    assert (listed["state"], listed["expires"][:10]) == ("active", "2098-12-31")
    assert terminal.json("key", "rotate", listed["id"])["bearer"].startswith("tlk_")
    assert terminal.run("key", "revoke", listed["id"]).returncode == 0
    states = {each["id"]: each["state"] for each in terminal.json("key", "list")}
    assert states.pop(listed["id"]) == "revoked"
    assert list(states.values()) == ["active"]


def test_a_users_password_is_asked_for_and_never_an_argument(terminal: Terminal) -> None:
    add = ("user", "add", "ada", "--role", "admin", "--json")
    weak = terminal.run(*add, typed="short\n")
    assert (weak.returncode, "password_too_weak" in weak.stderr) == (1, True)
    assert terminal.run(*add, "--password", "correct horse battery").returncode == 2
    made = terminal.run(*add, typed="correct horse battery\n")
    assert json.loads(made.stdout)["role"] == "admin"
    for change in ("reset", "disable"):
        assert terminal.run("user", change, "ada").returncode == 0
    (listed,) = terminal.json("user", "list")
    assert (listed["name"], listed["enrolled"], bool(listed["disabled"])) == ("ada", None, True)


def test_a_benchmark_is_a_process_of_its_own_with_its_own_options(terminal: Terminal) -> None:
    told = terminal.run("bench", "fleet", "--authorizations", "many")
    assert told.returncode == 2
    assert "--authorizations: invalid int value" in told.stderr
