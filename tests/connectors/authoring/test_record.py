"""A recorded sign-in: what was done is kept, what was typed is nowhere."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page

from connectors.authoring import proposal, words
from connectors.authoring.drafts import save
from connectors.authoring.recorder import SCRIPT, record
from connectors.authoring.recording import Recording
from connectors.families.unified.outcomes import FaultPattern, Marker
from connectors.overlay import parse
from connectors.testing.person import Person, people
from connectors.testing.portals import Portals
from schema.errors import InvalidRequest, RouteBroken

PORTAL = "51.rpa"
CANARIES = {
    "#tx-company": "91CANARYCOMPANY7X",
    "#tx-account": "CanaryAccount",
    "#tx-password": "金丝雀Canary-Pass9",
    "#tx-letters": "KNRY",
    "#tx-code": "canary-code-551",
}


@dataclass
class Actor:
    """Types canaries everywhere first, then signs in as a person of the sandbox."""

    portals: Portals
    person: Person

    async def __call__(self, page: Page) -> None:
        typed = {**CANARIES, "#tx-company": self.person.taxpayer_id}
        await self._sign_in(page, CANARIES)
        await page.wait_for_selector("#tx-message")
        await self._sign_in(page, typed)
        await page.wait_for_selector("#tx-message")
        own = {"#tx-account": self.person.person_id, "#tx-password": self.person.password}
        await self._sign_in(page, {**typed, **own})
        await page.wait_for_url("**/tpass/sms")
        for code in (CANARIES["#tx-code"], self.portals.sms_code(self.person.phone)):
            await page.fill("#tx-code", code)
            async with page.expect_navigation():
                await page.click("#tx-sms-submit")
        if "/tpass/identity" in page.url:
            row = page.locator("#tx-identity tr", has_text=self.person.taxpayer_id).first
            await row.locator("input").check()
            await page.click("#tx-identity-submit")
        await page.wait_for_selector("#tx-company-id")

    async def _sign_in(self, page: Page, typed: dict[str, str]) -> None:
        """The form, then the captcha: a canary first where it takes letters, then the right answer."""
        for field in ("#tx-company", "#tx-account", "#tx-password"):
            await page.fill(field, typed[field])
        await page.click("#tx-submit")
        await page.wait_for_selector("#tx-captcha:not([hidden])")
        kind = await page.get_attribute("#tx-captcha", "data-kind")
        if kind == "picture":
            await self._spell(page, typed["#tx-letters"])
        solution = self.portals.captcha(PORTAL, typed["#tx-account"])["solution"]
        kind = await page.get_attribute("#tx-captcha", "data-kind")
        async with page.expect_navigation():
            await (self._drag(page, float(solution)) if kind == "slider" else self._letters(page, solution))

    async def _spell(self, page: Page, letters: str) -> None:
        serial = await page.get_attribute("#tx-captcha", "data-serial")
        await self._letters(page, letters)
        await page.wait_for_selector(f"#tx-captcha:not([data-serial='{serial}'])")

    async def _letters(self, page: Page, letters: str) -> None:
        await page.fill("#tx-letters", letters)
        await page.click("#tx-letters-send")

    async def _drag(self, page: Page, x: float) -> None:
        handle = await page.locator("#tx-handle").bounding_box()
        assert handle is not None
        left, top = handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2
        await page.mouse.move(left, top)
        await page.mouse.down()
        await page.mouse.move(left + x, top, steps=3)
        await page.mouse.up()


@dataclass
class Recorded:
    recording: Recording
    folder: Path
    person: Person

    def portal(self) -> dict[str, Any]:
        return tomllib.loads((self.folder / "portal.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def recorded(start_sandbox: Callable[..., Portals], tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    portals = start_sandbox("--regions", "51", "--families", "unified", "--count", "3", "--invoices", "4")
    folder, person = tmp_path_factory.mktemp("recorded"), people(portals, PORTAL)[0]
    url = portals.endpoints[PORTAL]["base_url"] + "/etax/home"
    recording = record(url, folder, headless=True, person=Actor(portals, person))
    save(proposal.drafts(recording, "51", "unified", folder), force=True)
    return Recorded(recording, folder, person)


@pytest.mark.browser
def test_nothing_that_was_typed_is_in_anything_that_was_written(recorded: Recorded) -> None:
    person = recorded.person
    own = (person.taxpayer_id, person.person_id, person.password, person.phone, person.name)
    secrets = {*CANARIES.values(), *own}
    written = [each for each in recorded.folder.iterdir() if each.is_file()]
    assert {"steps.json", "portal.toml", "51.toml", "test_51.py", "README.md", "page-1.png"} <= {
        each.name for each in written
    }
    for file in written:
        content = file.read_bytes()
        assert not [secret for secret in secrets if secret.encode() in content], file.name
    assert not [secret for secret in secrets if secret in repr(recorded.recording)]


@pytest.mark.browser
def test_the_steps_tell_which_fields_were_filled_and_what_was_pressed(recorded: Recorded) -> None:
    steps = json.loads((recorded.folder / "steps.json").read_text(encoding="utf-8"))
    filled = {each.get("id") for each in steps if each["did"] == "filled"}
    assert {"tx-company", "tx-account", "tx-password", "tx-code"} <= filled
    assert {"tx-submit", "tx-sms-submit"} <= {each.get("id") for each in steps if each["did"] == "pressed"}
    assert {"tx-handle", "tx-letters"} & {each.get("id") for each in steps}
    assert [each["path"] for each in steps if each["did"] == "went"][-1] == "/etax/home"
    password = next(each for each in steps if each.get("id") == "tx-password")
    assert (password["type"], password["label"]) == ("password", "个人用户密码")


@pytest.mark.browser
def test_the_outcome_map_has_the_markers_and_the_faults_that_were_seen(recorded: Recorded) -> None:
    proposed = recorded.portal()
    markers = {each["name"]: Marker.model_validate(each).at for each in proposed["page"]}
    assert markers["sign_in"] == "//form[@id='tx-login']"
    assert markers["sms"] == "//form[@id='tx-sms']"
    assert "tx-captcha" in markers["captcha"]
    faults = {each["cause"]: FaultPattern.model_validate(each) for each in proposed["fault"]}
    assert faults["credentials_rejected"].text.startswith("账号或密码错误")
    assert faults["taxpayer_not_found"].at == "//*[@id='tx-message']"
    assert proposed["company"]["id"].endswith("[@id='tx-company-id']")
    assert proposed["paths"]["sign_in"] == "/tpass/login"


@pytest.mark.browser
def test_the_overlay_is_of_the_portal_that_was_recorded(recorded: Recorded) -> None:
    overlay = parse("51", (recorded.folder / "51.toml").read_text(encoding="utf-8"))
    (route,) = overlay.routes.values()
    assert (route.family, route.verified, route.base_url) == ("unified", False, recorded.recording.base_url)


def test_the_listener_reads_no_field() -> None:
    assert ".value" not in SCRIPT.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("账号张三的密码错误", "账号…密码错误"),
        ("13812345678 短信验证码错误，请重新输入", "短信验证码错误…请重新"),
        ("hunter2", ""),
    ],
)
def test_of_a_text_only_known_words_are_kept(text: str, kept: str) -> None:
    assert words.known(text) == kept


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ("/tpass/login;jsessionid=A1B2", "/tpass/login"),
        ("/etax/yssq/51000012345678", "/etax/yssq/{}"),
        ("/a?password=hunter2#x", "/a"),
    ],
)
def test_of_a_path_numbers_queries_and_sessions_are_left_out(raw: str, kept: str) -> None:
    assert words.path(raw) == kept


def test_a_region_is_told_from_the_address_or_asked_for() -> None:
    assert proposal.region_of("https://etax.yunnan.chinatax.gov.cn/home") == "53"
    with pytest.raises(InvalidRequest):
        proposal.region_of("https://portal.example/home")


def test_an_address_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest):
        record("file:///etc/hosts", tmp_path, headless=True)


def test_what_a_page_tells_by_itself_is_not_kept() -> None:
    recording = Recording("https://portal.example")
    recording.heard("portal.example", "/", {"did": "hunter2", "tag": "input", "label": "hunter2"})
    recording.heard(
        "portal.example", "/", {"did": "pressed", "tag": "b", "id": "9901011234", "label": "hunter2"}
    )
    assert recording.steps == [{"did": "pressed", "tag": "b", "path": "/"}]


def test_a_window_needs_a_display_and_a_whole_browser(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    with pytest.raises(InvalidRequest, match="--headless"):
        record("https://portal.example", tmp_path, headless=False)
    shell = tmp_path / "chromium-headless-shell"
    shell.touch(mode=0o700)
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setenv("TAXLINK_CHROMIUM", str(shell))
    with pytest.raises(RouteBroken, match="TAXLINK_CHROMIUM"):
        record("https://portal.example", tmp_path, headless=False)
